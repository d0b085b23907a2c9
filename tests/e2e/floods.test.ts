// Floods of strangers on real sockets, and honest calls among them. The server's clock stands still unless a test moves
// it, so that limits per second are exact, and no machine is too slow.

import { test } from "bun:test";
import { once } from "node:events";
import { assert, assertEquals } from "@std/assert";
import { BURST_BYTES, BURST_LINES, MAX_FIELD_CHARS } from "../../src/adapters/log/bounded-log.ts";
import type { LogFields } from "../../src/call/effects.ts";
import { signRequest } from "../../src/protocol/signature.ts";
import { maxPendingFor } from "../../src/server/capacity.ts";
import { pendingLimits } from "../../src/server/stream/pending-sockets.ts";
import { startText, tokenIn, voiceForm } from "../server/fakes.ts";
import { type ManualClock, manualClock } from "../support/manual-clock.ts";
import { AUTH_TOKEN, type RawConnection, rawConnection, type ServerUnderTest, startServer, upgradeRequest } from "./server-under-test.ts";

interface Logged {
  readonly event: string;
  readonly fields: LogFields;
}

interface Rig {
  readonly server: ServerUnderTest;
  readonly clock: ManualClock;
  readonly logged: readonly Logged[];
  readonly port: number;
  /** The fields of each line of this event. */
  of(event: string): readonly LogFields[];
  /** Resolves when so many lines of this event have been logged. */
  lines(event: string, count: number): Promise<void>;
}

const OPEN_FILES = 512;
const HONEST = 8;

function rig(): Rig {
  const clock = manualClock();
  const logged: Logged[] = [];
  const watchers = new Set<() => void>();
  const server = startServer({
    clock,
    openFileLimit: OPEN_FILES,
    settings: { maxCalls: HONEST },
    log(_level, event, fields) {
      logged.push({ event, fields });
      for (const watcher of watchers) watcher();
    },
  });
  const of = (event: string): readonly LogFields[] => logged.flatMap((line) => (line.event === event ? [line.fields] : []));
  const lines = (event: string, count: number): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (of(event).length < count) return;
        watchers.delete(look);
        resolve();
      };
      watchers.add(look);
      look();
    });
  return { server, clock, logged, port: server.voice.port, of, lines };
}

/** As Twilio dials the stream: through the same proxy address as everybody else. */
async function openHonest(port: number): Promise<WebSocket> {
  const signature = signRequest(AUTH_TOKEN, `wss://127.0.0.1:${port}/twilio/realtime`, {});
  const socket = new WebSocket(`ws://127.0.0.1:${port}/twilio/realtime`, { headers: { "X-Twilio-Signature": signature } });
  await once(socket, "open");
  return socket;
}

/** Handshakes without a signature that are never followed by `start`. Resolves when all have been upgraded. */
async function floodUpgrades(port: number, count: number): Promise<readonly RawConnection[]> {
  const all = Array.from({ length: count }, () => rawConnection(port, upgradeRequest(port)));
  await Promise.all(all.map((one) => one.until("HTTP/1.1 101")));
  return all;
}

test("a flood of bare upgrades from the proxy's own address refuses no signed stream, and evicts none", async () => {
  const { server, port, of, lines } = rig();
  const half = maxPendingFor(OPEN_FILES) / 2;
  assert(half < pendingLimits.sockets / 2);
  const strangers: RawConnection[] = [];
  const honest: WebSocket[] = [];
  for (let number = 0; number < HONEST; number += 1) {
    const token = await tokenIn(await server.post("/twilio/voice", voiceForm(number)));
    const socket = await openHonest(port);
    honest.push(socket);
    strangers.push(...(await floodUpgrades(port, 2 * half))); // fills the strangers' half twice before `start`
    socket.send(startText(number, token));
    await lines("stream.started", number + 1);
  }
  assertEquals(
    honest.map(({ readyState }) => readyState),
    honest.map(() => WebSocket.OPEN),
  );
  // The strangers evict each other: only the last half of them are left.
  const closed = strangers.slice(0, -half).map((one) => one.closed);
  await Promise.all(closed);
  const reasons = new Set(of("stream.rejected").map(({ reason }) => reason));
  assertEquals(reasons, new Set(["too many pending sockets"]));
  await server.stop();
});

const FLOOD = 2 * BURST_LINES;
/** Requests that each want to write this much to the log. */
const LONG = "x".repeat(7_000);

test("a flood of long requests writes a bounded number of bytes, and every line that is missing is counted", async () => {
  const { server, clock, port, logged, of, lines } = rig();
  const hosts = [`Host: ${LONG.slice(0, 2_000)}`, `X-Forwarded-Host: ${LONG.slice(0, 2_000)}`, `Forwarded: host=${LONG.slice(0, 2_000)}`];
  const badSignature = ["GET /twilio/voice HTTP/1.1", ...hosts, `X-Twilio-Signature: ${"A".repeat(27)}=`, "", ""].join("\r\n");
  const noPath = ["GET /nowhere HTTP/1.1", "Host: a", `X-Twilio-Signature: ${"A".repeat(27)}=`, `X-Long: ${LONG}`, "", ""].join("\r\n");
  const upgrade = upgradeRequest(port, `Sec-WebSocket-Protocol: ${LONG}`, `User-Agent: ${LONG}`);
  for (let sent = 0; sent < FLOOD; sent += 100) {
    const answered = [badSignature, noPath].flatMap((request) => Array.from({ length: 50 }, () => rawConnection(port, request).closed));
    await Promise.all(answered);
    const upgraded = Array.from({ length: 100 }, () => rawConnection(port, upgrade));
    await Promise.all(upgraded.map((one) => one.until("HTTP/1.1 101")));
    for (const { socket } of upgraded) socket.destroy();
  }

  const token = await tokenIn(await server.post("/twilio/voice", voiceForm(1)));
  const honest = await openHonest(port);
  honest.send(startText(1, token));
  await lines("stream.started", 1);
  assertEquals(of("webhook.answered").length, 1);

  const longest = 1_000 + 3 * MAX_FIELD_CHARS;
  for (const event of new Set(logged.map((line) => line.event))) {
    const written = of(event).map((fields) => JSON.stringify(fields).length);
    assert(written.length <= BURST_LINES, `${event}: ${written.length} lines`);
    assert(Math.max(...written) <= longest, `${event}: a line of ${Math.max(...written)} characters`);
    const bytes = written.reduce((sum, length) => sum + length, 0);
    assert(bytes <= BURST_BYTES + longest, `${event}: ${bytes} bytes`);
  }
  clock.advance(1_000);
  const missing = new Map(of("log.suppressed").map(({ event, lines: count }) => [event, Number(count)]));
  for (const [event, caused] of [
    ["webhook.rejected", FLOOD],
    ["stream.requested", FLOOD + 1], // and the honest one
  ] as const) {
    assert(missing.has(event), `${event}: nothing was dropped`);
    assertEquals(of(event).length + (missing.get(event) ?? 0), caused, event);
  }
  honest.close();
  await server.stop();
});

/** Requests whose signature fits nothing, for hosts of the flood's own and for the one that honest requests name. */
async function floodSignatures(port: number, host: string): Promise<void> {
  const signed = `X-Twilio-Signature: ${"A".repeat(27)}=`;
  const query = `a=${"%27".repeat(500)}`;
  const form = Array.from({ length: 90 }, (_, n) => `f${n}=${"x".repeat(150)}`).join("&");
  const requests = [
    [`GET /twilio/voice?${query} HTTP/1.1`, "Host: a.example", "Forwarded: host=b.example", signed, "", ""],
    [
      `POST /twilio/voice?${query} HTTP/1.1`,
      `Host: ${host}`,
      "X-Forwarded-Host: c.example",
      signed,
      `Content-Length: ${form.length}`,
      "",
      form,
    ],
  ];
  const answers = requests.flatMap((lines) =>
    Array.from(
      { length: 100 },
      () => rawConnection(port, [...lines.slice(0, -2), "Connection: close", ...lines.slice(-2)].join("\r\n")).closed,
    ),
  );
  for (const answer of await Promise.all(answers)) assert(answer.startsWith("HTTP/1.1 200"), answer.slice(0, 80));
}

for (const [what, publicUrl, headers, signedOrigin] of [
  ["without a proxy", undefined, {}, undefined],
  [
    "behind a proxy that states host and scheme",
    undefined,
    { "x-forwarded-host": "v.example", "x-forwarded-proto": "https" },
    "https://v.example",
  ],
  ["with PUBLIC_URL", "https://p.example", {}, "https://p.example"],
] as const) {
  test(`a flood of invalid signatures: the first honest webhook gets its stream, ${what}`, async () => {
    const clock = manualClock();
    const server = startServer({ clock, settings: { publicUrl } });
    const port = server.voice.port;
    await floodSignatures(port, `127.0.0.1:${port}`);
    const params = voiceForm(1);
    const signature = signRequest(AUTH_TOKEN, `${signedOrigin ?? server.origin}/twilio/voice`, params);
    const init = {
      method: "POST",
      headers: { "x-twilio-signature": signature, ...headers },
      body: new URLSearchParams(params as Record<string, string>),
    };
    const first = await (await fetch(`${server.origin}/twilio/voice`, init)).text();
    assert(first.includes("<Stream"), first);
    await server.stop();
  });
}
