// How much a stranger's invalid signatures slow running calls down. Run by hand, because a busy machine changes it:
//
//   bun tests/bench/bad-signatures.ts [--only TEXT] [executable ...]
//
// Several executables are measured beside each other; default: this source. --only: attacks whose name has the text.
// 50 calls talk to the built-in agent. Each measures how long the server takes to answer a ping, which waits for the
// server's event loop as audio does. Seconds without and with an attack of 500 requests a second take turns; the attack
// comes from a process of its own, so that its work does not delay the pings. Prints the p99 of both, their ratio, and
// the server's CPU time per request. Exits with 1 when a ratio is over 2.

import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { signRequest } from "../../src/protocol/signature.ts";

const AUTH_TOKEN = "0123456789abcdef0123456789abcdef";
const ACCOUNT_SID = `AC${"a".repeat(32)}`;
const CALLS = 50;
const ATTACKS_PER_SECOND = 500;
const ROUND_MS = 2_000;
const ROUNDS = 3;
const PING_EVERY_MS = 40;
const MAX_RATIO = 2;
/** USER_HZ, the unit of /proc/PID/stat, is 100 on Linux. */
const CPU_TICK_MS = 10;
const SILENCE = Buffer.alloc(160, 0xff).toString("base64");

interface Attack {
  readonly name: string;
  readonly request: string;
}

/** Stands for the host that the calls use, which is always checked. */
const KNOWN_HOST = "known.example";

/** Every candidate URL has to be tried: three hosts, two schemes. */
const head = (line: string, forwarded = "proto=https;host=b.example"): string =>
  [
    line,
    "Host: a.example:8080",
    `Forwarded: ${forwarded}`,
    "X-Forwarded-Host: c.example",
    `X-Twilio-Signature: ${"A".repeat(27)}=`,
    "",
  ].join("\r\n");
const fields = (count: number, value: string): string => Array.from({ length: count }, (_, n) => `f${n}=${value}`).join("&");
const post = (query: string, form: string): string =>
  `${head(`POST /twilio/voice?${query} HTTP/1.1`)}Content-Length: ${form.length}\r\n\r\n${form}`;

const attacks: readonly Attack[] = [
  { name: "GET with 499 fields", request: `${head(`GET /twilio/voice?${fields(499, "x")} HTTP/1.1`)}\r\n` },
  { name: "POST of 64 KB with 500 fields", request: post(fields(500, "x".repeat(22)), fields(500, "x".repeat(125))) },
  // At the limits of what is checked.
  { name: "GET with 100 fields and quotes", request: `${head(`GET /twilio/voice?${fields(100, "it's+a+'b'")} HTTP/1.1`)}\r\n` },
  { name: "POST of 16 KB with 100 fields", request: post("a=b", fields(100, "x".repeat(155))) },
  { name: "POST of 16 KB with a query of 8 KB", request: post(`a=${"%27".repeat(2_700)}`, fields(100, "x".repeat(155))) },
  { name: "POST of 16 KB, percent-encoded", request: post("a=b", fields(100, "%C3%A9".repeat(26))) },
  { name: "GET with 2,000 invalid bytes", request: `${head(`GET /twilio/voice?a=${"%FFa".repeat(2_000)} HTTP/1.1`)}\r\n` },
  { name: "GET with a long Forwarded", request: `${head("GET /twilio/voice HTTP/1.1", "a=b;".repeat(2_000))}\r\n` },
  {
    name: "POST of 16 KB for the known host",
    request: post(`a=${"%27".repeat(2_700)}`, fields(100, "x".repeat(155))).replace("b.example", KNOWN_HOST),
  },
  { name: "GET for the known host", request: `${head(`GET /twilio/voice?${fields(100, "it's")} HTTP/1.1`, `host=${KNOWN_HOST}`)}\r\n` },
  { name: "GET without a query", request: `${head("GET /twilio/voice HTTP/1.1")}\r\n` },
  { name: "POST to an unknown path", request: `${head("POST /twilio/Voice HTTP/1.1")}Content-Length: 3\r\n\r\na=b` },
];

interface Server {
  readonly name: string;
  readonly port: number;
  readonly process: ChildProcess;
}

async function startServer(executable: string | undefined): Promise<Server> {
  const port = await freePort();
  const command = executable === undefined ? [process.execPath, "src/main.ts"] : [executable];
  const env = {
    HOST: "127.0.0.1",
    PORT: String(port),
    TWILIO_AUTH_TOKEN: AUTH_TOKEN,
    VOICE_LOG_FORMAT: "json",
    VOICE_STATE: "off",
    PATH: process.env.PATH,
  };
  const child = spawn(command[0] ?? "", command.slice(1), { env, stdio: "ignore" });
  for (;;) {
    const isUp = await fetch(`http://127.0.0.1:${port}/healthz`).then(
      () => true,
      () => false,
    );
    if (isUp) return { name: executable ?? "this source", port, process: child };
    await sleep(50);
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

/** A masked frame of a client with a key of zeros (RFC 6455 5.2). */
function frame(opcode: number, text: string): Buffer {
  const payload = Buffer.from(text);
  const length = payload.length < 126 ? [0x80 | payload.length] : [0xfe, payload.length >> 8, payload.length & 255];
  return Buffer.concat([Buffer.from([0x80 | opcode, ...length, 0, 0, 0, 0]), payload]);
}

/** One running call: sends a frame of silence every 20 ms, and pings. */
class BenchCall {
  readonly #socket: Socket;
  #unread: Buffer = Buffer.alloc(0);
  #sentAtMs: number | undefined;
  roundTripsMs: number[] = [];

  constructor(port: number, callSid: string, token: string) {
    this.#socket = connect({ port, host: "127.0.0.1", noDelay: true });
    this.#socket.on("error", () => {});
    const key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13";
    this.#socket.write(
      `GET /twilio/realtime HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${key}\r\n\r\n`,
    );
    const streamSid = `MZ${callSid.slice(2)}`;
    const mediaFormat = { encoding: "audio/x-mulaw", sampleRate: 8000, channels: 1 };
    const start = { accountSid: ACCOUNT_SID, streamSid, callSid, tracks: ["inbound"], mediaFormat, customParameters: { token } };
    this.#socket.once("data", () => {
      this.#socket.write(frame(1, JSON.stringify({ event: "start", sequenceNumber: "1", start, streamSid })));
      this.#socket.on("data", (data: Buffer) => this.#read(data));
      let chunk = 0;
      const media = setInterval(() => {
        chunk += 1;
        const message = { track: "inbound", chunk: String(chunk), timestamp: String(chunk * 20), payload: SILENCE };
        this.#socket.write(frame(1, JSON.stringify({ event: "media", sequenceNumber: String(chunk + 1), media: message, streamSid })));
      }, 20);
      const pings = setInterval(() => this.#ping(), PING_EVERY_MS);
      this.#socket.on("close", () => {
        clearInterval(media);
        clearInterval(pings);
      });
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #ping(): void {
    if (this.#sentAtMs !== undefined) return;
    this.#sentAtMs = performance.now();
    this.#socket.write(frame(9, "p"));
  }

  #read(data: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, data]);
    for (;;) {
      const short = (this.#unread[1] ?? 0) & 127;
      const headBytes = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (this.#unread.length < headBytes) return;
      const length = short < 126 ? short : short === 126 ? this.#unread.readUInt16BE(2) : Number(this.#unread.readBigUInt64BE(2));
      if (this.#unread.length < headBytes + length) return;
      if (((this.#unread[0] ?? 0) & 15) === 10 && this.#sentAtMs !== undefined) {
        this.roundTripsMs.push(performance.now() - this.#sentAtMs);
        this.#sentAtMs = undefined;
      }
      this.#unread = this.#unread.subarray(headBytes + length);
    }
  }
}

async function startCalls(port: number): Promise<BenchCall[]> {
  const calls: BenchCall[] = [];
  for (let n = 0; n < CALLS; n += 1) {
    const callSid = `CA${randomUUID().replaceAll("-", "")}`;
    const form = { CallSid: callSid, AccountSid: ACCOUNT_SID, From: "+15005550001", To: "+15005550006", CallStatus: "ringing" };
    const url = `http://127.0.0.1:${port}/twilio/voice`;
    const headers = { "X-Twilio-Signature": signRequest(AUTH_TOKEN, url, form) };
    const twiml = await (await fetch(url, { method: "POST", headers, body: new URLSearchParams(form) })).text();
    calls.push(new BenchCall(port, callSid, /name="token" value="([^"]+)"/.exec(twiml)?.[1] ?? ""));
  }
  return calls;
}

/** Starts a process that attacks until `stop`, which resolves to how many requests were answered. */
async function startAttack(port: number, { name }: Attack): Promise<() => Promise<number>> {
  const child = spawn(process.execPath, [import.meta.filename, "--attack", name, String(port)], { stdio: ["pipe", "pipe", "inherit"] });
  await once(child.stdout, "data");
  return async () => {
    child.stdin.end();
    const [answers] = await once(child.stdout, "data");
    return Number(answers);
  };
}

/** Sends the request at the given rate over eight connections, until stdin ends; then prints how many were answered. */
async function attackUntilEnd(port: number, request: string): Promise<number> {
  let answers = 0;
  let due = 0;
  const open = (): Socket => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    socket.on("error", () => {});
    socket.on("data", (data: Buffer) => {
      answers += data.toString("latin1").split("HTTP/1.1 ").length - 1;
    });
    return socket;
  };
  const sockets = Array.from({ length: 8 }, open);
  const startedMs = performance.now();
  const timer = setInterval(() => {
    const target = ((performance.now() - startedMs) / 1_000) * ATTACKS_PER_SECOND;
    for (; due < target; due += 1) {
      const at = due % sockets.length;
      if (sockets[at]?.destroyed) sockets[at] = open();
      sockets[at]?.write(request);
    }
  }, 4);
  console.log("started");
  await once(process.stdin.resume(), "end");
  clearInterval(timer);
  console.log(answers);
  return 0;
}

function cpuMs({ process: { pid } }: Server): number {
  const afterName = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(afterName[11]) + Number(afterName[12])) * CPU_TICK_MS;
}

const percentile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;

interface Measured {
  readonly quiet: number[];
  readonly attacked: number[];
  answers: number;
  cpuMs: number;
}

/** A quiet and an attacked round, added to what was measured before. */
async function measureRound(server: Server, attack: Attack, measured: Measured): Promise<void> {
  const calls = await startCalls(server.port);
  const roundTrips = (): number[] => calls.flatMap((call) => call.roundTripsMs.splice(0));
  await sleep(1_000);
  roundTrips();
  let beforeMs = cpuMs(server);
  await sleep(ROUND_MS);
  const quietCpuMs = cpuMs(server) - beforeMs;
  measured.quiet.push(...roundTrips());
  const stop = await startAttack(server.port, attack);
  roundTrips();
  beforeMs = cpuMs(server);
  await sleep(ROUND_MS);
  measured.cpuMs += cpuMs(server) - beforeMs - quietCpuMs;
  measured.attacked.push(...roundTrips());
  measured.answers += await stop();
  for (const call of calls) call.close();
}

async function main(): Promise<number> {
  const { values, positionals: executables } = parseArgs({
    allowPositionals: true,
    options: { only: { type: "string" }, attack: { type: "string" } },
  });
  const attacked = attacks.find(({ name }) => name === values.attack);
  if (attacked !== undefined)
    return attackUntilEnd(Number(executables[0]), attacked.request.replace(KNOWN_HOST, `"127.0.0.1:${executables[0]}"`));
  const servers = await Promise.all((executables.length === 0 ? [undefined] : executables).map(startServer));
  let worst = 0;
  for (const attack of attacks.filter(({ name }) => name.includes(values.only ?? ""))) {
    const all = servers.map((server) => ({ server, measured: { quiet: [], attacked: [], answers: 0, cpuMs: 0 } as Measured }));
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const { server, measured } of all) await measureRound(server, attack, measured);
    }
    for (const { server, measured } of all) {
      const [quiet, attacked] = [percentile(measured.quiet, 0.99), percentile(measured.attacked, 0.99)];
      const perRequest = measured.cpuMs / measured.answers;
      const { length } = measured.attacked;
      console.log(
        `${attack.name}, ${server.name}: p99 ${quiet.toFixed(2)} -> ${attacked.toFixed(2)} ms, ratio ${(attacked / quiet).toFixed(2)} (${length} pings); ` +
          `CPU per request ${perRequest.toFixed(3)} ms (${measured.answers} answers)`,
      );
      worst = Math.max(worst, attacked / quiet);
    }
  }
  for (const server of servers) server.process.kill("SIGKILL");
  return worst > MAX_RATIO ? 1 : 0;
}

process.exitCode = await main();
process.exit();
