// The caller leg's way in: the upgrade at once, then the waiting room, then, at `start`, the door; from there on the call's driver has the socket.
// Follows https://www.twilio.com/docs/voice/media-streams/websocket-messages

import { Buffer } from "node:buffer";
import { type CallerSocket, callerSocket } from "../../adapters/caller-socket.ts";
import type { Clock, Log } from "../../call/ports.ts";
import type { Config } from "../../config/config.ts";
import type { Connection } from "../../platform/seam.ts";
import { isBad } from "../../protocol/bad.ts";
import { type FromTwilio, parseFromTwilio } from "../../protocol/media-streams/media-streams.ts";
import { TOKEN_PARAMETER } from "../../protocol/twiml/twiml.ts";
import { chooseSubprotocol } from "../../protocol/websocket/subprotocol.ts";
import type { Door, UpgradeSignature } from "../auth/authenticator.ts";
import type { CallerInput } from "../calls/call-driver.ts";
import type { Calls, RunningCall } from "../calls/call-registry.ts";
import { plainAnswer } from "../http/answers.ts";
import { type RequestFacts, readFacts } from "../http/request-facts.ts";
import type { Place, WaitingRoom } from "./pending-sockets.ts";

/** What the streams need. */
export interface MediaDeps {
  readonly config: Pick<Config, "publicUrl">;
  readonly door: Door;
  readonly calls: Calls;
  readonly room: WaitingRoom;
  /** As /healthz has it. */
  readonly instance: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Longest WebSocket message taken, bytes; Twilio's media messages have about 400. */
export const MAX_MESSAGE_BYTES = 65_536;
/** Policy violation: RFC 6455 section 7.4.1. */
const CLOSE_REFUSED = 1008;
/** Header of the 101 that names this start of the process. No document of Twilio's: a client of RFC 6455 passes over headers it does not know. */
export const INSTANCE_HEADER = "X-Voice-Instance";
/** CallSid, AccountSid and StreamSid are two letters and 32 hex digits: https://www.twilio.com/docs/glossary/what-is-a-sid */
const sidPattern = /^[A-Za-z0-9]{1,64}$/;

/** Makes a WebSocket of the request, at once: nothing is awaited, and nothing judged, before the 101 is on its way. */
export function openStream(request: Request, connection: Connection, deps: MediaDeps): Response {
  const facts = readFacts(request, connection, deps.config.publicUrl, true);
  const { subprotocols, userAgent, peerAddress: peer } = facts;
  deps.log("info", "stream.requested", { peer, userAgent, subprotocols });
  const stream = new CallerStream(facts, deps);
  const upgraded = connection.upgrade(chooseSubprotocol(subprotocols), { [INSTANCE_HEADER]: deps.instance }, stream.socket.listener);
  if (upgraded === undefined) {
    deps.log("warning", "stream.refused", { peer, why: "it is no WebSocket handshake" });
    return plainAnswer(426, "This is for WebSockets: Twilio's Media Streams.", { Upgrade: "websocket", Connection: "Upgrade" });
  }
  stream.wait();
  return upgraded;
}

type Start = Extract<FromTwilio, { type: "start" }>;

type Stage =
  | { readonly at: "handshake" }
  | { readonly at: "waiting"; readonly place: Place; readonly signature: UpgradeSignature }
  /** While the driver takes it over; it may close it there and then. */
  | { readonly at: "attaching"; closed?: readonly [code: number, reason: string] }
  | { readonly at: "attached"; readonly input: CallerInput }
  | { readonly at: "over" };

/** One socket of Twilio's, from the handshake to its close. */
class CallerStream {
  readonly socket: CallerSocket;
  readonly #facts: RequestFacts;
  readonly #deps: MediaDeps;
  #stage: Stage = { at: "handshake" };

  constructor(facts: RequestFacts, deps: MediaDeps) {
    this.#facts = facts;
    this.#deps = deps;
    this.socket = callerSocket(deps.clock, {
      onText: (text) => this.#takeText(text),
      onBinary: (bytes) => this.#takeBinary(bytes),
      onClosed: (code, reason) => this.#takeClose(code, reason),
    });
  }

  /** The 101 is on its way: it waits for its `start`. */
  wait(): void {
    const { door, room, log } = this.#deps;
    const peer = this.#facts.peerAddress;
    const place = room.enter(peer, (why) => this.#refuse(why));
    const signature = door.judgeUpgrade(this.#facts);
    this.#stage = { at: "waiting", place, signature };
    log("info", "stream.accepted", { peer, signature });
    const stranger = door.judgeSocket(this.#facts);
    if (stranger !== undefined) this.#refuse(stranger);
  }

  #takeText(text: string): void {
    const stage = this.#stage;
    if (stage.at === "attached") stage.input.message(parseFromTwilio(text));
    if (stage.at !== "waiting" || !this.#mayGoOn(stage.place, Buffer.byteLength(text))) return;
    const message = parseFromTwilio(text);
    if (!isBad(message) && message.type === "start") this.#takeStart(stage, message);
  }

  #takeBinary(bytes: number): void {
    const stage = this.#stage;
    if (stage.at === "attached") stage.input.binary(bytes);
    if (stage.at === "waiting") this.#mayGoOn(stage.place, bytes);
  }

  /** Counts a message before `start`; with one too many the socket is refused. */
  #mayGoOn(place: Place, bytes: number): boolean {
    const why = place.count(bytes);
    if (why !== undefined) this.#refuse(why);
    return why === undefined;
  }

  #takeClose(code: number, reason: string): void {
    const stage = this.#stage;
    if (stage.at === "attaching") {
      stage.closed = [code, reason];
      return;
    }
    this.#stage = { at: "over" };
    if (stage.at === "attached") stage.input.closed(code, reason);
    if (stage.at !== "waiting") return;
    stage.place.leave();
    this.#deps.log("warning", "stream.refused", { peer: this.#facts.peerAddress, why: "it closed before start", code });
  }

  #takeStart(stage: Extract<Stage, { at: "waiting" }>, start: Start): void {
    const { callSid, streamSid } = start;
    const call = this.#admit(stage.signature, start);
    if (typeof call === "string") {
      this.#refuse(call, sidPattern.test(callSid) ? callSid : undefined);
      return;
    }
    stage.place.leave();
    this.#deps.log("info", "stream.started", { callSid, streamSid, peer: this.#facts.peerAddress });
    const attaching: Extract<Stage, { at: "attaching" }> = { at: "attaching" };
    this.#stage = attaching;
    this.#stage = { at: "attached", input: call.attach(this.socket.port, start) };
    if (attaching.closed !== undefined) this.#takeClose(...attaching.closed);
  }

  /** The call that the stream belongs to, or why it belongs to none. */
  #admit(signature: UpgradeSignature, start: Start): RunningCall | string {
    const { callSid, accountSid, streamSid, customParameters } = start;
    if (![callSid, accountSid, streamSid].every((sid) => sidPattern.test(sid))) return "start has no proper SIDs";
    const known = this.#deps.calls.find(callSid);
    if (known !== undefined && known.identity.accountSid !== accountSid) return "the call is of another account";
    if (known?.end !== undefined) return "the call has ended";
    const why = this.#deps.door.judgeStart({ callSid, accountSid }, customParameters[TOKEN_PARAMETER], signature);
    if (why !== undefined) return why;
    // Unknown here, and yet let in: another process of this installation answered the webhook, or the TwiML was written by hand.
    const { from = "", to = "" } = customParameters;
    const call = known ?? this.#deps.calls.offer({ callSid, accountSid, from, to });
    return typeof call === "string" ? `no new call is taken: ${call}` : call;
  }

  #refuse(why: string, callSid?: string): void {
    const stage = this.#stage;
    if (stage.at !== "waiting") return;
    this.#stage = { at: "over" };
    stage.place.leave();
    this.#deps.log("warning", "stream.refused", { callSid, peer: this.#facts.peerAddress, why });
    this.socket.close(CLOSE_REFUSED, why);
  }
}
