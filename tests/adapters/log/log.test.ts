// The log: its two formats, its masking, its level, and a stderr that nothing reads.

import { test } from "bun:test";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { type LogOptions, makeLog } from "../../../src/adapters/log/log.ts";
import { manualClock } from "../../support/manual-clock.ts";

const token = "0123456789abcdef0123456789abcdef";

async function rig(options: Partial<LogOptions> = {}) {
  const lines: string[] = [];
  const write = (line: string): boolean => lines.push(line) > 0;
  const log = await makeLog({ clock: manualClock(), format: "json", level: "info", colors: false, secrets: [token], write, ...options });
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? "{}") };
}

test("makeLog, json: one flat object a line, the event as its message", async () => {
  const { log, lines, last } = await rig();
  log("info", "call.started", { callSid: "CA1", talkMs: 5, resumed: false, gone: undefined });
  assertMatch(lines[0] ?? "", /^\{.*\}\n$/);
  assertEquals(last(), {
    "@timestamp": "2026-01-01T00:00:00.000Z",
    level: "INFO",
    message: "call.started",
    logger: "voice",
    callSid: "CA1",
    talkMs: 5,
    resumed: false,
  });
});

test("makeLog, pretty: one line, the event, then its fields; untrusted text cannot break the line", async () => {
  const { log, lines } = await rig({ format: "pretty" });
  log("error", "stream.rejected", { reason: "bad\nframe", code: 1008, gone: undefined });
  assertEquals(lines.length, 1);
  assertMatch(lines[0] ?? "", /^\d\d:\d\d:\d\d\.\d{3} +error +stream\.rejected reason='bad\\nframe' code=1008\n$/);
});

test("makeLog, pretty: an event without fields", async () => {
  const { log, lines } = await rig({ format: "pretty" });
  log("info", "server.stopped", {});
  assertMatch(lines[0] ?? "", / server\.stopped\n$/);
});

test("makeLog: what is below the level is not written", async () => {
  const { log, lines } = await rig({ level: "warning" });
  log("debug", "a.b", {});
  log("info", "a.b", {});
  log("warning", "a.b", {});
  log("error", "a.b", {});
  assertEquals(lines.length, 2);
});

/** A field's value, and what is shown of it. */
const shown: readonly [field: string, value: string, shown: string][] = [
  ["reason", `token ${token} used`, "token [masked] used"],
  ["url", `https://a/?t=${token}`, "https://a/?t=[masked]"],
  ["header", "Bearer sk-proj-abcdef123456", "Bearer [masked]"],
  ["reason", "Incorrect API key provided: sk-proj-abcdef123456.", "Incorrect API key provided: [masked]."],
  ["reason", "signature RSOYDt4T1cUTdK1PDd93/VVr8B8= does not fit", "signature [masked] does not fit"],
  ["parameter", `mh1wxp2k.${"a".repeat(43)}`, "[masked]"],
  ["token", "anything", "[masked]"],
  ["authorization", "Basic eDp5", "[masked]"],
  ["from", "+15551234567", "+1555***4567"],
  ["from", "15551234567", "1555***4567"],
  ["to", "sip:+442071838750@example.com", "sip:+4420***8750@example.com"],
  ["url", "https://a/?From=%2B15551234567&To=x", "https://a/?From=%2B1555***4567&To=x"],
  ["reason", "no route to +4930123456", "no route to +4930***3456"],
  ["from", "anonymous", "anonymous"],
  ["callSid", "CA0123456789abcdef0123456789abcdef", "CA0123456789abcdef0123456789abcdef"],
  ["reason", "after 1763863663123 ms", "after 1763863663123 ms"],
  ["key", "TWILIO_AUTH_TOKEN", "TWILIO_AUTH_TOKEN"],
];
for (const format of ["json", "pretty"] as const) {
  for (const [field, value, expected] of shown) {
    // The account's own SID begins with two letters; a CallSid that ends in the token would be a coincidence of 2^128.
    test(`makeLog, ${format}: ${field} "${value}" is shown as "${expected}"`, async () => {
      const { log, lines } = await rig({
        format,
        secrets: [token, "short"].map((one) => (one === token && field === "callSid" ? "x".repeat(32) : one)),
      });
      log("info", "a.b", { [field]: value });
      const line = lines[0] ?? "";
      assert(line.includes(format === "json" ? JSON.stringify(expected) : `${field}='${expected}'`), line);
    });
  }
}

test("makeLog: a secret is also masked when JSON escapes it; a short value is not masked", async () => {
  const { log, last } = await rig({ secrets: ['a"b\\c.d*e+', "info"] });
  log("info", "a.b", { why: 'a"b\\c.d*e+', level_: "info" });
  assertEquals([last().why, last().level_], ["[masked]", "info"]);
});

for (const format of ["json", "pretty"] as const) {
  test(`makeLog, ${format}: characters that give a terminal orders, reorder or show nothing are escaped`, async () => {
    const { log, lines } = await rig({ format, colors: true });
    const bad = "a\u{202e}b\u{1b}[2J\u{9b}c\u{200b}d\u{e0041}\u{2028}";
    log("info", "a.b", { text: bad });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one
    const line = (lines[0] ?? "").replaceAll(/\u{1b}\[[\d;]*m/gu, "").trimEnd(); // the pretty line's own colours
    assert(!/[\p{Cc}\p{Cf}\p{Zl}]/u.test(line), JSON.stringify(line));
    if (format === "json") assertEquals(JSON.parse(line).text, bad);
  });
}

test("makeLog: lost lines are counted before the next written line", async () => {
  let reads = false;
  const lines: string[] = [];
  const { log } = await rig({ write: (line) => reads && lines.push(line) > 0 });
  for (let i = 0; i < 3; i++) log("info", "a.b", {});
  reads = true;
  log("info", "c.d", {});
  log("info", "c.d", {});
  const seen = lines.map((line) => JSON.parse(line));
  assertEquals(
    seen.map(({ message, lines: lost }) => [message, lost]),
    [
      ["log.linesLost", 3],
      ["c.d", undefined],
      ["c.d", undefined],
    ],
  );
});

/** Runs a program that logs to a stderr that is read no further than `until`; returns what it prints on stdout. */
async function runLogging(body: string, stderr: "keep open" | "close"): Promise<string> {
  const source = `
    import { makeLog } from ${JSON.stringify(`${import.meta.dir}/../../../src/adapters/log/log.ts`)};
    import { realClock } from ${JSON.stringify(`${import.meta.dir}/../../../src/adapters/clock.ts`)};
    const log = await makeLog({ clock: realClock(), format: "json", level: "info", colors: false, secrets: [] });
    ${body}`;
  const child = Bun.spawn([process.execPath, "-e", source], { stdout: "pipe", stderr: "pipe" });
  if (stderr === "close") await child.stderr.cancel();
  const seen = await new Response(child.stdout).text();
  await child.exited;
  return seen.trim();
}

test("makeLog: a stderr that nothing reads neither blocks the program nor fills its memory", async () => {
  const seen = await runLogging(
    `const fill = (times) => { for (let i = 0; i < 100; i++) log("info", "a.b", { why: "x".repeat(10_000) });
       if (times > 0) setImmediate(fill, times - 1); else { process.stdout.write(String(process.memoryUsage.rss() < 90e6)); process.exit(0); } };
     fill(60);`,
    "keep open",
  );
  assertEquals(seen, "true"); // 60 MB were logged: 60 MB in use, and 120 MB without the bound
});

test("makeLog: the program survives when the reader of stderr goes away", async () => {
  const seen = await runLogging(
    `let left = 50; const more = () => { log("info", "a.b", {}); if (--left > 0) setTimeout(more, 2); else process.stdout.write("alive"); }; more();`,
    "close",
  );
  assertEquals(seen, "alive");
});
