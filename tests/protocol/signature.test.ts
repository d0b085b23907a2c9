// Tests of src/protocol/signature.ts.

import { test } from "bun:test";
import { assert, assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import { getExpectedTwilioSignature, validateRequest } from "twilio/lib/webhooks/webhooks.js";
import { exactCheck, joinParams, readForm, type SignedParams, signatureFits, signRequest } from "../../src/protocol/signature.ts";
import { checkProperty } from "../support/properties.ts";

// The example of https://www.twilio.com/docs/usage/security#validating-requests
const token = "12345";
const url = "https://example.com/myapp.php?foo=1&bar=2";
const params = { CallSid: "CA1234567890ABCDE", Caller: "+14158675310", Digits: "1234", From: "+14158675310", To: "+18005551212" };
const signature = "L/OH5YylLD5NRKLltdqwSvS0BnU=";

const signatureFitsExactly = (key: string, claimed: string, ofUrl: string, ofParams: SignedParams): boolean =>
  exactCheck(key, claimed, joinParams(ofParams))?.("")(ofUrl) ?? false;

test("signRequest: signs Twilio's example as Twilio does", () => assertEquals(signRequest(token, url, params), signature));

test("signatureFits: accepts Twilio's example", () => assert(signatureFits(token, signature, url, params)));

const mismatches: readonly [what: string, token: string, signature: string, url: string, params: Record<string, string>][] = [
  ["another token", "12346", signature, url, params],
  ["no token", "", signRequest("", url, params), url, params],
  ["no signature", token, "", url, params],
  ["half a signature", token, signature.slice(0, 14), url, params],
  ["another host", token, signature, url.replace("example.com", "example.org"), params],
  ["http for https", token, signature, url.replace("https", "http"), params],
  ["another query", token, signature, `${url}&x=1`, params],
  ["an extra parameter", token, signature, url, { ...params, Extra: "1" }],
  ["a missing parameter", token, signature, url, { ...params, To: "" }],
  ["a relative URL, on which the package throws", token, signRequest(token, "/a", {}), "/a", {}],
  ["an invalid URL", token, signRequest(token, "https://", {}), "https://", {}],
];
for (const [what, ...args] of mismatches) {
  test(`signatureFits: rejects ${what}`, () => assertFalse(signatureFits(...args)));
  test(`exactCheck: rejects ${what}`, () => {
    const [key, claimed, ofUrl, ofParams] = args;
    if (claimed !== signRequest(key, ofUrl, ofParams)) assertFalse(signatureFitsExactly(key, claimed, ofUrl, ofParams));
    assertFalse(signatureFitsExactly("", signRequest("", ofUrl, ofParams), ofUrl, ofParams));
  });
}

test("exactCheck: accepts Twilio's example, and no other spelling of its URL", () => {
  assert(signatureFitsExactly(token, signature, url, params));
  for (const other of [url.replace("example.com", "example.com:443"), url.replace("foo=1", "foo=%31")]) {
    assertFalse(signatureFitsExactly(token, signature, other, params));
  }
});

test("exactCheck: the query may be given apart, for several URLs", () => {
  const [start = "", query] = url.split("?");
  const fits = exactCheck(token, signature, joinParams(params))?.(`?${query}`);
  assertEquals(fits?.("https://example.com/other"), false);
  assertEquals(fits?.(start), true);
});

test("exactCheck: rejects other spellings of the same base64", () => {
  for (const other of [
    signature.replace("=", ""),
    `${signature} `,
    signature.replace("U=", "V="),
    `${signature}=`,
    `é${signature.slice(1)}`,
  ]) {
    assertFalse(signatureFitsExactly(token, other, url, params));
  }
});

const ports: readonly [signed: string, seen: string, fits: boolean][] = [
  ["https://h.example/a", "https://h.example:8443/a", true],
  ["https://h.example/a", "https://h.example:443/a", true],
  ["https://h.example:443/a", "https://h.example/a", true],
  ["https://h.example:8443/a", "https://h.example/a", false],
  ["wss://h.example/a", "wss://h.example/a", true],
  ["wss://h.example/a", "wss://h.example:8443/a", true],
  ["wss://h.example:443/a", "wss://h.example/a", false],
  ["wss://h.example/", "wss://h.example", true],
  ["wss://h.example/a/", "wss://h.example/a", false],
  ["https://h.example/a", "wss://h.example/a", false],
];
for (const [signed, seen, fits] of ports) {
  test(`signatureFits: signed as ${signed}, ${seen} ${fits ? "fits" : "does not fit"}`, () =>
    assertEquals(signatureFits(token, signRequest(token, signed, {}), seen, {}), fits));
}

test("signatureFits, exactCheck: accept what signRequest signed, and never throw", () => {
  const values = fc.oneof(fc.string(), fc.array(fc.string(), { minLength: 2, maxLength: 3 }));
  checkProperty(
    fc.property(fc.webUrl({ withQueryParameters: true }), fc.dictionary(fc.string(), values), fc.string(), (anyUrl, anyParams, anyText) => {
      assert(signatureFits(token, signRequest(token, anyUrl, anyParams), anyUrl, anyParams));
      assertFalse(signatureFits(token, anyText, anyUrl, anyParams));
      assertFalse(signatureFits(token, signature, anyText, anyParams));
      assert(signatureFitsExactly(token, signRequest(token, anyUrl, anyParams), anyUrl, anyParams));
      assert(signatureFitsExactly(token, signRequest(token, anyText, anyParams), anyText, anyParams));
      assertFalse(signatureFitsExactly(token, anyText, anyUrl, anyParams));
    }),
  );
});

const hosts = fc.constantFrom("h.example", "u:p@h.example", "[::1]", "h.example:443", "h.example:8443", "H.example", "");
const schemes = fc.constantFrom("https://", "http://", "wss://", "HTTPS://", "https:/", "");
const targets = fc.oneof(fc.constantFrom("", "/", "/a?", "/a?b=c%20d&e='", "/a?b=%zz&b=2", "?x=ü"), fc.string());
test("signRequest, signatureFits: agree with the twilio package about every URL", () => {
  const urls = fc.tuple(schemes, hosts, targets).map((parts) => parts.join(""));
  const forms = fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.array(fc.string(), { maxLength: 3 })));
  checkProperty(
    fc.property(urls, urls, forms, (signed, seen, form) => {
      const made = getExpectedTwilioSignature(token, signed, form);
      assertEquals(signRequest(token, signed, form), made);
      for (const other of [seen, signed]) {
        // The package throws on a URL that cannot be parsed.
        assertEquals(signatureFits(token, made, other, form), URL.canParse(other) && validateRequest(token, made, other, form));
      }
    }),
    { numRuns: 1_000 },
  );
});

test("readForm: a string for one value, an array for several, and any name", () => {
  const form = readForm("CallSid=CA1&From=%2B1415&City=San+Jos%C3%A9&Empty=&a=1&a=2&a=1&__proto__=x");
  const expected = [
    ["CallSid", "CA1"],
    ["From", "+1415"],
    ["City", "San José"],
    ["Empty", ""],
    ["a", ["1", "2", "1"]],
    ["__proto__", "x"],
  ];
  assertEquals<unknown>(Object.entries(form), expected);
  assertEquals(Object.getPrototypeOf(form), null);
});

test("readForm: an array is signed as Twilio signs a repeated name", () => {
  // The package puts each different value behind the name, sorted.
  assertEquals(signRequest(token, url, readForm("b=2&b=1&b=2")), signRequest(token, `${url}b1b2`, {}));
});

test("readForm: never throws", () => {
  checkProperty(fc.property(fc.string({ unit: "binary" }), (body) => void readForm(body)));
  readForm("%&=&%zz=%ff&&&=");
});
