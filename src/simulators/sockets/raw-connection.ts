// One TCP or TLS connection on node:net and node:tls, which every runtime has, with its wait and its failures named. Not a protocol:
// bytes only.

import { connect as connectTcp, isIP } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Clock } from "../../call/ports.ts";
import type { NetworkFailure } from "../twilio/webhook-answer.ts";

/** How a server's certificate is judged. */
export interface TlsTrust {
  /** PEM certificates to trust in place of the runtime's. */
  readonly ca?: string;
  /** Take any certificate: Twilio never does. */
  readonly insecure?: boolean;
}

/** The trust as node:tls takes it: certificates of our own stand in place of the runtime's. */
export function tlsOptions({ ca }: TlsTrust): { readonly ca?: string } {
  return ca === undefined ? {} : { ca };
}

/** Why a connection ended or never came to be. */
export interface ConnectionFailure {
  readonly failure: NetworkFailure;
  readonly detail: string;
}

/** What happens on a connection. */
export interface ConnectionListener {
  opened(): void;
  received(bytes: Uint8Array): void;
  /** Once, last. Undefined: the server closed it in order. Not called after `destroy`. */
  closed(failure: ConnectionFailure | undefined): void;
}

/** A connection. Calls after its end do nothing. */
export interface RawConnection {
  write(bytes: Uint8Array | string): void;
  /** Sends what is written and closes our side. */
  end(): void;
  /** Ends it at once; the listener hears nothing more. */
  destroy(): void;
  /** Reads nothing more, and leaves what comes to fill the buffers of both sides. */
  stopReading(): void;
}

/** Connects to the host of an http, https, ws or wss URL. `timeoutMs` is for TCP and TLS together. */
export function openConnection(url: string, timeoutMs: number, trust: TlsTrust, clock: Clock, listener: ConnectionListener): RawConnection {
  const { hostname, port, protocol } = new URL(url);
  const isSecure = protocol === "https:" || protocol === "wss:";
  const host = hostname.replace(/^\[|\]$/g, "");
  const address = { host, port: port === "" ? (isSecure ? 443 : 80) : Number(port) };
  const judged = { rejectUnauthorized: trust.insecure !== true, ...tlsOptions(trust) };
  // SNI names hosts only (RFC 6066, 3); HTTP/1.1 only, as Twilio.
  const tls = { ...judged, ALPNProtocols: ["http/1.1"], ...(isIP(host) === 0 ? { servername: host } : {}) };
  const socket = isSecure ? connectTls({ ...address, ...tls }) : connectTcp(address);
  let state: "connecting" | "open" | "over" = "connecting";
  const stopWaiting = clock.after(timeoutMs, () => finish({ failure: "connectTimeout", detail: `no connection within ${timeoutMs} ms` }));
  const finish = (failure: ConnectionFailure | undefined): void => {
    if (state === "over") return;
    state = "over";
    stopWaiting();
    socket.destroy();
    listener.closed(failure);
  };
  socket.setNoDelay(true);
  socket.on(isSecure ? "secureConnect" : "connect", () => {
    if (state !== "connecting") return;
    state = "open";
    stopWaiting();
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
      state = "over";
      stopWaiting();
      socket.destroy();
    },
  };
}

/** What runtimes say, by the codes of Node, which Bun and Deno have too, or by the words of their TLS libraries; the first that fits. */
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

/** Names a socket's error. After a connection stands, what is not known by its code is a break. */
export function classifyFailure(error: NodeJS.ErrnoException, isOpen: boolean): ConnectionFailure {
  const detail = `${error.code ?? "error"}: ${error.message}`;
  const known = failures.find(([words]) => words.test(detail))?.[1];
  return { failure: known ?? (isOpen ? "closed" : "tls"), detail };
}
