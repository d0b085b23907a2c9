// Reads a host's TLS version and certificates: accepts any certificate, and reports why a client as strict as Twilio's
// would reject it. Uses node:tls, which every runtime has.
// Follows RFC 5280, RFC 6125, and https://www.twilio.com/docs/api/errors (11220, 11235, 11236, 11237, 31910)

import { isIP } from "node:net";
import { checkServerIdentity, connect, type DetailedPeerCertificate, type TLSSocket } from "node:tls";
import type { Clock } from "../../call/ports.ts";
import { type TlsTrust, tlsOptions } from "../../simulators/sockets/raw-connection.ts";
import type { TlsFacts } from "../evidence/evidence.ts";

/** Names kept of a certificate, which may have thousands. */
const MAX_NAMES = 200;
/** Certificates counted in a chain, which may contain a loop. */
const MAX_CHAIN = 10;

export interface TlsTarget {
  /** Host of the URL, without brackets; also for SNI and the certificate's name. */
  readonly host: string;
  readonly port: number;
  readonly trust: TlsTrust;
  readonly timeoutMs: number;
}

type Refusal = NonNullable<TlsFacts["refusal"]>;

/** Makes one TLS handshake and closes. Never rejects: a failure is `refusal`. */
export function probeTls({ host, port, trust, timeoutMs }: TlsTarget, clock: Clock): Promise<TlsFacts> {
  const startedMs = clock.nowMs();
  return new Promise((resolve) => {
    const sni = isIP(host) === 0 ? { servername: host } : {}; // RFC 6066 section 3: host names only
    const socket = connect({ host, port, rejectUnauthorized: false, ALPNProtocols: ["http/1.1"], ...tlsOptions(trust), ...sni });
    const finish = (facts: Omit<TlsFacts, "ms">): void => {
      cancelTimeout();
      socket.destroy();
      resolve({ ...facts, ms: clock.nowMs() - startedMs });
    };
    const fail = (detail: string): void => finish({ ...noFacts, refusal: { kind: "handshake", detail } });
    const cancelTimeout = clock.after(timeoutMs, () => fail(`no TLS handshake within ${timeoutMs} ms`));
    socket.on("error", (error: NodeJS.ErrnoException) => fail(`${error.code ?? "error"}: ${error.message}`));
    socket.on("end", () => fail("closed during the handshake"));
    socket.on("close", () => fail("closed during the handshake"));
    socket.on("secureConnect", () => finish(factsOf(socket, host, clock.nowMs())));
  });
}

const noFacts = {
  version: undefined,
  alpn: undefined,
  subject: "",
  issuer: "",
  names: [],
  notBeforeMs: undefined,
  notAfterMs: undefined,
  chainLength: 0,
} as const;

function factsOf(socket: TLSSocket, host: string, nowMs: number): Omit<TlsFacts, "ms"> {
  const certificate = socket.getPeerCertificate(true);
  const base = { ...noFacts, version: socket.getProtocol() ?? undefined, alpn: socket.alpnProtocol || undefined };
  if (certificate?.subject === undefined) return { ...base, refusal: { kind: "handshake", detail: "the server sent no certificate" } };
  const notBeforeMs = Date.parse(certificate.valid_from);
  const notAfterMs = Date.parse(certificate.valid_to);
  const refusal = refusalOf(socket, certificate, host, nowMs);
  return {
    ...base,
    subject: nameOf(certificate.subject),
    issuer: nameOf(certificate.issuer),
    names: certificate.subjectaltname?.split(/, */, MAX_NAMES) ?? [],
    notBeforeMs: Number.isNaN(notBeforeMs) ? undefined : notBeforeMs,
    notAfterMs: Number.isNaN(notAfterMs) ? undefined : notAfterMs,
    chainLength: chainLength(certificate),
    ...(refusal === undefined ? {} : { refusal }),
  };
}

/** The CN, otherwise the organisation. */
function nameOf(name: unknown): string {
  const { CN, O } = (name ?? {}) as { readonly CN?: unknown; readonly O?: unknown };
  return [CN ?? O ?? ""].flat().join(" ");
}

function chainLength(certificate: DetailedPeerCertificate): number {
  let length = 1;
  for (let one = certificate; one.issuerCertificate !== undefined && one.issuerCertificate !== one && length < MAX_CHAIN; length++) {
    one = one.issuerCertificate;
  }
  return length;
}

/**
 * Expiry comes first: it is how a good certificate goes bad. The name comes after trust: an untrusted certificate may
 * claim any name.
 */
function refusalOf(socket: TLSSocket, certificate: DetailedPeerCertificate, host: string, nowMs: number): Refusal | undefined {
  const { valid_from: from, valid_to: to } = certificate;
  if (Date.parse(to) < nowMs) return { kind: "expired", detail: `expired on ${to}` };
  if (Date.parse(from) > nowMs) return { kind: "not-yet", detail: `not valid before ${from}` };
  const reason: unknown = socket.authorizationError;
  const error = reason instanceof Error ? `${(reason as NodeJS.ErrnoException).code ?? ""} ${reason.message}` : String(reason ?? "");
  const wrongName = checkServerIdentity(host, certificate);
  const isName = /ALTNAME|HOSTNAME/.test(error);
  if (!socket.authorized && !isName) {
    if (/EXPIRED/.test(error)) return { kind: "expired", detail: "a certificate of the chain has expired" };
    const isSelfSigned = /DEPTH_ZERO_SELF_SIGNED/.test(error);
    return { kind: isSelfSigned ? "self-signed" : "chain", detail: error.trim() };
  }
  return wrongName === undefined ? undefined : { kind: "name", detail: wrongName.message };
}
