// One HTTP request with limits: time, size, no redirects, and no private addresses. A name is looked up once, and the
// connection goes to the address that was checked: a second look-up could give another (DNS rebinding). A proxy of the
// environment is not used: it would look the name up itself.

import { type LookupAddress, lookup } from "node:dns";
import http from "node:http";
import https from "node:https";
import { isPublicAddress } from "../../protocol/http/public-address.ts";

export interface GuardedRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** More of the answer is not read. */
  readonly maxBytes: number;
  /** Hosts that may be private, as `host` or `host:port`. */
  readonly privateHosts: readonly string[];
  /** Ends the request: its time is over, or the call. */
  readonly signal: AbortSignal;
}

export interface GuardedAnswer {
  readonly status: number;
  readonly bytes: Uint8Array;
  /** The answer is longer than `maxBytes`. */
  readonly cut: boolean;
}

/** Looks up all addresses of a name; with an error there are none, not even a list. Replaced in tests. */
export type LookUp = (name: string, options: { readonly all: true }, done: (error: Error | null, found: LookupAddress[]) => void) => void;

/** The host is private, and not in `privateHosts`. */
export class PrivateAddressError extends Error {
  constructor(host: string) {
    super(`${host} is a private address`);
    this.name = "PrivateAddressError"; // set here: minifying renames classes
  }
}

/** Rejects with a {@link PrivateAddressError}, with the signal's reason, or with the runtime's error. */
export function guardedRequest(request: GuardedRequest, lookUp: LookUp = lookup): Promise<GuardedAnswer> {
  const { url, method, headers, body, maxBytes, signal } = request;
  const mayBePrivate = isAllowed(url, request.privateHosts);
  const literal = url.hostname.replace(/^\[(.*)\]$/, "$1");
  return new Promise((resolve, reject) => {
    if (!mayBePrivate && isAddress(literal) && !isPublicAddress(literal)) throw new PrivateAddressError(url.hostname);
    const client = url.protocol === "https:" ? https : http;
    const sent = client.request(url, {
      method,
      headers,
      agent: new client.Agent({ keepAlive: false, proxyEnv: {} }), // Deno and Node take the environment's proxy otherwise
      signal,
      lookup: (name, _, done) => lookUp(name, { all: true }, (error, found) => pin(name, mayBePrivate, error, found, done)),
    });
    sent.on("error", reject);
    // Without a listener the connection of a 101 is closed, and neither "response" nor "error" comes.
    sent.on("close", () => reject(new Error("the connection was closed without an answer")));
    sent.on("response", (response) => {
      const chunks: Uint8Array[] = [];
      let length = 0;
      const finish = (cut: boolean): void => {
        const bytes = new Uint8Array(Buffer.concat(chunks).subarray(0, maxBytes));
        resolve({ status: response.statusCode ?? 0, bytes, cut });
        sent.destroy();
      };
      response.on("data", (chunk: Uint8Array) => {
        chunks.push(chunk);
        length += chunk.length;
        if (length > maxBytes) finish(true);
      });
      response.on("end", () => finish(false));
      response.on("error", reject);
      response.on("aborted", () => reject(new Error("the connection broke in the middle of the answer")));
    });
    sent.end(body);
  });
}

type PinDone = (error: NodeJS.ErrnoException | null, address: LookupAddress[], family?: number) => void;

/** Passes on the addresses that may be connected to. The types of node:dns and node:http differ in `done`. */
function pin(name: string, mayBePrivate: boolean, error: Error | null, found: LookupAddress[], done: (...args: never[]) => void): void {
  const answer = done as unknown as PinDone;
  const usable = error ? [] : found.filter(({ address }) => mayBePrivate || isPublicAddress(address));
  if (error) answer(error, []);
  else if (usable.length === 0) answer(new PrivateAddressError(name), []);
  else answer(null, usable);
}

function isAddress(host: string): boolean {
  return host.includes(":") || /^\d+(\.\d+){3}$/.test(host);
}

/** By host, or by host and port. URL has one spelling for each host: 127.0.0.1 for 2130706433 and 0x7f.1. */
function isAllowed({ host, hostname, port, protocol }: URL, privateHosts: readonly string[]): boolean {
  const withPort = port === "" ? `${hostname}:${protocol === "https:" ? 443 : 80}` : host;
  return privateHosts.some((one) => one === hostname || one === withPort);
}
