// The signs that an answer is not the app's own: types. The table is in the files beside this one, and
// who-answered.ts looks answers up in it.

/**
 * What is between Twilio and the app, or in the app before its own code.
 * - `blocked`: a firewall, bot check or rate limit. `login`: a login. `host`: a check of the Host header.
 * - `csrf`: a CSRF check. `tunnel`: a tunnel whose other end is not connected.
 * - `no-app`: a platform without such an app, or with a stopped one.
 * - `gateway`: a proxy that gets no answer from the app.
 * - `crashed`: the platform says that the app's code failed.
 * - `path`, `method`: a server or router that has no such path, or serves it as a file.
 * - `default-page`: a web server's welcome page. `https-port`: plain HTTP was sent to a port that speaks TLS.
 */
export type FrontKind =
  | ("blocked" | "login" | "host" | "csrf" | "tunnel" | "no-app")
  | ("gateway" | "crashed" | "path" | "method" | "default-page" | "https-port");

/** A sign in an answer. All parts that are given must hold. */
export interface Mark {
  readonly kind: FrontKind;
  readonly status?: readonly number[];
  readonly header?: readonly [name: string, value: RegExp];
  /** Searched in the beginning of the body, as Latin-1. */
  readonly body?: RegExp;
  /** Follows the platform's name: "challenges the request as a bot". */
  readonly says: string;
  /** The setting there that fixes it, in the imperative. */
  readonly fix: string;
}

/** A platform's marks, the most specific first. */
export interface PlatformMarks {
  readonly name: string;
  /** A public page that documents the marks or the errors. */
  readonly source: string;
  readonly marks: readonly Mark[];
}

/** An answer without a body. */
export const EMPTY = /^\s*$/;
/** What proxies answer when the app does not. */
export const GATEWAY = [502, 503, 504] as const;
