// One TCP or TLS connection on node:net and node:tls, which every runtime has, with a connect timeout and classified
// failures. It carries bytes and knows no protocol.

import { connect as connectTcp, isIP } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Clock } from "../../call/ports.ts";
import type { NetworkFailure } from "../twilio/webhook-answer.ts";

export interface TlsTrust {
  /** PEM certificates to trust instead of the runtime's. */
  readonly ca?: string;
  /** Accept any certificate. Twilio never does. */
  readonly insecure?: boolean;
}

/** The options of node:tls for a {@link TlsTrust}. */
export function tlsOptions({ ca }: TlsTrust): { readonly ca?: string } {
  return ca === undefined ? {} : { ca };
}

/** Why a connection ended or never opened. */
export interface ConnectionFailure {
  readonly failure: NetworkFailure;
  readonly detail: string;
}

export interface ConnectionListener {
  opened(): void;
  received(bytes: Uint8Array): void;
  /** Called once, last. Undefined: the server closed normally. Not called after `destroy`. */
  closed(failure: ConnectionFailure | undefined): void;
}

/** Calls after the end of the connection do nothing. */
export interface RawConnection {
  write(bytes: Uint8Array | string): void;
  /** Sends what was written, then closes our side. */
  end(): void;
  /** Ends it at once, without calling the listener. */
  destroy(): void;
  /** Stops reading: incoming bytes fill the buffers of both sides. */
  stopReading(): void;
}

/** Connects to the host of an http, https, ws or wss URL. `timeoutMs` covers TCP and TLS together. */
export function openConnection(url: string, timeoutMs: number, trust: TlsTrust, clock: Clock, listener: ConnectionListener): RawConnection {
  const { hostname, port, protocol } = new URL(url);
  const isSecure = protocol === "https:" || protocol === "wss:";
  const host = hostname.replace(/^\[|\]$/g, "");
  const address = { host, port: port === "" ? (isSecure ? 443 : 80) : Number(port) };
  const trusted = { rejectUnauthorized: trust.insecure !== true, ...tlsOptions(trust) };
  // SNI carries host names only (RFC 6066, 3). HTTP/1.1 only, as Twilio.
  const tls = { ...trusted, ALPNProtocols: ["http/1.1"], ...(isIP(host) === 0 ? { servername: host } : {}) };
  const socket = isSecure ? connectTls({ ...address, ...tls }) : connectTcp(address);
  let state: "connecting" | "open" | "ended" = "connecting";
  const stopTimer = clock.after(timeoutMs, () => finish({ failure: "connectTimeout", detail: `no connection within ${timeoutMs} ms` }));
  const finish = (failure: ConnectionFailure | undefined): void => {
    if (state === "ended") return;
    state = "ended";
    stopTimer();
    socket.destroy();
    listener.closed(failure);
  };
  socket.setNoDelay(true);
  socket.on(isSecure ? "secureConnect" : "connect", () => {
    if (state !== "connecting") return;
    state = "open";
    stopTimer();
    listener.opened();
  });
  socket.on("data", (bytes: Uint8Array) => {
    if (state === "open") listener.received(new Uint8Array(bytes));
  });
  socket.on("end", () =>
    finish(state === "open" ? undefined : { failure: isSecure ? "tls" : "closed", detail: "closed while connecting" }),
  );
  socket.on("close", () =>
    finish(state === "open" ? undefined : { failure: isSecure ? "tls" : "closed", detail: "closed while connecting" }),
  );
  socket.on("error", (error: NodeJS.ErrnoException) => finish(classifyFailure(error, state === "open")));
  return {
    write: (bytes) => {
      if (state === "open") socket.write(bytes);
    },
    end: () => {
      if (state === "open") socket.end();
    },
    stopReading: () => void socket.pause(),
    destroy: () => {
      state = "ended";
      stopTimer();
      socket.destroy();
    },
  };
}

/**
 * Patterns of the runtimes' errors: Node's codes, which Bun and Deno share, or their TLS libraries' messages. The first
 * match counts.
 */
const failures: readonly (readonly [RegExp, NetworkFailure])[] = [
  [/ENOTFOUND|EAI_|dns error|failed to lookup/i, "dns"],
  [/ECONNREFUSED/i, "refused"],
  [/ENETUNREACH|EHOSTUNREACH|EADDRNOTAVAIL/i, "unreachable"],
  [/ETIMEDOUT/i, "connectTimeout"],
  [/ALTNAME_INVALID|HOSTNAME_MISMATCH|NotValidForName|not valid for name/i, "certificateName"],
  [/CERT_HAS_EXPIRED|CERT_NOT_YET_VALID|certificate.*expired/i, "certificateExpired"],
  [/SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET)|CERT_UNTRUSTED|UnknownIssuer|self.signed/i, "certificateChain"],
  [/ECONNRESET|EPIPE|ECONNABORTED/i, "closed"],
];

/** Classifies a socket's error. An unknown error counts as `closed` on an open connection, else as `tls`. */
export function classifyFailure(error: NodeJS.ErrnoException, isOpen: boolean): ConnectionFailure {
  const detail = `${error.code ?? "error"}: ${error.message}`;
  const known = failures.find(([pattern]) => pattern.test(detail))?.[1];
  return { failure: known ?? (isOpen ? "closed" : "tls"), detail };
}
