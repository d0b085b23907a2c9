// Dialled WebSockets under Bun, on its own client: Bun's ws copies each message into a buffer first, and costs a bare
// relay 15 to 30 % more CPU. But Bun's client hides why a dial failed, and the response to a refused handshake. So a
// dial that fails is repeated with ws (dial.ts), which reports everything, and whose connection is used if it opens.

import { type DialListener, type DialledSocket, MAX_MESSAGE_BYTES, type Platform } from "./seam.ts";

/** RFC 6455 7.4.1: broken without a close frame. */
const BROKEN = 1006;

export const dialBun: Platform["dial"] = (url, headers, listener) => new BunSocket(url, headers, listener);

/** A class because it holds a socket, and another one after a failure. */
class BunSocket implements DialledSocket {
  readonly #listener: DialListener;
  #socket: WebSocket | undefined;
  /** The repeated dial. */
  #repeated: DialledSocket | undefined;
  #isOpen = false;
  #isGivenUp = false;
  #failure: string | undefined;

  constructor(url: string, headers: Readonly<Record<string, string>>, listener: DialListener) {
    this.#listener = listener;
    try {
      this.#socket = new WebSocket(url, { headers: { ...headers }, perMessageDeflate: false });
    } catch {
      this.#repeat(url, headers);
      return;
    }
    this.#socket.onopen = () => {
      this.#isOpen = true;
      listener.opened();
    };
    this.#socket.onmessage = ({ data }) => this.#onMessage(data);
    this.#socket.onerror = (event) => {
      this.#failure ??= "message" in event ? String(event.message) : undefined;
    };
    this.#socket.onclose = ({ code, reason }) => {
      if (this.#isOpen || this.#isGivenUp) this.#closed(code, reason);
      else this.#repeat(url, headers);
    };
  }

  /** Loads ws only now: a start would take 1 ms longer, and most processes never need it. */
  #repeat(url: string, headers: Readonly<Record<string, string>>): void {
    import("./dial.ts")
      .then(({ dialSocket }) => {
        if (this.#isGivenUp) this.#closed(BROKEN, "");
        else this.#repeated = dialSocket(url, headers, this.#listener);
      })
      .catch((error: unknown) => {
        this.#failure = String(error);
        this.#closed(BROKEN, "");
      });
  }

  sendText(text: string): void {
    if (this.#repeated !== undefined) this.#repeated.sendText(text);
    else if (this.#isOpen) this.#socket?.send(text);
  }

  close(code: number, reason: string): void {
    this.#isGivenUp = true;
    if (this.#repeated !== undefined) this.#repeated.close(code, reason);
    else if (this.#isOpen) this.#socket?.close(code, reason);
    else this.#socket?.terminate();
  }

  terminate(): void {
    this.#isGivenUp = true;
    if (this.#repeated !== undefined) this.#repeated.terminate();
    else this.#socket?.terminate();
  }

  bufferedBytes(): number {
    return this.#repeated?.bufferedBytes() ?? this.#socket?.bufferedAmount ?? 0;
  }

  /** Bun's client has no limit for a message, so one that is too long has already been read. */
  #onMessage(data: unknown): void {
    if (typeof data !== "string") return;
    if (data.length <= MAX_MESSAGE_BYTES) this.#listener.text(data);
    else {
      this.#failure = "Max payload size exceeded";
      this.terminate();
    }
  }

  #closed(code: number, reason: string): void {
    // Without a close frame there is no reason.
    this.#listener.closed({ code, reason: code === BROKEN ? "" : reason, httpStatus: undefined, failure: this.#failure });
  }
}
