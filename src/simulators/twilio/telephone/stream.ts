// The media stream of a telephone call: dials `<Stream>` as Twilio does, connects its caller to the socket, and handles
// each way it ends. What the caller does on the stream is in ../stream-caller.ts, what follows the stream in
// run-verbs.ts.
// Follows https://www.twilio.com/docs/voice/twiml/stream and https://www.twilio.com/docs/api/errors (319xx)

import type { HttpFields, HttpHead } from "../../../protocol/http/message.ts";
import { signRequest } from "../../../protocol/signature.ts";
import type { TwimlElement } from "../../../protocol/twiml/reader.ts";
import { checkHandshakeResponse } from "../../../protocol/websocket/handshake.ts";
import { sid, webSocketKey } from "../seeded-ids.ts";
import { callerHeard, stepStreamCaller } from "../stream-caller.ts";
import type { StreamCallerInput, StreamCallerNote } from "../stream-caller-state.ts";
import { createStreamCaller } from "../stream-caller-state.ts";
import type { TwilioFault } from "../webhook-answer.ts";
import { socketFault } from "../webhook-answer.ts";
import type { StreamStatus } from "../webhook-request.ts";
import { streamStatusParams } from "../webhook-request.ts";
import { sendRequest } from "./fetch-document.ts";
import type { TelephoneInput } from "./inputs-outputs.ts";
import type { ActionTarget, LiveStream, StreamEnd, TelephoneStep } from "./telephone-state.ts";
import { change, emit, note, report, updateStreamLog } from "./telephone-state.ts";

/**
 * Twilio documents no timeout for the handshake. These are its HTTP client's connect timeout, and twice that in total.
 */
const connectTimeoutMs = 5_000;
const handshakeTimeoutMs = 10_000;
/** How long a server has to answer our close. */
const closeTimeoutMs = 5_000;

type SocketInput = Extract<TelephoneInput, { id: number; type: `socket.${string}` }>;

/** A `<Stream>`, read and checked. */
interface StreamPlan {
  /** As dialled: no query, no fragment. */
  readonly url: string;
  /** As signed: as dialled, but for a plain socket in place of wss. */
  readonly signedUrl: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly name: string | undefined;
  readonly statusCallback: LiveStream["statusCallback"];
}

/**
 * Dials the `<Stream>` of a `<Connect>`. If it cannot be dialled, the `<Connect>` ends and the call goes on after it.
 */
export function dialStream(step: TelephoneStep, atMs: number, stream: TwimlElement, action: ActionTarget | undefined): TelephoneStep {
  const connecting = change(step, { phase: { type: "streaming", action } });
  const plan = planStream(connecting, stream);
  if ("twilioCode" in plan) return endConnect(report(connecting, atMs, "error", plan));
  const { options, facts, lastId, streams } = step.call;
  const id = lastId + 1;
  const streamSid = sid("MZ", options.seed, String(id));
  const key = webSocketKey(options.seed, String(id));
  const caller = createStreamCaller({
    accountSid: facts.accountSid,
    callSid: facts.callSid,
    streamSid,
    customParameters: options.customParameters ?? plan.parameters,
    ...(options.loseEvery === undefined ? {} : { loseEvery: options.loseEvery }),
    ...(options.keepHeardMs === undefined ? {} : { keepHeardMs: options.keepHeardMs }),
  });
  const live: LiveStream = { id, phase: "dialling", caller, key, name: plan.name, statusCallback: plan.statusCallback, closeDueMs: 0 };
  const dialled = change(connecting, {
    lastId: id,
    stream: live,
    streams: [...streams, { id, streamSid, url: plan.url, parameters: plan.parameters, dialledAtMs: atMs, pings: 0 }],
  });
  const timeouts = { connectTimeoutMs, totalTimeoutMs: handshakeTimeoutMs };
  return emit(dialled, { type: "socket.dial", id, url: plan.url, key, fields: dialFields(connecting, plan.signedUrl), ...timeouts });
}

/**
 * The header fields of Twilio's client besides the handshake's own five. No Origin and no extension; a subprotocol by
 * option only.
 */
function dialFields({ call }: TelephoneStep, url: string): HttpFields {
  const { authToken, streamAuthToken, subprotocols = [] } = call.options;
  const token = streamAuthToken ?? authToken;
  return [
    ["User-Agent", call.options.userAgent ?? "Twilio.TmeWs/1.0"],
    ...(token === undefined ? [] : ([["X-Twilio-Signature", signRequest(token, url, {})]] as const)),
    ...(subprotocols.length === 0 ? [] : ([["Sec-WebSocket-Protocol", subprotocols.join(", ")]] as const)),
  ];
}

/** Characters that RFC 3986 allows nowhere. URL parsers of browsers accept most of them. */
const noUrl = /[\p{Cc} "<>\\^`{|}]/u;

function planStream({ call }: TelephoneStep, { attributes, children }: TwimlElement): StreamPlan | TwilioFault {
  const { url = "", track, name, statusCallback, statusCallbackMethod } = attributes;
  // A relative URL is resolved against the document's URL, with ws for http and wss for https.
  const base = call.documentUrl.replace(/^http/, "ws");
  if (url === "" || noUrl.test(url.trim()) || !URL.canParse(url, base)) return { twilioCode: 31923, what: `url "${url}"` };
  const target = new URL(url, base);
  const isPlain = target.protocol === "ws:" && call.options.allowPlainSocket === true;
  if (target.protocol !== "wss:" && !isPlain) return { twilioCode: 31922, what: `url "${url}": expected wss` };
  if (track !== undefined && track !== "inbound_track") return { twilioCode: 31941, what: `track "${track}": expected inbound_track` };
  const parameters = children
    .filter((child) => child.name === "Parameter")
    .map(({ attributes: { name = "", value = "" } }) => [name, value]);
  const rest = `${target.pathname}${call.options.keepsQuery === true ? target.search : ""}`;
  const plainHost = plainSocketHost(target, call.options.plainSocketHost);
  return {
    url: plainHost === undefined ? `${target.protocol}//${target.host}${rest}` : `ws://${plainHost}${rest}`,
    signedUrl: `${target.protocol}//${target.host}${rest}`,
    parameters: Object.fromEntries(parameters),
    name,
    statusCallback:
      statusCallback === undefined ? undefined : { url: statusCallback, method: statusCallbackMethod === "GET" ? "GET" : "POST" },
  };
}

/** The host and port to dial in place of a wss:// target; undefined: the target's own. */
function plainSocketHost({ protocol, host, hostname, port }: URL, plainHost: string | undefined): string | undefined {
  if (protocol !== "wss:" || plainHost === undefined) return undefined;
  const lacksPort = port === "" && hostname === URL.parse(`http://${plainHost}`)?.hostname;
  return host === plainHost || lacksPort ? plainHost : undefined;
}

/** Takes an input of the stream's socket. Inputs of a socket that is no longer the stream's are ignored. */
export function onSocketInput(step: TelephoneStep, input: SocketInput): TelephoneStep {
  const { stream } = step.call;
  if (stream === undefined || stream.id !== input.id) return step;
  const { id, atMs } = input;
  switch (input.type) {
    case "socket.opened":
      return openStream(
        updateStreamLog(step, id, { answer: { atMs, head: input.head, body: new Uint8Array(0) } }),
        stream,
        input.head,
        atMs,
      );
    case "socket.rejected": {
      const answered = updateStreamLog(step, id, { answer: { atMs, head: input.head, body: input.body } });
      return failStream(answered, atMs, { twilioCode: 31920, what: `expected 101, got HTTP ${input.head.status}` });
    }
    case "socket.failed":
      return failStream(step, atMs, socketFault(input.failure, input.detail));
    case "socket.text":
      return stepCaller(step, { type: "text", atMs, text: input.text });
    case "socket.binary":
      return stepCaller(step, { type: "binary", atMs, bytes: input.bytes });
    case "socket.ponged":
      return updateStreamLog(step, id, { pongs: (step.call.streams.at(-1)?.pongs ?? 0) + 1 });
    case "socket.pinged":
      return updateStreamLog(step, id, { pings: (step.call.streams.at(-1)?.pings ?? 0) + 1 });
    case "socket.broken": {
      // Twilio documents no limit on how much a server sends: that one is ours.
      const fault = input.violation === "flood" ? undefined : { twilioCode: 31924, what: input.bad };
      return endStream(step, { atMs, by: "server", code: undefined, reason: "" }, fault);
    }
    case "socket.closed":
      return closeStream(step, stream, input);
  }
}

function openStream(step: TelephoneStep, stream: LiveStream, head: HttpHead, atMs: number): TelephoneStep {
  // A subprotocol or extension that was not offered violates RFC 6455. Boost.Beast, which Twilio's client seems to use,
  // does not check.
  const unchecked = ["sec-websocket-protocol", "sec-websocket-extensions"];
  const checked = { ...head, fields: head.fields.filter(([name]) => !unchecked.includes(name.toLowerCase())) };
  const offered = step.call.options.subprotocols?.join(", ");
  const bad = checkHandshakeResponse(checked, stream.key, offered);
  if (bad !== undefined) {
    return emit(failStream(step, atMs, { twilioCode: 31920, what: bad.bad }), { type: "socket.drop", id: stream.id });
  }
  const risk = checkHandshakeResponse(head, stream.key, offered);
  const opened = updateStreamLog(step, stream.id, { openedAtMs: atMs, ...(risk === undefined ? {} : { handshakeRisk: risk.bad }) });
  const started = stepCaller(change(opened, { stream: { ...stream, phase: "open" } }), { type: "opened", atMs });
  const { speech } = step.call.options;
  const isFirst = step.call.streams.length === 1;
  const speaking = speech === undefined || !isFirst ? started : stepCaller(started, { type: "said", atMs, speech });
  return reportStatus(speaking, stream, atMs, "stream-started", undefined);
}

/** Passes an input to the caller, and turns its outputs into outputs and notes of the call. */
export function stepCaller(step: TelephoneStep, input: StreamCallerInput): TelephoneStep {
  const { stream } = step.call;
  if (stream === undefined) return step;
  const { caller, outputs } = stepStreamCaller(stream.caller, input);
  let after = change(step, { stream: { ...stream, caller } });
  for (const output of outputs) {
    if (output.type === "text") after = emit(after, { type: "socket.text", id: stream.id, text: output.text });
    else if (output.type === "note") after = takeNote(after, stream.id, output.note);
    else after = closeSocket(after, input.atMs);
  }
  return after;
}

/** Closes the socket after `stop`: at once, as Twilio does, or after `stopLingerMs`. */
function closeSocket(step: TelephoneStep, atMs: number): TelephoneStep {
  const { stream, options } = step.call;
  const { stopLingerMs = 0 } = options;
  if (stream === undefined) return step;
  if (stopLingerMs > 0) return change(step, { stream: { ...stream, lingerUntilMs: atMs + stopLingerMs } });
  return emit(step, { type: "socket.close", id: stream.id, code: 1000, reason: "" });
}

/** Sends the close that `stopLingerMs` delayed, when it is due. */
export function closeAfterLinger(step: TelephoneStep, atMs: number): TelephoneStep {
  const { stream } = step.call;
  if (stream?.lingerUntilMs === undefined || stream.lingerUntilMs > atMs) return step;
  const ended = change(step, { stream: { ...stream, lingerUntilMs: undefined } });
  return emit(ended, { type: "socket.close", id: stream.id, code: 1000, reason: "" });
}

function takeNote(step: TelephoneStep, streamId: number, seen: StreamCallerNote): TelephoneStep {
  const { atMs } = seen;
  switch (seen.type) {
    case "warning":
      return report(step, atMs, "warning", { twilioCode: seen.code, what: seen.what });
    case "heard":
      return note(step, { kind: "audio", atMs, untilMs: seen.untilMs, cleared: seen.cleared, streamId });
    case "spoke":
      return note(step, { kind: "spoke", atMs, untilMs: seen.untilMs });
  }
}

/** The caller hangs up: Twilio sends `stop`, closes the socket and waits for the server's close. */
export function hangUpStream(step: TelephoneStep, atMs: number): TelephoneStep {
  const { stream } = step.call;
  if (stream === undefined || stream.phase === "closing") return step;
  if (stream.phase === "dialling") return dropStream(step, atMs, "caller");
  const stopped = stepCaller(step, { type: "hungUp", atMs });
  const live = stopped.call.stream ?? stream;
  return change(stopped, { stream: { ...live, phase: "closing", closeDueMs: (live.lingerUntilMs ?? atMs) + closeTimeoutMs } });
}

/** Breaks the stream's connection without a close: the network failed, or the server did not answer our close. */
export function dropStream(step: TelephoneStep, atMs: number, by: "network" | "caller"): TelephoneStep {
  const { stream } = step.call;
  if (stream === undefined) return step;
  const dropped = emit(step, { type: "socket.drop", id: stream.id });
  const fault = by === "network" ? { twilioCode: 31903, what: "the connection broke" } : undefined;
  return endStream(dropped, { atMs, by, code: 1006, reason: "" }, fault);
}

function closeStream(step: TelephoneStep, stream: LiveStream, input: Extract<SocketInput, { type: "socket.closed" }>): TelephoneStep {
  const { atMs, code, reason } = input;
  if (stream.phase === "closing") return endStream(step, { atMs, by: "caller", code, reason }, undefined);
  if (code === 1006) return endStream(step, { atMs, by: "network", code, reason }, { twilioCode: 31903, what: "the connection broke" });
  const isPlanned = code === 1000 || code === 1005;
  const fault = isPlanned ? undefined : { twilioCode: 31921, what: `the server closed with ${code}${reason === "" ? "" : `: ${reason}`}` };
  return endStream(step, { atMs, by: "server", code, reason }, fault);
}

function failStream(step: TelephoneStep, atMs: number, fault: TwilioFault): TelephoneStep {
  return endStream(step, { atMs, by: "handshake", code: undefined, reason: "" }, fault);
}

function endStream(before: TelephoneStep, end: StreamEnd, fault: TwilioFault | undefined): TelephoneStep {
  const step = stepCaller(before, { type: "closed", atMs: end.atMs });
  const { stream } = step.call;
  if (stream === undefined) return step;
  const { counts, firstMediaAtMs } = stream.caller;
  const heard = callerHeard(stream.caller, end.atMs);
  const logged = updateStreamLog(step, stream.id, { end, counts, heard, ...(firstMediaAtMs === undefined ? {} : { firstMediaAtMs }) });
  const reported = fault === undefined ? logged : report(logged, end.atMs, "error", fault);
  const ended = change(reported, { stream: undefined });
  const event = fault === undefined ? "stream-stopped" : "stream-error";
  const notified = reportStatus(ended, stream, end.atMs, event, fault && `${fault.twilioCode} ${fault.what}`);
  return endConnect(notified);
}

/** Continues after the `<Connect>`, unless the call is over. */
function endConnect(step: TelephoneStep): TelephoneStep {
  const { phase } = step.call;
  return phase.type === "streaming" ? change(step, { phase: { type: "connectEnded", action: phase.action } }) : step;
}

function reportStatus(
  step: TelephoneStep,
  { name, statusCallback, caller }: LiveStream,
  atMs: number,
  event: StreamStatus["event"],
  error: string | undefined,
): TelephoneStep {
  if (statusCallback === undefined) return step;
  const params = streamStatusParams(step.call.facts, { streamSid: caller.options.streamSid, name, event, error, atMs });
  return sendRequest(step, atMs, { purpose: "streamStatus", ...statusCallback, params, isDocument: false });
}
