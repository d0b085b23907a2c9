// The console's routes in the whole app: page, login, and the API, with and without a session.

import { beforeAll, test } from "bun:test";
import { join } from "node:path";
import { assert, assertEquals } from "@std/assert";
import { buildConsole } from "../../../scripts/build-console.ts";
import { makeWriter } from "../../../src/adapters/store/apply-writes.ts";
import { openDatabase } from "../../../src/adapters/store/open-database.ts";
import { makeLoginToken } from "../../../src/server/console/login-link.ts";
import { inScratch } from "../../adapters/store/scratch.ts";
import { began, START_MS, wholeCall } from "../../adapters/store/writes.ts";
import { callSidOf, makeDesk, voiceForm } from "../fakes.ts";

beforeAll(buildConsole);

function setUp(more: Parameters<typeof makeDesk>[1] = {}) {
  const desk = makeDesk({}, more);
  const headers = { host: "localhost" };
  const ask = (path: string, init: RequestInit = {}, peer = "127.0.0.1") =>
    desk.fetch(path, { ...init, headers: { ...headers, ...(init.headers as Record<string, string>) } }, peer);
  const logIn = async (): Promise<Record<string, string>> => {
    const response = await ask(`/console/login?token=${makeLoginToken(new Uint8Array(32), desk.clock.nowMs())}`);
    assertEquals([response.status, response.headers.get("location")], [303, "../console"]);
    return { cookie: (response.headers.get("set-cookie") ?? "").split(";")[0] ?? "" };
  };
  return { ...desk, ask, logIn };
}

test("console: the page has no inline script, and its files are kept forever", async () => {
  const { ask } = setUp();
  const page = await ask("/console");
  const html = await page.text();
  const policy = page.headers.get("content-security-policy") ?? "";
  assert(policy.includes("script-src 'self';") && policy.includes("frame-ancestors 'none'"), policy);
  assertEquals([...html.matchAll(/<script(?![^>]*\ssrc=)/g)], []);
  const files = [...html.matchAll(/(?:src|href|content)="(?:console\/)?((?:main|style|worklet)-[\w.]+)"/g)].map(([, name]) => name ?? "");
  assertEquals(files.length, 3);
  let bytes = 0;
  for (const name of files) {
    const file = await ask(`/console/${name}`, { headers: { "accept-encoding": "gzip, br" } });
    assertEquals([file.status, file.headers.get("content-encoding")], [200, "gzip"], name);
    assert(file.headers.get("cache-control")?.includes("immutable"), name);
    bytes += (await file.arrayBuffer()).byteLength;
    assert((await (await ask(`/console/${name}`)).text()).length > 100, `${name} without gzip`);
  }
  assert(bytes < 100_000, `first paint takes ${bytes} bytes`);
  assertEquals((await ask("/console/other.js")).status, 404);
});

test("console: a link works once, and is never in the log", async () => {
  const { ask, logIn, lines, clock } = setUp();
  await logIn();
  const token = makeLoginToken(new Uint8Array(32), clock.nowMs());
  assertEquals((await ask(`/console/login?token=${token}`)).status, 303);
  assertEquals((await ask(`/console/login?token=${token}`)).status, 403);
  assertEquals((await ask("/console/login")).status, 403);
  assertEquals(JSON.stringify(lines).includes(token), false);
});

test("console: other machines get neither page nor API, and learn why", async () => {
  const { ask, logIn } = setUp();
  const session = await logIn();
  for (const path of ["/console", "/console/login?token=x", "/api/v1/status"]) {
    const response = await ask(path, { headers: session }, "192.0.2.1");
    assertEquals(response.status, 403, path);
    assert((await response.text()).includes("this machine only"), path);
  }
  const open = setUp({ consoleAccess: "public" });
  assertEquals((await open.ask("/console", {}, "192.0.2.1")).status, 200);
});

for (const [method, path] of [
  ["GET", "status"],
  ["GET", "live"],
  ["GET", "calls"],
  ["GET", `calls/${callSidOf(1)}`],
  ["POST", `calls/${callSidOf(1)}/hang-up`],
  ["POST", "browser-calls"],
] as const) {
  test(`api: ${method} ${path}: nothing without a session, as RFC 9457 says it`, async () => {
    const { ask } = setUp();
    const response = await ask(`/api/v1/${path}`, { method });
    assertEquals([response.status, response.headers.get("content-type")], [401, "application/problem+json"]);
    const problem = (await response.json()) as Record<string, unknown>;
    assertEquals([problem["type"], problem["status"], problem["title"]], ["about:blank", 401, "No login."]);
  });
}

test("api: past calls with filters and pages, and the story of one", async () => {
  await inScratch(async (stateFolder) => {
    const { db } = openDatabase(join(stateFolder, "calls.db"), START_MS);
    const many = Array.from({ length: 60 }, (_, n) => began(callSidOf(n + 10), { atMs: START_MS + n, agent: "night" }));
    makeWriter(db, "instance-1")([...wholeCall(callSidOf(1)), ...many], START_MS);
    const { ask, logIn } = setUp({ stateFolder });
    const headers = await logIn();
    const get = async (path: string) => {
      const response = await ask(`/api/v1/${path}`, { headers });
      return {
        status: response.status,
        body: (await response.json()) as { calls: { callSid: string }[]; next?: string; turns: unknown[] },
      };
    };
    assertEquals(
      (await get("calls?text=table")).body.calls.map(({ callSid }) => callSid),
      [callSidOf(1)],
    );
    const first = await get("calls?agent=night");
    const second = await get(`calls?agent=night&before=${first.body.next}`);
    assertEquals([first.body.calls.length, second.body.calls.length, second.body.next], [50, 10, undefined]);
    assertEquals((await get("calls?since=yesterday")).status, 400);
    assertEquals((await get("calls?before=x")).status, 400);
    assertEquals((await get(`calls/${callSidOf(1)}`)).body.turns.length, 1);
    assertEquals(
      [(await get(`calls/${callSidOf(99)}`)).status, (await get("calls/x")).status, (await get("nothing")).status],
      [404, 404, 404],
    );
    db.close();
  });
});

test("api: without a store, the rest works", async () => {
  const { ask, logIn } = setUp();
  const headers = await logIn();
  assertEquals((await ask("/api/v1/calls", { headers })).status, 404);
  const status = (await (await ask("/api/v1/status", { headers })).json()) as { running: number; checklist: unknown[] };
  assertEquals([status.running, status.checklist.length], [0, 5]);
});

test("api: hang up a running call, once", async () => {
  const { ask, logIn, post, made } = setUp();
  const headers = await logIn();
  await post("/twilio/voice", voiceForm(1));
  const hangUp = (sid: string) => ask(`/api/v1/calls/${sid}/hang-up`, { method: "POST", headers });
  assertEquals((await hangUp(callSidOf(1))).status, 204);
  assertEquals(made.get(callSidOf(1))?.received.at(-1), "hangUp");
  made.get(callSidOf(1))?.finish();
  assertEquals([(await hangUp(callSidOf(1))).status, (await hangUp(callSidOf(2))).status], [404, 404]);
});

test("api: a browser's call, and what comes next", async () => {
  const { ask, logIn } = setUp();
  const headers = { ...(await logIn()), "content-type": "application/json" };
  const begin = (init: RequestInit) => ask("/api/v1/browser-calls", { method: "POST", ...init });
  const body = '{"from":"+1","to":"+2"}';
  const length = { "content-length": String(body.length) };
  const response = await begin({ headers: { ...headers, ...length }, body });
  const { callSid, path } = (await response.json()) as { callSid: string; path: string };
  assertEquals([response.status, path], [201, "/twilio/realtime"]);
  const next = await ask(`/api/v1/browser-calls/${callSid}/next`, { method: "POST", headers });
  assertEquals(((await next.json()) as { type: string }).type, "say");
  for (const wrong of [
    { headers: { ...headers, "content-type": "text/plain" }, body },
    { headers, body: "{" },
    { headers, body: "1".repeat(5_000) },
  ])
    assertEquals((await begin(wrong)).status, 400);
});

test("api: after logout the session is over", async () => {
  const { ask, logIn } = setUp();
  const headers = await logIn();
  assertEquals((await ask("/api/v1/logout", { method: "POST", headers })).status, 204);
  assertEquals((await ask("/api/v1/status", { headers })).status, 401);
});
