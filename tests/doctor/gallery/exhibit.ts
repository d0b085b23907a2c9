// What the gallery shows: small voice servers, each with one fault, and healthy ones that look unusual. The servers are
// in the files beside this one.

import type { Clock } from "../../../src/call/ports.ts";

export interface RunningServer {
  /** Of its voice webhook, or the telephone number of an exhibit with `isNumber`. */
  readonly url: string;
  /** Origin of a stub of Twilio's REST API, which knows the number. */
  readonly twilioUrl?: string;
  stop(): void | Promise<void>;
}

/** What servers and doctor share: one clock. */
export interface GalleryWorld {
  readonly clock: Clock;
}

/** The doctor's flags for an exhibit. */
export interface DoctorFlags {
  readonly authToken?: string;
  /** Path of a PEM file. */
  readonly ca?: string;
  readonly method?: "POST" | "GET";
  readonly calls?: number;
  readonly patient?: boolean;
}

export interface Exhibit {
  /** Unique: what is wrong, or unusual, in words. */
  readonly name: string;
  /** The code that the doctor names. "healthy": no error, and no warning but those listed. */
  readonly cause: string;
  /** Ids of the checks that warn about a healthy server. */
  readonly warnings?: readonly string[];
  /** Every cause that a check names, at whatever level: these and no others. Missing: not looked at. */
  readonly names?: readonly string[];
  readonly flags?: DoctorFlags;
  /** What Twilio's console shows for one plain call, where that is not the first cause's error. */
  readonly twilioError?: number | "nothing";
  /** The doctor gets a number, and no server is called. */
  readonly isNumber?: boolean;
  /** The stream's URL is a host of others. The doctor does not dial it, so only the doctor is shown this server. */
  readonly leadsElsewhere?: boolean;
  /** What to install to run it; undefined: it can run. */
  readonly missing?: () => string | undefined;
  open(world: GalleryWorld): Promise<RunningServer>;
}

/** An exhibit for which Twilio's console shows another error than its first cause's. */
export function withTwilioError(code: number | "nothing", exhibit: Exhibit): Exhibit {
  return { ...exhibit, twilioError: code };
}

/** The server's side of a stream. */
export interface StreamSocket {
  text(text: string): void;
  binary(bytes: Uint8Array): void;
  /** Writes bytes that need not be a frame. Only on node:http. */
  raw?(bytes: Uint8Array): void;
  ping(): void;
  close(code: number, reason: string): void;
  /** Ends the connection without a close frame, as a proxy does. */
  drop(): void;
  /** Ends every connection and closes the port, as a crash does. Only on node:http. */
  die?(): void;
}

/** Receives what happens on a stream. */
export interface StreamListener {
  text(text: string): void;
  closed(): void;
}

export interface ServerRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** 0 for the first request of its kind to this server. */
  readonly ordinal: number;
}

/** An HTTP answer. Defaults: status 200, text/xml. A header of "" is left out. */
export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** A 101. `headers` override the handshake's own; a header of "" is left out. */
export interface UpgradeAnswer {
  readonly open: true;
  /** Default "1.1". */
  readonly httpVersion?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ServerAddress {
  /** "127.0.0.1:4711" */
  readonly host: string;
}

/** What one server does. Missing parts are those of a healthy server. */
export interface ServerPlan {
  /** Answers every request that is not a handshake. */
  readonly webhook?: (request: ServerRequest, address: ServerAddress) => Answer | Promise<Answer>;
  /** Answers a handshake. "silence": never. "drop": closes the connection. "die": as {@link StreamSocket.die}. */
  readonly handshake?: (request: ServerRequest) => Answer | UpgradeAnswer | "silence" | "drop" | "die" | Promise<Answer | UpgradeAnswer>;
  /** Handles an open stream. `ordinal`: 0 for the first. */
  readonly stream: (socket: StreamSocket, ordinal: number) => StreamListener;
  /** Leaves a close frame unanswered. Only on node:http. */
  readonly ignoresClose?: boolean;
  /** Leaves pings unanswered, as a server whose loop is blocked. Only on node:http. */
  readonly ignoresPings?: boolean;
}
