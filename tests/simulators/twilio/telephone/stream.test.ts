// The stream of a call: how it is dialled, and each way it ends.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { signRequest } from "../../../../src/protocol/signature.ts";
import type { TelephoneInput, TelephoneOptions } from "../../../../src/simulators/twilio/telephone/inputs-outputs.ts";
import { lineOf, plainOptions, virtualLine } from "../virtual-line.ts";

const connectReplies = (attributes: string, inside = "") => ({
  "https://h/voice": `<Connect action="/after"><Stream ${attributes}>${inside}</Stream></Connect><Say>not reached</Say>`,
  "https://h/after": "<Say>after</Say>",
  "https://h/stream": { status: 204 },
});
const dialled = (attributes: string, options: Partial<TelephoneOptions> = {}) => {
  const line = virtualLine(connectReplies(attributes), options);
  return { line, dial: line.outputs.find((output) => output.type === "socket.dial") };
};

test("dialStream: exactly Twilio's header fields, the signature of the wss URL, no subprotocol", () => {
  const { dial } = dialled('url="wss://h/s"');
  assertEquals(dial?.url, "wss://h/s");
  assertEquals(dial?.fields, [
    ["User-Agent", "Twilio.TmeWs/1.0"],
    ["X-Twilio-Signature", signRequest(plainOptions.authToken ?? "", "wss://h/s", {})],
  ]);
});

test("dialStream: offers subprotocols and omits the signature by option", () => {
  const { dial } = dialled('url="wss://h/s"', { authToken: undefined, subprotocols: ["audio.twilio.com", "x"] });
  assertEquals(dial?.fields.slice(1), [["Sec-WebSocket-Protocol", "audio.twilio.com, x"]]);
});

const urls: readonly (readonly [url: string, dialled: string | number])[] = [
  ["wss://h/s?token=a#b", "wss://h/s"],
  ["wss://h:8443/a/b==/", "wss://h:8443/a/b==/"],
  ["wss://h", "wss://h/"],
  ["/s", "wss://h/s"],
  ["https://h/s", 31922],
  ["ws://127.0.0.1/s", 31922],
  ["", 31923],
  ["wss://", 31923],
];
for (const [url, expected] of urls) {
  test(`dialStream: url="${url}" is ${expected}`, () => {
    const { line, dial } = dialled(`url="${url}"`);
    assertEquals(dial?.url ?? line.call.problems[0]?.twilioCode, expected);
  });
}

test("dialStream: ws is dialled if it is allowed", () => {
  assertEquals(dialled('url="ws://127.0.0.1:81/s"', { allowPlainSocket: true }).dial?.url, "ws://127.0.0.1:81/s");
});

const plainTrials = [
  ["wss://127.0.0.1:81/s", "ws://127.0.0.1:81/s"],
  ["wss://127.0.0.1/s?a=1", "ws://127.0.0.1:81/s"],
  ["wss://127.0.0.1:82/s", "wss://127.0.0.1:82/s"],
  ["wss://h/s", "wss://h/s"],
] as const;
for (const [url, expected] of plainTrials) {
  test(`dialStream: with a plain host and port, ${url} is dialled as ${expected}, and signed as written`, () => {
    const { dial } = dialled(`url="${url}"`, { plainSocketHost: "127.0.0.1:81", authToken: "t" });
    assertEquals(dial?.url, expected);
    const signature = dial?.fields.find(([name]) => name === "X-Twilio-Signature")?.[1];
    assertEquals(signature, signRequest("t", url.replace(/\?.*/, ""), {}));
  });
}

test("dialStream: a track other than inbound is 31941, and the action is requested", () => {
  const { line } = dialled('url="wss://h/s" track="both_tracks"');
  assertEquals([line.call.problems[0]?.twilioCode, ...lineOf(line.call)], [31941, "say after", "hangup server"]);
});

test("onSocketInput: parameters come back in start, speech of the options is spoken", () => {
  const line = virtualLine(connectReplies('url="wss://h/s"', '<Parameter name="token" value="t"/>'), { speech: new Uint8Array(160) });
  line.open();
  line.advance(20);
  const sent = line.outputs.flatMap((output) => (output.type === "socket.text" ? [JSON.parse(output.text)] : []));
  assertEquals(
    sent.map(({ event }) => event),
    ["connected", "start", "media"],
  );
  assertEquals(sent[1].start.customParameters, { token: "t" });
  assertEquals(Uint8Array.fromBase64(sent[2].media.payload), new Uint8Array(160));
});

test("onSocketInput: a subprotocol that was not offered is tolerated, as by Twilio's client, and noted as a risk", () => {
  const line = virtualLine(connectReplies('url="wss://h/s"'));
  line.open([["Sec-WebSocket-Protocol", "audio.twilio.com"]]);
  assertEquals([line.call.stream?.phase, line.call.problems], ["open", []]);
  assertEquals(line.call.streams[0]?.handshakeRisk?.includes("Sec-WebSocket-Protocol"), true);
});

test("onSocketInput: a wrong accept is 31920 and the connection is dropped", () => {
  const line = virtualLine(connectReplies('url="wss://h/s"'));
  const fields = [
    ["Upgrade", "websocket"],
    ["Connection", "Upgrade"],
    ["Sec-WebSocket-Accept", "x"],
  ] as const;
  line.input({ type: "socket.opened", id: line.call.stream?.id ?? 0, head: { version: "1.1", status: 101, reason: "", fields } });
  assertEquals(line.call.problems[0]?.twilioCode, 31920);
  assertEquals(
    line.outputs.some(({ type }) => type === "socket.drop"),
    true,
  );
});

type End = Omit<Extract<TelephoneInput, { type: `socket.${string}` }>, "atMs" | "id">;
const head = { version: "1.1", status: 404, reason: "", fields: [] };
const ends: readonly (readonly [what: string, isOpen: boolean, end: End, by: string, code: number | undefined])[] = [
  ["a 404", false, { type: "socket.rejected", head, body: new Uint8Array(0) } as End, "handshake", 31920],
  ["a refused connection", false, { type: "socket.failed", failure: "refused", detail: "" } as End, "handshake", 31902],
  ["a wrong certificate", false, { type: "socket.failed", failure: "certificateChain", detail: "" } as End, "handshake", 31910],
  ["a close with 1000", true, { type: "socket.closed", code: 1000, reason: "" } as End, "server", undefined],
  ["a close without a code", true, { type: "socket.closed", code: 1005, reason: "" } as End, "server", undefined],
  ["a close with 1011", true, { type: "socket.closed", code: 1011, reason: "oops" } as End, "server", 31921],
  ["a broken connection", true, { type: "socket.closed", code: 1006, reason: "" } as End, "network", 31903],
  ["a broken protocol", true, { type: "socket.broken", bad: "masked", violation: "frame" } as End, "server", 31924],
];
for (const [what, isOpen, end, by, code] of ends) {
  test(`onSocketInput: after ${what} the action is requested while the call is in progress; ${code ?? "no error"}`, () => {
    const line = virtualLine(connectReplies('url="wss://h/s" statusCallback="https://h/stream"'));
    if (isOpen) line.open();
    line.input({ ...end, id: line.call.stream?.id ?? 0 } as Parameters<typeof line.input>[0]);
    assertEquals(line.call.streams[0]?.end?.by as string | undefined, by);
    assertEquals(
      line.call.problems.map(({ twilioCode }) => twilioCode),
      code === undefined ? [] : [code],
    );
    assertEquals(lineOf(line.call), ["say after", "hangup server"]);
    const { params } = line.call.exchanges.find(({ purpose }) => purpose === "action") ?? {};
    assertEquals(params?.["CallStatus"], "in-progress");
    const statuses = line.call.exchanges.flatMap(({ purpose, params }) => (purpose === "streamStatus" ? [params["StreamEvent"]] : []));
    assertEquals(statuses, [...(isOpen ? ["stream-started"] : []), code === undefined ? "stream-stopped" : "stream-error"]);
  });
}

test("onSocketInput: without an action the verb after <Connect> follows", () => {
  const line = virtualLine({ "https://h/voice": '<Connect><Stream url="wss://h/s"/></Connect><Say>behind</Say>' });
  line.open();
  line.input({ type: "socket.closed", id: line.call.stream?.id ?? 0, code: 1000, reason: "" });
  assertEquals(lineOf(line.call), ["say behind", "hangup server"]);
});

test("onSocketInput: audio heard and warnings are noted with the stream", () => {
  const line = virtualLine(connectReplies('url="wss://h/s"'));
  line.open();
  line.advance(5);
  line.send({ event: "media", media: { payload: new Uint8Array(800).toBase64() } });
  line.send({ event: "medya" });
  line.advance(200);
  line.input({ type: "socket.pinged", id: line.call.stream?.id ?? 0 });
  line.input({ type: "socket.closed", id: line.call.stream?.id ?? 0, code: 1000, reason: "" });
  assertEquals(lineOf(line.call)[0], "audio 5-105");
  assertEquals(
    line.call.problems.map(({ twilioCode, level }) => [twilioCode, level]),
    [[31951, "warning"]],
  );
  const [log] = line.call.streams;
  assertEquals([log?.heard?.totalMs, log?.firstMediaAtMs, log?.counts?.mediaReceived, log?.pings], [100, 5, 1, 1]);
});

test("closeAfterLinger: after stop the stream stays open for stopLingerMs, then closes", () => {
  const closedAfter = (stopLingerMs: number): number | undefined => {
    const line = virtualLine(connectReplies('url="wss://h/s"'), { stopLingerMs });
    line.open();
    line.advance(1_000);
    line.command({ type: "hangUp", requestsAction: false });
    for (let ms = 0; ms <= 3_000; ms += 100) {
      if (line.outputs.some(({ type }) => type === "socket.close")) return ms;
      line.advance(100);
    }
    return undefined;
  };
  assertEquals([closedAfter(0), closedAfter(2_000)], [0, 2_000]);
});

test("closeAfterLinger: a server may close during stopLingerMs", () => {
  const line = virtualLine(connectReplies('url="wss://h/s"'), { stopLingerMs: 2_000 });
  line.open();
  line.advance(1_000);
  line.command({ type: "hangUp", requestsAction: false });
  line.advance(300);
  line.input({ type: "socket.closed", id: line.call.stream?.id ?? 0, code: 1000, reason: "" });
  assertEquals([line.call.streams[0]?.end?.by, line.call.problems], ["caller", []]);
});
