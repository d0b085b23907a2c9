// A WebSocket client on a raw connection: the handshake as ordered and its answer unjudged, frames written and read by protocol/. Answers pings
// and closes; everything else is the far end's matter (simulators/twilio/telephone/stream.ts).
// Follows RFC 6455.

import type { Clock } from "../../call/ports.ts";
import type { HttpResponse } from "../../protocol/http/message.ts";
import { HttpResponseReader } from "../../protocol/http/message.ts";
import { encodeClose, encodeFrame, encodeText } from "../../protocol/websocket/frames.ts";
import { handshakeRequest } from "../../protocol/websocket/handshake.ts";
import type { WebSocketMessage } from "../../protocol/websocket/reader.ts";
import { WebSocketReader } from "../../protocol/websocket/reader.ts";
import type { TelephoneInput, TelephoneOutput } from "../twilio/telephone/inputs-outputs.ts";
import type { ConnectionFailure, RawConnection, TlsTrust } from "./raw-connection.ts";
import { openConnection } from "./raw-connection.ts";

/** Longest body of a refused handshake, and longest message, bytes. Over the latter: 1009. */
const maxRefusalBytes = 65_536;
const maxMessageBytes = 16_777_216;
/** How long a server may leave the connection open behind the close frames (RFC 6455, 7.1.1: it should close first). */
const lingerMs = 1_000;

type Dial = Extract<TelephoneOutput, { type: "socket.dial" }>;
type Told = Extract<TelephoneInput, { type: `socket.${string}` }>;
/** What a socket tells: an input but for its time and id. */
type Tell = (input: DistributiveOmit<Told, "atMs" | "id">) => void;
type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** What a socket needs of the world. */
export interface SocketEnvironment {
  readonly clock: Clock;
  readonly trust: TlsTrust;
  /** So many unforeseeable bytes: masks (section 5.3). */
  random(count: number): Uint8Array;
}

/** A WebSocket that was dialled. A class because a socket has identity. */
export class RawWebSocket {
  readonly #world: SocketEnvironment;
  readonly #tell: Tell;
  readonly #connection: RawConnection;
  readonly #handshake = new HttpResponseReader(maxRefusalBytes);
  readonly #frames = new WebSocketReader({ from: "server", maxMessageBytes });
  #stopWaiting: () => void;
  #state: "handshake" | "open" | "closing" | "over" = "handshake";

  /** Dials. `tell` hears socket.opened, socket.refused or socket.failed, then messages, and of an open one socket.closed or socket.broken last. */
  constructor(dial: Dial, world: SocketEnvironment, tell: Tell) {
    this.#world = world;
    this.#tell = tell;
    const { totalTimeoutMs } = dial;
    this.#stopWaiting = world.clock.after(totalTimeoutMs, () =>
      this.#fail({ failure: "totalTimeout", detail: `no answer to the handshake within ${totalTimeoutMs} ms` }),
    );
    this.#connection = openConnection(dial.url, dial.connectTimeoutMs, world.trust, world.clock, {
      opened: () => this.#connection.write(requestText(dial)),
      received: (bytes) => (this.#state === "handshake" ? this.#readHandshake(this.#handshake.push(bytes)) : this.#readFrames(bytes)),
      closed: (failure) => this.#lost(failure),
    });
  }

  /** Sends a text frame. */
  text(text: string): void {
    if (this.#state === "open") this.#connection.write(encodeText(text, this.#mask()));
  }

  /** Sends a binary frame. */
  binary(payload: Uint8Array): void {
    if (this.#state === "open") this.#connection.write(encodeFrame({ opcode: "binary", payload }, this.#mask()));
  }

  /** Sends a close frame and waits for the server's. */
  close(code: number, reason: string): void {
    if (this.#state !== "open") return;
    this.#state = "closing";
    this.#connection.write(encodeClose(code, reason, this.#mask()));
  }

  /** Reads nothing more of what the server sends. */
  stopReading(): void {
    this.#connection.stopReading();
  }

  /** Ends the connection without a close frame; nothing more is told. One that is closed in order already is left to end. */
  drop(): void {
    if (this.#state === "over") return;
    this.#state = "over";
    this.#stopWaiting();
    this.#connection.destroy();
  }

  #mask(): Uint8Array {
    return this.#world.random(4);
  }

  #readHandshake(result: HttpResponse | { readonly bad: string } | undefined): void {
    if (result === undefined || this.#state !== "handshake") return;
    this.#stopWaiting();
    const head = this.#handshake.head;
    if (!("bad" in result) && result.head.status === 101) {
      this.#state = "open";
      this.#tell({ type: "socket.opened", head: result.head });
      this.#readFrames(result.rest);
    } else if (head === undefined) {
      this.#fail({ failure: "protocol", detail: "bad" in result ? result.bad : "no head" });
    } else {
      // A refusal counts by its head; a body that is too long or cut off is left out.
      this.drop();
      this.#tell({ type: "socket.refused", head, body: "bad" in result ? new Uint8Array(0) : result.body });
    }
  }

  #readFrames(bytes: Uint8Array): void {
    for (const message of this.#frames.push(bytes)) {
      if (this.#state === "over" || this.#state === "handshake") return;
      this.#take(message);
    }
  }

  #take(message: WebSocketMessage): void {
    switch (message.type) {
      case "text":
        this.#tell({ type: "socket.text", text: message.text });
        break;
      case "binary":
        this.#tell({ type: "socket.binary", bytes: message.bytes.length });
        break;
      case "ping":
        this.#connection.write(encodeFrame({ opcode: "pong", payload: message.payload }, this.#mask()));
        this.#tell({ type: "socket.pinged" });
        break;
      case "pong":
        break;
      case "close":
        if (this.#state === "open") this.#connection.write(encodeClose(message.code, "", this.#mask()));
        this.#finish();
        // 1005 stands for a close frame without a code (section 7.1.5).
        this.#tell({ type: "socket.closed", code: message.code ?? 1005, reason: message.reason });
        break;
      case "broken":
        this.#connection.write(encodeClose(message.closeCode, "", this.#mask()));
        this.#finish();
        this.#tell({ type: "socket.broken", bad: message.bad });
        break;
    }
  }

  /** Nothing more is read; what is written still goes out. */
  #finish(): void {
    this.#state = "over";
    this.#connection.end();
    this.#stopWaiting = this.#world.clock.after(lingerMs, () => this.#connection.destroy());
  }

  #lost(failure: ConnectionFailure | undefined): void {
    if (this.#state === "over") {
      this.#stopWaiting();
    } else if (this.#state !== "handshake") {
      this.drop();
      this.#tell({ type: "socket.closed", code: 1006, reason: failure?.detail ?? "" });
    } else if (failure === undefined && this.#handshake.head !== undefined) {
      this.#readHandshake(this.#handshake.end());
    } else {
      this.#fail(failure ?? { failure: "closed", detail: "closed without an answer to the handshake" });
    }
  }

  #fail({ failure, detail }: ConnectionFailure): void {
    if (this.#state !== "handshake") return;
    this.drop();
    this.#tell({ type: "socket.failed", failure, detail });
  }
}

function requestText({ url, key, fields }: Dial): string {
  const { pathname, host, search } = new URL(url);
  return handshakeRequest({ path: `${pathname}${search}`, host, key, fields });
}
