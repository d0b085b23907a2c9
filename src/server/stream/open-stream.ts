// The caller leg's entrance: it upgrades at once, holds the socket among the pending ones until `start`, authenticates
// `start`, and passes the socket to the call's driver.
// Follows https://www.twilio.com/docs/voice/media-streams/websocket-messages

import { Buffer } from "node:buffer";
import { type CallerSocket, type CallerSocketEvents, callerSocket } from "../../adapters/caller-socket.ts";
import type { Clock, Log } from "../../call/ports.ts";
import type { Config } from "../../config/config.ts";
import type { Connection } from "../../platform/seam.ts";
import { type Bad, isBad } from "../../protocol/bad.ts";
import { isObject, parseJson } from "../../protocol/fields.ts";
import { mediaReader } from "../../protocol/media-streams/media-reader.ts";
import { type FromTwilio, parseFromTwilio } from "../../protocol/media-streams/media-streams.ts";
import { isSid } from "../../protocol/sid.ts";
import { TOKEN_PARAMETER } from "../../protocol/twiml/twiml.ts";
import { chooseSubprotocol } from "../../protocol/websocket/subprotocol.ts";
import type { Authenticator, UpgradeSignature } from "../auth/authenticator.ts";
import type { CallRegistry, RegisteredCall } from "../calls/call-registry.ts";
import type { CallerInput } from "../calls/caller-link.ts";
import { plainAnswer } from "../http/answers.ts";
import { type RequestFacts, readFacts } from "../http/request-facts.ts";
import type { PendingSocket, PendingSockets } from "./pending-sockets.ts";

export interface StreamDeps {
  readonly config: Pick<Config, "publicUrl">;
  readonly auth: Authenticator;
  readonly calls: CallRegistry;
  readonly pending: PendingSockets;
  /** The name that /healthz reports. */
  readonly instance: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Twilio's media messages have about 400 bytes. */
export const MAX_MESSAGE_BYTES = 65_536;
/** Policy violation: RFC 6455 section 7.4.1. */
const CLOSE_REJECTED = 1008;
/** RFC 6455 5.5: 125 bytes with the code. Ours are ASCII. */
const MAX_CLOSE_REASON = 123;
/** A header of the 101 that names this run of the process. It is ours: clients ignore headers they do not know. */
export const INSTANCE_HEADER = "X-Voice-Instance";
/** Upgrades the request synchronously: nothing is awaited or checked before the 101 is on its way. */
export function openStream(request: Request, connection: Connection, deps: StreamDeps): Response {
  const facts = readFacts(request, connection, deps.config.publicUrl, true);
  const { subprotocols, userAgent, peerAddress: peer } = facts;
  deps.log("info", "stream.requested", { peer, userAgent, subprotocols });
  const stream = new CallerStream(facts, deps);
  const upgraded = connection.upgrade(chooseSubprotocol(subprotocols), { [INSTANCE_HEADER]: deps.instance }, stream.socket.listener);
  if (upgraded === undefined) {
    deps.log("warning", "stream.rejected", { peer, reason: "the request is not a WebSocket handshake" });
    return plainAnswer(426, "This URL is for WebSockets: Twilio's Media Streams.", { Upgrade: "websocket", Connection: "Upgrade" });
  }
  stream.waitForStart();
  return upgraded;
}

type Start = Extract<FromTwilio, { type: "start" }>;

type Stage =
  | { readonly at: "handshake" }
  | { readonly at: "pending"; readonly entry: PendingSocket; readonly signature: UpgradeSignature }
  /** While the driver takes the socket over. The driver may close it during that. */
  | { readonly at: "attaching"; closed?: readonly [code: number, reason: string] }
  | { readonly at: "attached"; readonly input: CallerInput; readonly read: (text: string) => FromTwilio | Bad }
  | { readonly at: "over" };

/** One socket of Twilio's, from the handshake to its close. */
class CallerStream implements CallerSocketEvents {
  readonly socket: CallerSocket;
  readonly #facts: RequestFacts;
  readonly #deps: StreamDeps;
  #stage: Stage = { at: "handshake" };
  /** What was wrong with the first message that could not be read, before `start`. */
  #firstBad: string | undefined;

  constructor(facts: RequestFacts, deps: StreamDeps) {
    this.#facts = facts;
    this.#deps = deps;
    this.socket = callerSocket(deps.clock, this);
  }

  waitForStart(): void {
    const { auth, pending, log } = this.#deps;
    const peer = this.#facts.peerAddress;
    const signature = auth.checkUpgradeSignature(this.#facts);
    const entry = pending.add(peer, signature === "valid", (reason) => this.#reject(reason));
    this.#stage = { at: "pending", entry, signature };
    log("info", "stream.accepted", { peer, signature });
    const reason = auth.checkPeer(this.#facts);
    if (reason !== undefined) this.#reject(reason);
  }

  onText(text: string, atMs: number): void {
    const stage = this.#stage;
    if (stage.at === "attached") stage.input.message(stage.read(text), atMs);
    if (stage.at !== "pending" || !this.#isWithinLimits(stage.entry, Buffer.byteLength(text))) return;
    const message = parseFromTwilio(text);
    if (isBad(message)) {
      if (eventOf(text) === "start") this.#reject(`start cannot be read: ${message.bad}`);
      else this.#firstBad ??= message.bad;
    } else if (message.type === "start") this.#onStart(stage, message);
  }

  onBinary(bytes: number): void {
    const stage = this.#stage;
    if (stage.at === "attached") stage.input.binary(bytes);
    if (stage.at === "pending") this.#isWithinLimits(stage.entry, bytes);
  }

  /** Counts a message before `start`, and rejects the socket when it is one too many. */
  #isWithinLimits(entry: PendingSocket, bytes: number): boolean {
    const reason = entry.countMessage(bytes);
    if (reason !== undefined) this.#reject(reason);
    return reason === undefined;
  }

  onClosed(code: number, reason: string): void {
    const stage = this.#stage;
    if (stage.at === "attaching") {
      stage.closed = [code, reason];
      return;
    }
    this.#stage = { at: "over" };
    if (stage.at === "attached") stage.input.closed(code, reason);
    if (stage.at !== "pending") return;
    stage.entry.remove();
    this.#deps.log("warning", "stream.rejected", {
      peer: this.#facts.peerAddress,
      reason: "the socket closed before start",
      code,
      bad: this.#firstBad,
    });
  }

  #onStart(stage: Extract<Stage, { at: "pending" }>, start: Start): void {
    const { callSid, streamSid } = start;
    const call = this.#findCall(stage.signature, start);
    if (typeof call === "string") {
      this.#reject(call, isSid("CA", callSid) ? callSid : undefined);
      return;
    }
    stage.entry.remove();
    this.#deps.log("info", "stream.started", { callSid, streamSid, peer: this.#facts.peerAddress });
    const attaching: Extract<Stage, { at: "attaching" }> = { at: "attaching" };
    this.#stage = attaching;
    this.#stage = { at: "attached", input: call.attach(this.socket.port, start), read: mediaReader(streamSid) };
    if (attaching.closed !== undefined) this.onClosed(...attaching.closed);
  }

  /** Authenticates `start`. Returns the call that the stream belongs to, or why it is rejected. */
  #findCall(signature: UpgradeSignature, start: Start): RegisteredCall | string {
    const { callSid, accountSid, streamSid, customParameters } = start;
    if (!isSid("CA", callSid) || !isSid("AC", accountSid) || !isSid("MZ", streamSid)) return "start has malformed SIDs";
    const known = this.#deps.calls.find(callSid);
    if (known !== undefined && known.identity.accountSid !== accountSid) return "the call belongs to another account";
    if (known?.end !== undefined) return "the call has ended";
    const reason = this.#deps.auth.checkStart({ callSid, accountSid }, customParameters[TOKEN_PARAMETER], signature);
    if (reason !== undefined) return reason;
    // A valid token for a call that is unknown here: another process with the same auth token answered the webhook, or
    // the TwiML is handwritten.
    const { from = "", to = "" } = customParameters;
    const call = known ?? this.#deps.calls.offer({ callSid, accountSid, from, to });
    return typeof call === "string" ? `new calls are refused: ${call}` : call;
  }

  #reject(reason: string, callSid?: string): void {
    const stage = this.#stage;
    if (stage.at !== "pending") return;
    this.#stage = { at: "over" };
    stage.entry.remove();
    this.#deps.log("warning", "stream.rejected", { callSid, peer: this.#facts.peerAddress, reason, bad: this.#firstBad });
    if (this.#deps.pending.mayClose()) this.socket.close(CLOSE_REJECTED, reason.slice(0, MAX_CLOSE_REASON));
    else this.socket.drop();
  }
}

/** The event of a message that could not be read. */
function eventOf(text: string): unknown {
  const message = parseJson(text);
  return isObject(message) ? message["event"] : undefined;
}
