// What stands in the gallery: a small voice server with one fault, or a healthy one that is odd. The servers are beside
// this file.

import type { Clock } from "../../../src/call/ports.ts";

/** A server that stands, and where its voice webhook is. */
export interface Standing {
  readonly url: string;
  stop(): void | Promise<void>;
}

/** What the gallery gives to its servers: one clock for all, which is the doctor's too. */
export interface Hall {
  readonly clock: Clock;
}

/** How the doctor is to be asked, where that is not `voice doctor URL`. */
export interface Asking {
  /** `--auth-token` */
  readonly authToken?: string;
  /** Path of the PEM file of `--ca`. */
  readonly ca?: string;
  /** `--method GET` */
  readonly method?: "POST" | "GET";
  /** `--calls` */
  readonly calls?: number;
  /** Names that the doctor's resolver knows beside the machine's: where they say they are. */
  readonly hosts?: Readonly<Record<string, string>>;
}

/** One server and what is the matter with it. */
export interface Exhibit {
  /** Unique: what it is, in words. */
  readonly name: string;
  /** The codes of which the doctor may name any, the best first. "healthy": it must find no error. */
  readonly causes: readonly [string, ...string[]];
  readonly asking?: Asking;
  /**
   * What Twilio's debugger shows of one plain call, where that is not the first cause's code: the doctor tries more
   * than Twilio does.
   */
  readonly debugger?: number | "nothing";
  /** Why it cannot stand here, and what to install; undefined: it can. */
  readonly missing?: () => string | undefined;
  open(hall: Hall): Promise<Standing>;
}

/** An exhibit of which Twilio's debugger shows something else than its first cause's code. */
export function shown(code: number | "nothing", exhibit: Exhibit): Exhibit {
  return { ...exhibit, debugger: code };
}

/** A WebSocket as a gallery server holds it. */
export interface StreamSocket {
  text(text: string): void;
  binary(bytes: Uint8Array): void;
  /** Writes bytes that need be no frame; on the first base only. */
  raw?(bytes: Uint8Array): void;
  ping(): void;
  close(code: number, reason: string): void;
  /** Ends the connection without a close frame, as a proxy does. */
  drop(): void;
  /** Ends every connection, and the port: the process has died. On the first base only. */
  die?(): void;
}

/** Told what happens on a socket. */
export interface StreamEar {
  text(text: string): void;
  closed(): void;
}

/** A request as it came. `ordinal`: 0 for the first of its kind to this server. */
export interface Asked {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly ordinal: number;
}

/** An answer over HTTP; the status is 200, the type text/xml, unless told. A header of "" is left out. */
export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * An answer that opens the socket; headers are the handshake's own unless told otherwise. A header of "" is left out.
 */
export interface Opened {
  readonly open: true;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Where a server stands: "127.0.0.1:4711". */
export interface Place {
  readonly host: string;
}

/** What one server does. Missing parts are as a healthy server's. */
export interface Plan {
  /** Answers everything that is no handshake. */
  readonly webhook?: (asked: Asked, place: Place) => Answer | Promise<Answer>;
  /** Answers a handshake. "silence": never. "drop": by closing the connection. "die": as {@link StreamSocket.die}. */
  readonly handshake?: (asked: Asked) => Answer | Opened | "silence" | "drop" | "die" | Promise<Answer | Opened>;
  /** Takes a socket that is open. `ordinal`: 0 for the first. */
  readonly stream: (socket: StreamSocket, ordinal: number) => StreamEar;
  /** Leaves a close frame unanswered, on the first base. */
  readonly ignoresClose?: boolean;
}
