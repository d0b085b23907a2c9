// What config.test.ts does not cover: spelling, and arbitrary text.

import { test } from "bun:test";
import { isIP } from "node:net";
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import * as value from "../../src/config/values.ts";
import { checkProperty } from "../support/properties.ts";

test("nearest: the choice with the most similar spelling", () => {
  const choices = ["VOICE_DRAIN_MS", "VOICE_NAME", "VOICE_RECORDS"];
  const table = [
    ["VOICE_DRIAN_MS", "VOICE_DRAIN_MS"],
    ["VOICE_NMAE", "VOICE_NAME"],
    ["VOICE_RECORD", "VOICE_RECORDS"],
    ["VOICE_DRAIN", "VOICE_DRAIN_MS"],
  ] as const;
  for (const [text, nearest] of table) assertEquals(value.nearest(text, choices), nearest);
  assertEquals(value.nearest("x", []), "");
});

test("isIP: agrees with node:net about any text", () => {
  const zones = fc.constantFrom("", "%eth0", "%", "%a%b", "%1");
  const octets = fc.array(fc.oneof(fc.nat(300).map(String), fc.constantFrom("", "01", "a")), { minLength: 3, maxLength: 5 });
  const hostile = fc.string({ unit: fc.constantFrom(..."0123456789abcdefABCDEFg:.%[]/ "), maxLength: 42 });
  const texts = fc.oneof(
    fc.ipV4(),
    fc.ipV4Extended(),
    fc.ipV6(),
    octets.map((all) => all.join(".")),
    hostile,
  );
  checkProperty(
    fc.property(texts, zones, (address, zone) => assertEquals(value.isIP(address + zone), isIP(address + zone))),
    { numRuns: 2_000 },
  );
});

test("readers: any text gives a value or an InvalidValue, and none throws", () => {
  const readers: readonly value.Reader<unknown>[] = [
    value.text(5),
    value.wholeNumber(0, 9, "1"),
    value.oneOf("a", "b"),
    value.yesOrNo,
    value.address,
    value.authToken,
    value.apiKey,
    value.modelName,
    value.voiceName,
    value.languageTag,
    value.publicUrl,
    value.realtimeUrl,
    value.accountSid,
    value.phoneNumber,
    value.transferTarget,
    value.alertUrl,
    value.bearerToken,
  ];
  const texts = fc.oneof(fc.string({ unit: "binary" }), fc.webUrl({ withQueryParameters: true, withFragments: true }));
  checkProperty(
    fc.property(texts, fc.constantFrom(...readers), (text, read) => {
      const result = read(text);
      if (typeof result === "object") assertEquals(Object.keys(result ?? {}), ["expected", "hint"]);
    }),
  );
});

test("listenAddress: any text gives an address and a port, or an InvalidValue", () => {
  const texts = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.tuple(fc.ipV6(), fc.nat()).map(([host, port]) => `[${host}]:${port}`),
  );
  checkProperty(
    fc.property(texts, (text) => {
      const keys = Object.keys(value.listenAddress(text));
      assertEquals(keys, keys[0] === "host" ? ["host", "port"] : ["expected", "hint"]);
    }),
  );
});

for (const [text, hint] of [
  ["https://h.example/twilio", "https://h.example"],
  ["https://h.example:8443/line/twilio/voice/", "https://h.example:8443/line"],
  ["https://h.example/twilio/twilio/voice", "https://h.example"],
]) {
  test(`publicUrl: ${text} already has what voice appends, and the hint gives the URL without it`, () =>
    assertEquals(value.publicUrl(text ?? ""), {
      expected: "the URL before /twilio/voice, which voice appends",
      hint: `use PUBLIC_URL=${hint}`,
    }));
}

test("publicUrl: is idempotent", () => {
  checkProperty(
    fc.property(fc.webUrl({ validSchemes: ["https"] }), (text) => {
      const once = value.publicUrl(text);
      if (typeof once === "string") assertEquals(value.publicUrl(once), once);
    }),
  );
});

const urls: readonly [text: string, shown: string][] = [
  ["https://user:hunter2@voice.example", "https://[masked]@voice.example"],
  ["https://user:hun/te?r#2@voice.example/a", "https://[masked]@voice.example/a"],
  ["user:hunter2@voice.example", "[masked]@voice.example"],
  ["https://hunter2@voice.example", "https://[masked]@voice.example"],
  ["ftp:hunter2@voice.example", "[masked]@voice.example"],
  ["sip:bob:hunter2@desk.example", "sip:[masked]@desk.example"],
  ["https://voice.example/v1?key=hunter2&api-version=1", "https://voice.example/v1?key=[masked]&api-version=[masked]"],
  ["https://voice.example/?hunter2", "https://voice.example/?[masked]"],
  ["https://voice.example/#token=hunter2", "https://voice.example/#[masked]"],
  ["https://hooks.example/services/T0/hunter2hunter2hunter2", "https://hooks.example/services/T0/[masked]"],
  ["sk-hunter2hunter2", "[masked]"],
  ["0123456789abcdef0123456789abcdef", "[masked]"],
  ["https://voice.example/twilio/voice", "https://voice.example/twilio/voice"],
  ["voice.example:8443", "voice.example:8443"],
];
for (const [text, shown] of urls) test(`shownUrl: ${text}`, () => assertEquals(value.shownUrl(text), shown));

test("secretsOf: what shownUrl hides of a valid URL", () => {
  assertEquals(value.secretsOf("https://hooks.example/services/hunter2hunter2hunter2?key=hunter3"), ["hunter2hunter2hunter2", "hunter3"]);
  assertEquals(value.secretsOf(undefined), []);
});

const addresses: readonly [text: string, isGood: boolean][] = [
  ["0.0.0.0", true],
  ["127.0.0.1", true],
  ["::", true],
  ["fe80::1%eth0", true],
  ["localhost", true],
  ["voice-1.internal.example.", true],
  ["my_host", true],
  ["3com.example", true],
  ["999.1.1.1", false],
  ["1.2.3", false],
  ["127.0.0.1:8080", false],
  ["[::1]", false],
  ["::g", false],
  ["example.1", false],
  ["a..b", false],
  ["-a", false],
  ["https://voice.example", false],
];
for (const [text, isGood] of addresses) {
  test(`address: ${text} is ${isGood ? "an address" : "a mistake"}`, () => assertEquals(typeof value.address(text) === "string", isGood));
}
