// The promises of every runtime's seam, with the same tests for each: seam-server.ts runs in a child process. Raw
// sockets dial it where headers matter, Bun's client elsewhere.

import { afterAll, beforeAll, test } from "bun:test";
import { connect } from "node:net";
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { DialEnd, RefusalResponse } from "../../src/platform/seam.ts";

const program = `${import.meta.dir}/seam-server.ts`;

interface Child {
  readonly url: string;
  readonly socketUrl: string;
  readonly listening: string;
  readonly process: Bun.Subprocess;
  /** The first line with this beginning, printed already or later. Each line is returned once. */
  line(beginning: string): Promise<string>;
}

async function start(command: readonly string[]): Promise<Child> {
  const child = Bun.spawn([...command, program], { stdout: "pipe", stderr: "inherit" });
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const seen: string[] = [];
  const line = async (beginning: string): Promise<string> => {
    for (;;) {
      const at = seen.findIndex((one) => one.startsWith(beginning));
      if (at >= 0) return seen.splice(at, 1)[0] ?? "";
      const { value, done } = await lines.read();
      if (done) throw new Error(`the program ended before it printed "${beginning}"; it printed: ${seen.join(", ")}`);
      text += value;
      seen.push(...text.split("\n").slice(0, -1));
      text = text.slice(text.lastIndexOf("\n") + 1);
    }
  };
  const listening = await line("listening");
  const port = listening.split(" ")[1];
  return { url: `http://127.0.0.1:${port}`, socketUrl: `ws://127.0.0.1:${port}/socket`, listening, process: child, line };
}

/** The head of the response to a handshake that offers `offered`, or nothing. Names are in lower case. */
function handshake(
  url: string,
  offered: string | undefined,
  more: readonly string[] = [],
): Promise<{ status: string; headers: Map<string, string> }> {
  const { host, hostname, port, pathname, search } = new URL(url);
  const head = [
    `GET ${pathname}${search} HTTP/1.1`,
    `Host: ${host}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", // RFC 6455 1.3
    ...(offered === undefined ? [] : [`Sec-WebSocket-Protocol: ${offered}`]),
    ...more,
    "",
    "",
  ].join("\r\n");
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(head));
    let text = "";
    socket.on("error", reject);
    socket.on("data", (data) => {
      text += data.toString("latin1");
      const end = text.indexOf("\r\n\r\n");
      if (end < 0) return;
      socket.destroy();
      const [status = "", ...lines] = text.slice(0, end).split("\r\n");
      const pairs = lines.map((one) => [one.slice(0, one.indexOf(":")).toLowerCase(), one.slice(one.indexOf(":") + 1).trim()] as const);
      resolve({ status: status.split(" ")[1] ?? "", headers: new Map(pairs) });
    });
  });
}

/** Opens a WebSocket, sends the texts, and returns what arrived until the close. */
function converse(
  url: string,
  ...texts: readonly (string | Uint8Array<ArrayBuffer>)[]
): Promise<{ heard: string[]; code: number; reason: string }> {
  return new Promise((resolve) => {
    const heard: string[] = [];
    const socket = new WebSocket(url);
    socket.onopen = () => {
      for (const text of texts) socket.send(text);
    };
    socket.onmessage = ({ data }) => {
      heard.push(String(data));
      if (data === "enough") socket.close(1000, "done");
    };
    socket.onclose = ({ code, reason }) => resolve({ heard, code, reason });
  });
}

const json = async (url: string): Promise<unknown> => (await fetch(url)).json();

/** RFC 6455 4.2.2: nothing offered, nothing sent; otherwise the chosen one, in its spelling. */
const subprotocols: readonly [offered: string | undefined, chosen: string | undefined, sent: string | undefined][] = [
  [undefined, undefined, undefined],
  ["audio.twilio.com", undefined, undefined],
  ["audio.twilio.com", "audio.twilio.com", "audio.twilio.com"],
  ["a, b", undefined, undefined],
  ["a, b", "b", "b"],
  ["Audio.Twilio.com, x", "Audio.Twilio.com", "Audio.Twilio.com"],
];

/** Registers the tests of one runtime: `command` runs a TypeScript file under it. */
export function seamTests(name: "bun" | "deno", command: readonly string[]): void {
  let child: Child;
  beforeAll(async () => {
    child = await start(command);
  });
  afterAll(() => child.process.kill("SIGKILL")); // it only reports the other signals

  test(`${name}: listens at the given address, and reports its runtime`, () => {
    assertMatch(child.listening, new RegExp(`^listening \\d+ 127\\.0\\.0\\.1 ${name} ${name === "bun" ? "Bun" : "Deno"} \\d`));
  });
  for (const [offered, chosen, sent] of subprotocols) {
    test(`${name}, upgrade: offered ${offered ?? "nothing"}, chosen ${chosen ?? "none"}: sends ${sent ?? "no header"}`, async () => {
      const query = chosen === undefined ? "" : `?protocol=${chosen}`;
      const { status, headers } = await handshake(`${child.url}/socket${query}`, offered, ["Sec-WebSocket-Extensions: permessage-deflate"]);
      assertEquals(status, "101");
      assertEquals(headers.get("sec-websocket-accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="); // RFC 6455 1.3
      assertEquals(headers.has("sec-websocket-protocol"), sent !== undefined);
      assertEquals(headers.get("sec-websocket-protocol"), sent);
      assertEquals(headers.get("x-extra"), "yes");
      assertEquals(headers.has("sec-websocket-extensions"), false);
      await child.line("closed 1006"); // the raw socket closed without a close frame
    });
  }
  socketTests(name, () => child);
  processTests(name, () => child);
  dialTests(name, () => child);
  stopTests(name, command);
  floodTests(name, command);
}

function socketTests(name: string, child: () => Child): void {
  test(`${name}, upgrade: undefined for a request that is not a handshake`, async () => {
    assertEquals((await fetch(`${child().url}/socket`)).status, 426);
  });
  test(`${name}: text is echoed, binary is counted, the peer's close is reported`, async () => {
    assertEquals(await converse(child().socketUrl, "grüße", new Uint8Array(7), "enough"), {
      heard: ["grüße", "enough"],
      code: 1000,
      reason: "done",
    });
    assertEquals(await child().line("binary"), "binary 7");
    assertEquals(await child().line("closed"), "closed 1000 done");
  });
  test(`${name}: what a listener throws is reported, and the socket stays open`, async () => {
    assertEquals((await converse(child().socketUrl, "throw", "enough")).heard, ["enough"]);
    assertEquals(await child().line("threw"), "threw thrown on purpose");
    assertEquals(await child().line("closed"), "closed 1000 done");
  });
  test(`${name}: what is sent in a batch arrives in order, and the close after it`, async () => {
    const heard = ["one", "two", "three"];
    assertEquals(await converse(child().socketUrl, "batch"), { heard, code: 4000, reason: "batched" });
    assertMatch(await child().line("closed"), /^closed 4000/);
  });
  test(`${name}: our close reaches the peer; a second one and a late text do nothing`, async () => {
    assertEquals(await converse(child().socketUrl, "closeTwice"), { heard: [], code: 4000, reason: "bye" });
    assertEquals(await child().line("sent"), "sent false");
    assertMatch(await child().line("closed"), /^closed 4000/);
  });
  test(`${name}: ping reaches the peer, whose pong is reported`, async () => {
    const socket = new WebSocket(child().socketUrl);
    socket.onopen = () => socket.send("ping");
    await child().line("pong");
    socket.close();
    await child().line("closed");
  });
  test(`${name}: a message over the limit closes with 1009`, async () => {
    assertEquals((await converse(child().socketUrl, "x".repeat(1_000), "x".repeat(1_001))).code, 1009);
    await child().line("closed");
  });
}

function processTests(name: string, child: () => Child): void {
  test(`${name}: failed answers what fetch threw, without its source`, async () => {
    const answer = await fetch(`${child().url}/throw`);
    assertEquals([answer.status, await answer.text()], [500, "failed: thrown on purpose"]);
  });
  test(`${name}: peerAddress is the peer's`, async () => {
    assertEquals(await (await fetch(`${child().url}/peer`)).text(), "127.0.0.1");
  });
  test(`${name}: uncaught errors are reported, and the process continues`, async () => {
    await fetch(`${child().url}/stray`);
    const seen = [await child().line("uncaught"), await child().line("uncaught")];
    assertEquals(seen.toSorted(), ["uncaught stray exception", "uncaught stray rejection"]);
  });
  test(`${name}: every signal is reported`, async () => {
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP", "SIGTERM"] as const) {
      child().process.kill(signal);
      // Not any signal's line: when a test times out, bun sends SIGTERM to the child that all tests share.
      assertEquals(await child().line(`signal ${signal}`), `signal ${signal}`);
    }
  });
}

/** Fewer than the connections of a flood. */
const OPEN_FILES = 512;

function floodTests(name: string, command: readonly string[]): void {
  test(`${name}: connections without a whole request use up no files, and an open socket stays`, async () => {
    const limited = ["sh", "-c", `ulimit -n ${OPEN_FILES} && OPEN_FILES=${OPEN_FILES} exec "$@"`, "sh", ...command];
    const own = await start(limited);
    const socket = new WebSocket(own.socketUrl);
    const next = (event: "open" | "message"): Promise<unknown> =>
      new Promise((resolve) => socket.addEventListener(event, resolve, { once: true }));
    await next("open");
    const port = Number(new URL(own.url).port);
    const halfClosed = Promise.withResolvers<void>();
    let closed = 0;
    const strangers = Array.from({ length: 2 * OPEN_FILES }, () => {
      const stranger = connect(port, "127.0.0.1", () => stranger.write("POST /peer HTTP/1.1\r\nHost: a\r\n"));
      stranger.on("error", () => {});
      stranger.on("close", () => {
        closed += 1;
        if (closed === OPEN_FILES) halfClosed.resolve();
      });
      return stranger;
    });
    if (name === "bun") await own.line("stalled"); // Bun itself closes them after 12 s
    await halfClosed.promise;
    assertEquals(await (await fetch(`${own.url}/peer`)).text(), "127.0.0.1");
    const echoed = next("message");
    socket.send("still here");
    assertEquals(((await echoed) as MessageEvent).data, "still here");
    for (const stranger of strangers) stranger.destroy();
    socket.close();
    own.process.kill("SIGKILL");
    await own.process.exited;
  });
}

function stopTests(name: string, command: readonly string[]): void {
  test(`${name}, stop: accepts no connection, keeps open sockets, resolves with the last`, async () => {
    const own = await start(command);
    const { promise, resolve } = Promise.withResolvers<void>();
    const socket = new WebSocket(own.socketUrl);
    socket.onopen = () => resolve();
    await promise;
    await (await fetch(`${own.url}/stop`, { headers: { Connection: "close" } })).text();
    const answered = await fetch(own.url).then(
      ({ status }) => status,
      () => "refused",
    );
    assertEquals(answered, "refused");
    const echoed = new Promise((seen) => {
      socket.onmessage = ({ data }) => seen(data);
    });
    socket.send("still here");
    assertEquals(await echoed, "still here");
    socket.close();
    assertEquals(await own.line("stopped"), "stopped");
    assertEquals(await own.process.exited, 0);
  });
  test(`${name}, stopNow: closes open sockets with 1001`, async () => {
    const own = await start(command);
    const ended = converse(own.socketUrl, "hello");
    await own.line("opened");
    await fetch(`${own.url}/stopNow`).catch(() => "cut off, as every connection is");
    assertEquals((await ended).code, 1001);
    assertEquals(await own.line("stopped"), "stopped");
  });
}

function dialTests(name: string, child: () => Child): void {
  const dial = (url: string): Promise<unknown> => json(`${child().url}/dial?url=${encodeURIComponent(url)}`);
  const refusals: Readonly<Record<number, () => string | ReadableStream>> = {
    400: () => "x".repeat(100_000),
    // Starts, and never ends.
    403: () => new ReadableStream({ start: (stream) => stream.enqueue(new TextEncoder().encode("half of it")) }),
  };
  /** A server that the program dials. It sends back the headers it received, or refuses. */
  const far = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch(request, server) {
      const status = Number(new URL(request.url).pathname.slice(1));
      if (status > 0)
        return new Response(refusals[status]?.() ?? "no", { status, headers: { "X-Request-Id": "req_1", "Set-Cookie": "a=b" } });
      const { headers } = request;
      const deflate = headers.get("sec-websocket-extensions")?.includes("deflate") ?? false;
      return server.upgrade(request, { data: `${headers.get("authorization")}${deflate ? " deflate" : ""}` })
        ? undefined
        : new Response("?");
    },
    websocket: {
      data: "" as string,
      open: (socket) => void socket.send(socket.data),
      message: () => {},
    },
  });
  afterAll(() => far.stop(true));
  const at = `ws://127.0.0.1:${far.port}`;
  const refusal = async (
    status: number,
    query = "",
  ): Promise<{ seen: string[]; end: DialEnd & { failure: string; refusal: RefusalResponse } }> => {
    const seen = (await json(`${child().url}/dial?url=${encodeURIComponent(`${at}/${status}`)}${query}`)) as [...string[], never];
    return { seen: seen.slice(0, -1), end: seen.at(-1) as never };
  };

  test(`${name}, dial: returns first, opens, sends our headers, offers no compression, ends with the code`, async () => {
    const seen = (await dial(at)) as { code: number }[];
    assertEquals(seen.slice(0, 3), ["returned", "opened", "Bearer of news"] as never);
    assertEquals(seen[3]?.code, 1000);
  });
  for (const status of [401, 429, 503]) {
    test(`${name}, dial: a handshake answered with ${status} is reported with status, headers and body`, async () => {
      const { seen, end } = await refusal(status);
      assertEquals([seen, end.code, end.httpStatus, end.refusal.body], [["returned", "refused"], 1006, status, "no"]);
      assertEquals([end.refusal.headers["x-request-id"], end.refusal.headers["set-cookie"]], ["req_1", "a=b"]);
      assert(end.failure.length > 0 && !end.failure.includes(at));
    });
  }
  test(`${name}, dial: 8 KiB of a refusal's long body are read`, async () => {
    assertEquals((await refusal(400)).end.refusal.body, "x".repeat(8_192));
  });
  test(`${name}, dial: terminate while a refusal is being read reports what was read`, async () => {
    const { seen, end } = await refusal(403, "&terminate=1");
    assertEquals([seen, end.httpStatus, "half of it".startsWith(end.refusal.body)], [["returned", "refused"], 403, true]);
  });
  for (const [what, url] of [
    ["nothing listens there", "ws://127.0.0.1:1"],
    ["no such name", "ws://no-such-host.invalid"],
    ["a server without TLS", `wss://127.0.0.1:${far.port}`],
    ["an invalid URL", "ws://"],
  ] as const) {
    test(`${name}, dial: ${what}: closed with 1006 and the failure, after the return`, async () => {
      const [first, end] = (await dial(url)) as ["returned", { code: number; failure: string }];
      assertEquals([first, end.code], ["returned", 1006]);
      assert(end.failure.length > 0);
    });
  }
}
