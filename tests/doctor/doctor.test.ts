// The doctor whole, within this process: against our own server, and where there is nothing to examine.

import { afterAll, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { builtInModel } from "../../src/adapters/built-in-model.ts";
import { realClock } from "../../src/adapters/clock.ts";
import { UsageError } from "../../src/config/usage-error.ts";
import { DOCTOR_CHECKS } from "../../src/doctor/checks/checks.ts";
import { type DoctorIo, doctor } from "../../src/doctor/doctor.ts";
import { isObject, parseJson } from "../../src/protocol/fields.ts";
import { AUTH_TOKEN, startServer } from "../e2e/server-under-test.ts";
import { numberAnswer, startFarApi } from "../support/far-apis.ts";

const api = startFarApi({});
afterAll(() => api.stop());

interface Told {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly files: ReadonlyMap<string, string | Uint8Array>;
}

/** Runs the doctor with these arguments, in an environment of its own. */
async function ask(args: readonly string[], io: Partial<DoctorIo> = {}): Promise<Told> {
  const files = new Map<string, string | Uint8Array>();
  const told = { out: "", err: "" };
  const code = await doctor(args, {
    clock: realClock(),
    random: (count) => randomBytes(count),
    environment: { authToken: undefined, accountSid: undefined, certFile: undefined, extraCertFile: undefined },
    tell: (text) => (told.out += text),
    talk: (text) => (told.err += text),
    read: () => Promise.reject(new Error("no such file")),
    write: async (path, bytes) => void files.set(path, bytes),
    colors: false,
    showsProgress: false,
    ...io,
  });
  return { code, ...told, files };
}

function report(out: string) {
  const parsed = parseJson(out);
  assert(isObject(parsed) && Array.isArray(parsed["checks"]), out);
  return { ...parsed, checks: parsed["checks"].filter(isObject) } as Record<string, unknown> & {
    readonly checks: readonly Record<string, unknown>[];
  };
}

test("doctor: our own server, its token given, has no error and no warning, with two calls at once too", async () => {
  const server = startServer({ dialler: builtInModel(realClock()) });
  const args = [
    `${server.origin}/twilio/voice`,
    "--auth-token",
    AUTH_TOKEN,
    "--calls",
    "2",
    "--json",
    "--wav",
    "a.wav",
    "--trace",
    "a.jsonl",
    "--junit",
    "a.xml",
  ];
  const { code, out, err, files } = await ask(args);
  const { ok, cause, checks } = report(out);
  const amiss = checks.filter((one) => one["ok"] === false && one["level"] !== "advice").map((one) => `${one["id"]}: ${one["actual"]}`);
  assertEquals(amiss, []);
  assertEquals([code, ok, cause], [0, true, "healthy"]);
  assertMatch(err, /may cost money and act/);
  assertEquals(String.fromCharCode(...(files.get("a.wav") as Uint8Array).subarray(0, 4)), "RIFF");
  const trace = String(files.get("a.jsonl")).trim().split("\n").map(parseJson);
  assert(trace.every(isObject) && trace.some((line) => isObject(line) && line["type"] === "socket.dial"));
  assertStringIncludes(String(files.get("a.xml")), `failures="0"`);
  await server.stop();
}, 60_000);

test("doctor: without the token our own server is not called broken", async () => {
  const server = startServer();
  const { code, out } = await ask([`${server.origin}/twilio/voice`, "--json"]);
  const { ok, cause, callerHears, fix } = report(out);
  assertEquals([code, ok, cause, typeof callerHears, typeof fix], [3, null, "needs-token", "string", "string"]);
  await server.stop();
});

test("doctor: where nobody listens the exit code is 3, and the verdict comes first", async () => {
  const { code, out } = await ask(["http://127.0.0.1:1/voice"]);
  assertEquals(code, 3);
  assertMatch(out.split("\n")[0] ?? "", /^A caller hears "We are sorry, an application error has occurred/);
  assertEquals((await ask(["ws://127.0.0.1:1/s"])).code, 3);
});

const getOnly = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  fetch({ method }) {
    if (method !== "GET") return new Response("Cannot POST /voice", { status: 404 });
    return new Response("<Response><Hangup/></Response>", { headers: { "Content-Type": "text/xml" } });
  },
});
afterAll(() => getOnly.stop(true));

test("doctor: a webhook that takes GET only is called by GET, and that is said; with --method POST it is a fault", async () => {
  const url = `http://127.0.0.1:${getOnly.port}/voice`;
  const turned = report((await ask([url, "--json"])).out);
  assertEquals([turned["cause"], turned.checks.find((one) => one["id"] === "webhook.method")?.["ok"]], ["twiml-no-stream", false]);
  assertEquals(report((await ask([url, "--json", "--method", "POST"])).out)["cause"], "webhook-not-found");
});

test("doctor: a password in the URL is not shown", async () => {
  const { out, err } = await ask(["http://user:hunter2@127.0.0.1:1/voice"]);
  assert(!`${out}${err}`.includes("hunter2"));
});

test("doctor: --list tells every check, --only and --skip choose by id or leg", async () => {
  const { out } = await ask(["--list"]);
  assertEquals(
    out
      .trim()
      .split("\n")
      .map((line) => line.split(" ")[0]),
    DOCTOR_CHECKS.map(({ id }) => id),
  );
  const { out: few } = await ask(["--list", "--only", "url.tls,handshake", "--skip", "handshake.time"]);
  assert(few.includes("url.tls") && few.includes("handshake.status") && !few.includes("handshake.time") && !few.includes("webhook.status"));
});

for (const [what, args] of [
  ["a check that is none", ["https://a.example.net/", "--only", "url.color"]],
  ["a file that cannot be read", ["http://127.0.0.1:1/", "--say", "no.wav"]],
  ["certificates that cannot be read", ["http://127.0.0.1:1/", "--ca", "/nowhere/ca.pem"]],
  ["a number without credentials", ["+15551234567"]],
] as const) {
  test(`doctor: ${what} is wrong use`, async () => {
    await assertRejects(() => ask(args), UsageError);
  });
}

const account = { authToken: AUTH_TOKEN, accountSid: "AC0123456789abcdef0123456789abcdef", certFile: undefined, extraCertFile: undefined };

test("doctor: a number leads to its webhook, with Twilio's alerts for it explained", async () => {
  api.answers = {
    "/2010-04-01/": numberAnswer({ phone_number: "+15551234567", voice_url: "http://127.0.0.1:1/voice", voice_method: "POST" }),
    "/v1/Alerts": {
      body: {
        alerts: [
          { error_code: "11200", date_created: "2026-11-20T01:02:03Z", request_url: "http://127.0.0.1:1/voice" },
          { error_code: "11210", request_url: "https://other.example.net/" },
        ],
      },
    },
  };
  const { code, out } = await ask(["+15551234567"], { environment: account, twilioUrl: api.url });
  assertEquals(code, 3);
  assertStringIncludes(out, "2026-11-20T01:02:03Z 11200: the webhook was answered with an error");
  assert(!out.includes("11210"));
});

test("doctor: a number that goes to no webhook ends there", async () => {
  api.answers = { "/2010-04-01/": numberAnswer({ phone_number: "+15551234567", voice_url: "" }) };
  const { code, out } = await ask(["+15551234567", "--json"], { environment: account, twilioUrl: api.url });
  assertEquals([code, report(out)["cause"]], [1, "number-no-webhook"]);
});
