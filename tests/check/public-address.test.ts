// PUBLIC_URL, tested against a real voice, directly and behind a misbehaving proxy.

import { afterAll, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { realClock } from "../../src/adapters/clock.ts";
import { checkPublicAddress } from "../../src/check/public-address.ts";
import type { Config } from "../../src/config/config.ts";
import type { Finding, Level } from "../../src/report/finding.ts";
import { startServer, testConfig } from "../e2e/server-under-test.ts";
import { type Misbehave, startFront } from "./front.ts";

const tlsFile = (name: string): Promise<string> => Bun.file(new URL(`../data/tls/${name}`, import.meta.url)).text();
const cert = await tlsFile("cert.pem");
const world = { clock: realClock(), random: randomBytes, trust: {} };
const plain = startFront();
const secure = startFront({ cert, key: await tlsFile("key.pem") });
const behind = startServer({ settings: { publicUrl: plain.url } });
const behindTls = startServer({ settings: { publicUrl: secure.url } });
const other = startServer();
plain.target = behind.origin;
secure.target = behindTls.origin;
afterAll(() => Promise.all([plain, secure, behind, behindTls, other].map((one) => one.stop())));

async function instanceAt(origin: string): Promise<string> {
  return ((await (await fetch(`${origin}/healthz`)).json()) as { instance: string }).instance;
}
const instance = await instanceAt(behind.origin);

function check(publicUrl: string | undefined, more: Partial<Config> = {}): Promise<readonly Finding[]> {
  return checkPublicAddress({ ...testConfig, publicUrl, ...more }, instance, world);
}
const verdicts = (findings: readonly Finding[]): unknown => findings.map(({ id, level }) => `${id} ${level}`);

test("checkPublicAddress: a voice that is reached is ok in all three, and the fictitious caller hangs up", async () => {
  const findings = await checkPublicAddress({ ...testConfig, publicUrl: other.origin }, await instanceAt(other.origin), world);
  assertEquals(verdicts(findings), ["address.public ok", "address.webhook ok", "address.stream ok"]);
  const { fields } = await other.line("call.ended");
  assertEquals([fields["by"], other.lines.some(({ level }) => level === "error")], ["caller", false]);
});

test("checkPublicAddress: over TLS, with the stream that the TwiML names", async () => {
  const own = await instanceAt(behindTls.origin);
  secure.misbehave = (path, _request, upgrade) => {
    if (path === "/twilio/realtime") upgrade({ "X-Voice-Instance": own });
    return undefined;
  };
  const findings = await checkPublicAddress({ ...testConfig, publicUrl: secure.url }, own, { ...world, trust: { ca: cert } });
  assertEquals(verdicts(findings), ["address.public ok", "address.webhook ok", "address.stream ok"]);
  assertMatch(findings[2]?.actual ?? "", /^wss:\/\/127\.0\.0\.1:/);
});

/** What was found, with Twilio's code if it has one. */
const foundBy = (finding: Finding | undefined): string =>
  `${finding?.actual}${finding?.twilioCode === undefined ? "" : ` [${finding.twilioCode}]`}`;

const unreachable: readonly (readonly [what: string, url: string, found: RegExp, fix: RegExp])[] = [
  ["a name that does not exist", "https://no-such-host.invalid", /dns: .*11210/, /DNS/],
  ["a port on which nothing listens", "http://127.0.0.1:1", /refused: .*11202/, /proxy, tunnel/],
  ["a certificate of no authority", secure.url, /certificateChain: .*11237/, /fullchain/],
  ["a plain server where TLS is said to be", plain.url.replace("http:", "https:"), /tls: .*11220/, /TLS/],
];
for (const [what, url, found, fix] of unreachable) {
  test(`checkPublicAddress: ${what} is an error, with Twilio's code, and nothing signed is sent`, async () => {
    const [finding, ...more] = await check(url);
    assertEquals([finding?.id, finding?.level, more.length], ["address.public", "error", 0]);
    assertMatch(foundBy(finding), found);
    assertMatch(finding?.fix?.text ?? "", fix);
  });
}

const to = (location: string, status = 301): Response => new Response(null, { status, headers: { location } });
const only =
  (wanted: string, answer: () => Response): Misbehave =>
  (path) =>
    path === wanted ? answer() : undefined;

/** What a proxy does, and the first finding that is not ok. */
const proxies: readonly (readonly [what: string, misbehave: Misbehave, id: string, level: Level, found: RegExp, fix: RegExp])[] = [
  [
    "redirects",
    only("/healthz", () => to("https://www.example.com/healthz?key=1")),
    "address.public",
    "error",
    /redirects to https:\/\/www\.example\.com\/healthz$/,
    /probably https:\/\/www\.example\.com$/,
  ],
  [
    "has no way to voice",
    only("/healthz", () => new Response("", { status: 502, headers: { server: "nginx" } })),
    "address.public",
    "error",
    /HTTP 502, Server: "nginx"/,
    /voice's port/,
  ],
  [
    "is something else",
    only("/healthz", () => Response.json({ status: "ok" })),
    "address.public",
    "error",
    /another server answers/,
    /voice's port/,
  ],
  [
    "leads to another voice",
    only("/healthz", () => Response.json({ instance: "another" })),
    "address.public",
    "error",
    /another voice/,
    /point/,
  ],
  [
    "redirects the webhook",
    only("/twilio/voice", () => to("/elsewhere", 308)),
    "address.webhook",
    "error",
    /redirects to .*\/elsewhere$/,
    /PUBLIC_URL/,
  ],
  [
    "lets no webhook through",
    only("/twilio/voice", () => new Response("no", { status: 403 })),
    "address.webhook",
    "error",
    /HTTP 403.*11200/,
    /proxy/,
  ],
  ["answers the webhook with a page", only("/twilio/voice", () => Response.json({})), "address.webhook", "error", /12300/, /proxy/],
  [
    "answers the webhook with words",
    only("/twilio/voice", () => new Response("<Response><Say>Not you.</Say></Response>", { headers: { "content-type": "text/xml" } })),
    "address.webhook",
    "error",
    /no stream, but the message: Not you\.$/,
    /TWILIO_AUTH_TOKEN/,
  ],
  ["lets no WebSocket through", () => undefined, "address.stream", "error", /HTTP 426 instead of 101.*31920/, /Upgrade/],
  [
    "opens the stream by itself",
    (path, _request, upgrade) => (path === "/twilio/realtime" ? void upgrade({}) : undefined) as undefined,
    "address.stream",
    "error",
    /another process/,
    /same voice/,
  ],
  [
    "leads the stream to another voice",
    (path, _request, upgrade) => (path === "/twilio/realtime" ? void upgrade({ "X-Voice-Instance": "x" }) : undefined) as undefined,
    "address.stream",
    "error",
    /another process/,
    /same voice/,
  ],
];
for (const [what, misbehave, id, level, found, fix] of proxies) {
  test(`checkPublicAddress: a proxy that ${what}: ${id} is ${level}`, async () => {
    plain.misbehave = misbehave;
    const asked = plain.asked.length;
    const findings = await check(plain.url);
    const finding = findings.find((one) => one.level !== "ok");
    assertEquals([finding?.id, finding?.level], [id, level]);
    assertMatch(foundBy(finding), found);
    assertMatch(finding?.fix?.text ?? "", fix);
    // A signature is for whom has just been seen to be ours.
    if (id === "address.public") assertEquals(plain.asked.slice(asked), ["GET /healthz"]);
  });
}

test("checkPublicAddress: a voice with another token answers with a message instead of a stream", async () => {
  plain.misbehave = () => undefined;
  const findings = await check(plain.url, { twilioAuthToken: "f".repeat(32) });
  assertEquals(findings[1]?.level, "error");
  assertMatch(findings[1]?.actual ?? "", /no stream, but the message: Misconfigured\./);
});

test("checkPublicAddress: what cannot be tested is untested", async () => {
  plain.misbehave = () => undefined;
  assertEquals(verdicts(await check(undefined)), ["address.public untested"]);
  assertEquals(verdicts(await checkPublicAddress({ ...testConfig, publicUrl: plain.url }, undefined, world)), ["address.public untested"]);
  assertEquals(verdicts(await check(plain.url, { twilioAuthToken: undefined })), ["address.public ok", "address.webhook untested"]);
});

test("checkPublicAddress: neither the token nor a signature is shown", async () => {
  const shown = JSON.stringify([await check(plain.url), await check(secure.url)]);
  assert(!shown.includes(testConfig.twilioAuthToken ?? "") && !/[A-Za-z0-9+/]{27}=/.test(shown));
});
