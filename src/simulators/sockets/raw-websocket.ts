// A WebSocket client on a raw connection. It sends the handshake as given and reports the answer unchecked, reads and
// writes frames, and answers pings and closes. What Twilio makes of it all is decided in
// simulators/twilio/telephone/stream.ts.
// Follows RFC 6455.

import type { Clock } from "../../call/ports.ts";
import type { HttpHead, HttpResponse } from "../../protocol/http/message.ts";
import { HttpResponseReader } from "../../protocol/http/message.ts";
import { encodeClose, encodeFrame, encodeText } from "../../protocol/websocket/frames.ts";
import { formatHandshakeRequest } from "../../protocol/websocket/handshake.ts";
import type { WebSocketMessage } from "../../protocol/websocket/reader.ts";
import { WebSocketReader } from "../../protocol/websocket/reader.ts";
import type { StreamViolation, TelephoneInput, TelephoneOutput } from "../twilio/telephone/inputs-outputs.ts";
import { InboundAllowance } from "./inbound-allowance.ts";
import type { ConnectionFailure, RawConnection, TlsTrust } from "./raw-connection.ts";
import { openConnection } from "./raw-connection.ts";

/** The longest body kept of a rejected handshake. */
const maxRejectionBytes = 65_536;
/** How long the body of a rejected handshake may take: the head has decided. */
const MAX_REJECTION_MS = 2_000;
/** A longer message closes the socket with 1009. Five minutes of audio take 3.2 MB, in base64. */
export const MAX_MESSAGE_BYTES = 4_194_304;
/** How long a server may leave the connection open after the close frames (RFC 6455, 7.1.1: it should close first). */
const lingerMs = 1_000;

type Dial = Extract<TelephoneOutput, { type: "socket.dial" }>;
/** Receives what happened on the socket: a {@link TelephoneInput} without time and id. */
type Report = (input: DistributiveOmit<Extract<TelephoneInput, { type: `socket.${string}` }>, "atMs" | "id">) => void;
type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

export interface SocketEnvironment {
  readonly clock: Clock;
  readonly trust: TlsTrust;
  /** Returns `count` unpredictable bytes, for masks (section 5.3). */
  random(count: number): Uint8Array;
}

/** The client side of one WebSocket. A class because a socket has identity. */
export class RawWebSocket {
  readonly #environment: SocketEnvironment;
  readonly #report: Report;
  readonly #connection: RawConnection;
  readonly #handshake = new HttpResponseReader(maxRejectionBytes);
  readonly #frames = new WebSocketReader({ from: "server", maxMessageBytes: MAX_MESSAGE_BYTES });
  #allowance = new InboundAllowance(0);
  #stopTimer: () => void;
  #state: "handshake" | "open" | "closing" | "ended" = "handshake";
  #gotBytes = false;
  #hasRejectionTimer = false;

  /**
   * Dials. `report` receives socket.opened, socket.rejected or socket.failed. After socket.opened it receives the
   * messages, and socket.closed or socket.broken last.
   */
  constructor(dial: Dial, environment: SocketEnvironment, report: Report) {
    this.#environment = environment;
    this.#report = report;
    const { totalTimeoutMs } = dial;
    this.#stopTimer = environment.clock.after(totalTimeoutMs, () =>
      this.#fail({ failure: "totalTimeout", detail: `no answer to the handshake within ${totalTimeoutMs} ms` }),
    );
    this.#connection = openConnection(dial.url, dial.connectTimeoutMs, environment.trust, environment.clock, {
      opened: () => this.#connection.write(requestText(dial)),
      received: (bytes) => this.#receive(bytes),
      closed: (failure) => this.#onConnectionClosed(failure),
    });
  }

  text(text: string): void {
    if (this.#state === "open") this.#connection.write(encodeText(text, this.#mask()));
  }

  binary(payload: Uint8Array): void {
    if (this.#state === "open") this.#connection.write(encodeFrame({ opcode: "binary", payload }, this.#mask()));
  }

  /** Sends a ping. socket.ponged follows when the server answers it. */
  ping(): void {
    if (this.#state === "open") this.#connection.write(encodeFrame({ opcode: "ping", payload: new Uint8Array(0) }, this.#mask()));
  }

  /** Sends a close frame. socket.closed follows when the server answers it. */
  close(code: number, reason: string): void {
    if (this.#state !== "open") return;
    this.#state = "closing";
    this.#connection.write(encodeClose(code, reason, this.#mask()));
  }

  stopReading(): void {
    this.#connection.stopReading();
  }

  /** Ends the connection without a close frame and without a report. Does nothing once the socket has closed. */
  drop(): void {
    if (this.#state === "ended") return;
    this.#state = "ended";
    this.#stopTimer();
    this.#connection.destroy();
  }

  #mask(): Uint8Array {
    return this.#environment.random(4);
  }

  #receive(bytes: Uint8Array): void {
    this.#gotBytes = true;
    if (this.#state === "handshake") this.#readHandshake(this.#handshake.push(bytes));
    else if (this.#state !== "ended") this.#readFrames(bytes);
  }

  #readHandshake(result: HttpResponse | { readonly bad: string } | undefined): void {
    if (this.#state !== "handshake") return;
    const head = this.#handshake.head;
    if (result === undefined) {
      if (head !== undefined) this.#limitRejection(head);
      return;
    }
    this.#stopTimer();
    if (!("bad" in result) && result.head.status === 101) {
      this.#state = "open";
      this.#allowance = new InboundAllowance(this.#environment.clock.nowMs());
      this.#report({ type: "socket.opened", head: result.head });
      this.#readFrames(result.rest);
    } else if (head === undefined) {
      this.#fail({ failure: "protocol", detail: "bad" in result ? result.bad : "no head" });
    } else {
      // The head decides. A body that is too long or cut off is left out.
      this.drop();
      this.#report({ type: "socket.rejected", head, body: "bad" in result ? new Uint8Array(0) : result.body });
    }
  }

  /** Called for each piece of a rejection: the first one starts the timer. */
  #limitRejection(head: HttpHead): void {
    if (this.#hasRejectionTimer) return;
    this.#hasRejectionTimer = true;
    const stopTotalTimer = this.#stopTimer;
    const stopTimer = this.#environment.clock.after(MAX_REJECTION_MS, () => {
      this.drop();
      this.#report({ type: "socket.rejected", head, body: new Uint8Array(0) });
    });
    this.#stopTimer = () => {
      stopTotalTimer();
      stopTimer();
    };
  }

  #readFrames(bytes: Uint8Array): void {
    const messages = this.#frames.push(bytes);
    const excess = this.#allowance.excess(bytes.length, this.#frames.frames, this.#environment.clock.nowMs());
    if (excess !== undefined) {
      this.#break({ bad: excess, closeCode: 1008, violation: "flood" });
      return;
    }
    for (const message of messages) {
      if (this.#state === "ended" || this.#state === "handshake") return;
      this.#onMessage(message);
    }
  }

  #onMessage(message: WebSocketMessage): void {
    switch (message.type) {
      case "text":
        this.#report({ type: "socket.text", text: message.text });
        break;
      case "binary":
        this.#report({ type: "socket.binary", bytes: message.bytes.length });
        break;
      case "ping":
        this.#connection.write(encodeFrame({ opcode: "pong", payload: message.payload }, this.#mask()));
        this.#report({ type: "socket.pinged" });
        break;
      case "pong":
        this.#report({ type: "socket.ponged" });
        break;
      case "close":
        if (this.#state === "open") this.#connection.write(encodeClose(message.code, "", this.#mask()));
        this.#endConnection();
        // 1005 means a close frame without a code (section 7.1.5).
        this.#report({ type: "socket.closed", code: message.code ?? 1005, reason: message.reason });
        break;
      case "broken":
        this.#break({ ...message, violation: message.violation === "length" ? "flood" : message.violation });
        break;
    }
  }

  /** Ends the stream because of what the server sent, of which no more is read. */
  #break({ bad, closeCode, violation }: { readonly bad: string; readonly closeCode: number; readonly violation: StreamViolation }): void {
    this.#connection.write(encodeClose(closeCode, "", this.#mask()));
    this.#connection.stopReading();
    this.#endConnection();
    this.#report({ type: "socket.broken", bad, violation });
  }

  /** Stops reading. What was written is still sent. */
  #endConnection(): void {
    this.#state = "ended";
    this.#connection.end();
    this.#stopTimer = this.#environment.clock.after(lingerMs, () => this.#connection.destroy());
  }

  #onConnectionClosed(failure: ConnectionFailure | undefined): void {
    if (this.#state === "ended") {
      this.#stopTimer();
    } else if (this.#state !== "handshake") {
      this.drop();
      this.#report({ type: "socket.closed", code: 1006, reason: failure?.detail ?? "" });
    } else if (failure === undefined && this.#gotBytes) {
      this.#readHandshake(this.#handshake.end());
    } else {
      this.#fail(failure ?? { failure: "closed", detail: "closed without an answer to the handshake" });
    }
  }

  #fail({ failure, detail }: ConnectionFailure): void {
    if (this.#state !== "handshake") return;
    this.drop();
    this.#report({ type: "socket.failed", failure, detail });
  }
}

function requestText({ url, key, fields }: Dial): string {
  const { pathname, host, search } = new URL(url);
  return formatHandshakeRequest({ path: `${pathname}${search}`, host, key, fields });
}
