// What a server owes in the URL of its stream: wss, public, a name that resolves, a port that is open, a certificate that the world trusts. The
// handshake: doctor-handshake.ts.
// Follows https://www.twilio.com/docs/voice/twiml/stream#attributes-url and https://www.twilio.com/docs/api/errors (319xx)

import { isoNanoseconds } from "../../simulators/twilio/timestamps.ts";
import type { CauseCode } from "../causes/causes.ts";
import { elementsOf, firstDocuments } from "../evidence/documents.ts";
import type { AddressTry, DoctorCheck, Evidence, HostFacts, Judged, TlsFacts } from "../evidence/evidence.ts";
import { isPrivateHost } from "../evidence/public-address.ts";
import { faulty, fine, untried } from "./verdicts.ts";

const streamPage = "https://www.twilio.com/docs/voice/twiml/stream";
const errorsPage = "https://www.twilio.com/docs/api/errors";
/** A certificate that ends sooner is worth a word; Let's Encrypt's are renewed 30 days before. */
const SOON_MS = 7 * 86_400_000;
const noStream = "there is no stream";

/** Whether any document names a stream for `<Connect>`, with or without a URL. */
function hasStream(evidence: Evidence): boolean {
  return firstDocuments(evidence).some(({ root }) => elementsOf(root).some(({ name }) => name === "Stream"));
}

const present: DoctorCheck = {
  id: "twiml.stream-url",
  stage: "url",
  level: "error",
  requirement: "The <Stream> has a url that is one.",
  source: `${errorsPage}/31923`,
  judge: (evidence) => {
    const { streamUrl, target } = evidence;
    if (target.kind === "webhook" && !hasStream(evidence)) return untried("a URL", noStream);
    const base = target.url.replace(/^http/i, "ws");
    if (streamUrl === undefined || streamUrl.written.trim() === "") return faulty("url-missing", "a URL", "none");
    if (!URL.canParse(streamUrl.written, base)) return faulty("url-missing", "a URL", streamUrl.written);
    const { hostname } = new URL(streamUrl.written, base);
    // What templates leave behind when a setting is missing.
    const isBlank = /^(?:undefined|null|none|nan|your-?domain.*|\$\{.*|%7b.*)$/i.test(hostname);
    return isBlank ? faulty("url-missing", "a URL", streamUrl.written) : fine("a URL", streamUrl.written);
  },
};

/** The stream's URL, when there is one that can be looked at. */
function ofUrl(expected: string, judge: (url: URL, evidence: Evidence, written: string) => Judged): (evidence: Evidence) => Judged {
  return (evidence) => {
    const written = evidence.streamUrl?.written;
    const url = written === undefined ? null : URL.parse(written, evidence.target.url.replace(/^http/i, "ws"));
    return url === null || written === undefined || written === "" ? untried(expected, noStream) : judge(url, evidence, written);
  };
}

const scheme: DoctorCheck = {
  id: "url.scheme",
  stage: "url",
  level: "error",
  requirement: "The stream's URL begins with wss://.",
  source: `${errorsPage}/31922`,
  judge: ofUrl("wss", ({ protocol, hostname }, { isLocalTrial, target }, written) => {
    if (protocol === "wss:") return fine("wss", written);
    const isPlainTrial = isLocalTrial && protocol === "ws:" && /^(?:http|ws):/i.test(target.url) && isPrivateHost(hostname);
    if (isPlainTrial) return fine("wss", `${written}, for a local trial`);
    return faulty("url-scheme", "wss", written);
  }),
};

const query: DoctorCheck = {
  id: "url.query",
  stage: "url",
  level: "warning",
  requirement: "The stream's URL has no query: Twilio strips it. What the server is to know goes into <Parameter>.",
  source: streamPage,
  judge: ofUrl("no query", ({ search }, { handshakes, lastsWithQuery, calls: [first] }, written) => {
    if (search === "") return fine("no query", "none");
    const fix = { text: 'put it into <Parameter name="..." value="..."/>, where it arrives in start.customParameters, or into the path' };
    const isNeeded = handshakes.some(({ variant, answer }) => variant === "query" && answer?.head.status === 101);
    const needed = { level: "error", fix, evidence: ["with the query the handshake is taken, without it is refused"] } as const;
    if (isNeeded) return faulty("url-query-required", "no query", written, needed);
    const lasting = { level: "error", fix, evidence: ["with the query the stream lasts, without it the server ends it"] } as const;
    if (lastsWithQuery === true) return faulty("url-query-required", "no query", written, lasting);
    const end = first?.call.streams[0]?.end;
    const isShut = end?.by === "server" && end.reason !== "" && /token|auth|param|query|missing|secret|key/i.test(end.reason);
    const shut = { level: "error", fix, evidence: [`the server closes with ${end?.code}: ${end?.reason}`] } as const;
    if (isShut) return faulty("url-query-required", "no query", written, shut);
    return { ok: false, expected: "no query", actual: written, fix };
  }),
};

const host: DoctorCheck = {
  id: "url.public",
  stage: "url",
  level: "error",
  requirement: "The stream's host is one that the internet reaches.",
  source: `${errorsPage}/31904`,
  judge: ofUrl("a public host", ({ host, hostname }, { isLocalTrial, streamHost, target }, written) => {
    const addresses = streamHost?.addresses ?? [];
    const isPrivate = addresses.length === 0 ? isPrivateHost(hostname) : !addresses.some(({ isPublic }) => isPublic);
    if (!isPrivate) return fine("a public host", host);
    const isSame = new URL(target.url).hostname === hostname;
    const isDead = addresses.length > 0 && addresses.every(({ failure }) => failure !== undefined && failure.kind !== "refused");
    if (isLocalTrial && (isSame || !isDead)) {
      const fix = { text: "nothing to fix for a trial on this machine; Twilio needs a public address" };
      return {
        ok: false,
        level: "info",
        expected: "a public host",
        actual: `${host}: this is a local trial, and the rest is judged`,
        fix,
      };
    }
    return faulty("url-private", "a public host", written, { evidence: addresses.map(tellAddress) });
  }),
};

function tellAddress({ address, ms, failure }: AddressTry): string {
  return `${address}: ${failure === undefined ? `connected in ${ms} ms` : `${failure.kind}, ${failure.detail}`}`;
}

/** The stream's host, when it was looked at. */
function ofHost(expected: string, judge: (facts: HostFacts, evidence: Evidence) => Judged): (evidence: Evidence) => Judged {
  return (evidence) => (evidence.streamHost === undefined ? untried(expected, noStream) : judge(evidence.streamHost, evidence));
}

/** Whether the call itself was connected. What is found later is another matter then: a server may die of a call. */
function wasConnected({ handshakes: [first] }: Evidence): boolean {
  const behind = ["closed", "readTimeout", "totalTimeout", "protocol"];
  return first !== undefined && (first.answer !== undefined || behind.includes(first.failure?.kind ?? ""));
}

const dns: DoctorCheck = {
  id: "url.dns",
  stage: "url",
  level: "error",
  requirement: "The name of the stream's host resolves.",
  source: `${errorsPage}/31904`,
  judge: ofHost("an address", ({ host, dnsFailure, dnsMs, addresses }) => {
    if (dnsFailure !== undefined) return faulty("url-dns", "an address", `${host}: ${dnsFailure}`);
    if (addresses.length === 0) return untried("an address", "not asked: the host is a private one");
    return fine("an address", addresses.map(({ address }) => address).join(", "), { ms: dnsMs });
  }),
};

const tcp: DoctorCheck = {
  id: "url.tcp",
  stage: "url",
  level: "error",
  requirement: "The stream's host takes connections at the URL's port, within 5 seconds.",
  source: `${errorsPage}/31902`,
  judge: ofHost("a connection", ({ addresses, port }, facts) => {
    const expected = `a connection to port ${port}`;
    const evidence = addresses.map(tellAddress);
    const [first] = addresses;
    if (first === undefined) return untried(expected, "there is no address");
    const open = addresses.find(({ failure }) => failure === undefined);
    if (open !== undefined) return fine(expected, `connected to ${open.address}`, { ms: open.ms, evidence });
    if (wasConnected(facts))
      return fine(expected, "connected for the call, and not any more: the server died, or is starting anew", { evidence });
    const isRefused = addresses.some(({ failure }) => failure?.kind === "refused" || failure?.kind === "closed");
    return faulty(isRefused ? "url-refused" : "url-timeout", expected, first.failure?.detail ?? "", { evidence });
  }),
};

const families: DoctorCheck = {
  id: "url.families",
  stage: "url",
  level: "info",
  requirement: "Every address of the stream's host takes connections, of IPv4 and IPv6.",
  source: "https://www.twilio.com/docs/voice/media-streams",
  judge: ofHost("each address", ({ addresses }) => {
    const dead = addresses.filter(({ failure }) => failure !== undefined);
    if (addresses.length === 0 || dead.length === addresses.length) return untried("each address", "no address answers");
    if (dead.length === 0) return fine("each address", `${addresses.length} of ${addresses.length}`);
    const fix = { text: "let the server or the proxy listen on it too, or take it out of the DNS" };
    return {
      ok: false,
      expected: "each address",
      actual: `${dead.map(({ address }) => address).join(", ")} does not`,
      evidence: addresses.map(tellAddress),
      fix,
    };
  }),
};

const refusalCauses: Readonly<Record<NonNullable<TlsFacts["refusal"]>["kind"], CauseCode>> = {
  expired: "url-tls-expired",
  "not-yet": "url-tls-expired",
  name: "url-tls-name",
  "self-signed": "url-tls-self-signed",
  chain: "url-tls-chain",
  handshake: "url-tls-handshake",
};

/** Lines about a certificate. */
export function tellCertificate({ subject, issuer, names, notAfterMs, chainLength, version }: TlsFacts): readonly string[] {
  if (version === undefined) return [];
  const until = notAfterMs === undefined ? "unknown" : isoNanoseconds(notAfterMs).slice(0, 10);
  return [
    `${version}; certificate of ${subject}, for ${names.join(", ") || "no name"}`,
    `issued by ${issuer}, valid until ${until}, ${chainLength} certificates sent`,
  ];
}

const tls: DoctorCheck = {
  id: "url.tls",
  stage: "url",
  level: "error",
  requirement:
    "The stream's host speaks TLS 1.2 or newer with a valid certificate of a public authority for its name, and sends the whole chain.",
  source: `${errorsPage}/31910`,
  judge: ofHost("a certificate that is trusted", ({ tls: facts }, { insecure, nowMs }) => {
    const expected = "a certificate that is trusted";
    if (facts === undefined) return untried(expected, "no TLS was spoken");
    if (insecure) return untried(expected, "--insecure");
    const evidence = tellCertificate(facts);
    const { refusal, notAfterMs, version, ms } = facts;
    if (refusal !== undefined) {
      const isH2Only = refusal.kind === "handshake" && /application.protocol|\bALPN\b/i.test(refusal.detail);
      const missing = refusal.kind === "chain" && facts.chainLength === 1 ? "; no intermediate certificate was sent" : "";
      return faulty(isH2Only ? "handshake-not-http" : refusalCauses[refusal.kind], expected, refusal.detail + missing, { evidence });
    }
    if (version === "TLSv1" || version === "TLSv1.1") return faulty("url-tls-handshake", "TLS 1.2 or newer", version, { evidence });
    if (notAfterMs !== undefined && notAfterMs - nowMs < SOON_MS) {
      const days = Math.floor((notAfterMs - nowMs) / 86_400_000);
      return {
        ok: false,
        level: "warning",
        expected,
        actual: `it ends in ${days} days`,
        evidence,
        fix: { text: "renew the certificate" },
      };
    }
    return fine(expected, version ?? "TLS", { ms, evidence });
  }),
};

const also: DoctorCheck = {
  id: "url.also",
  stage: "url",
  level: "info",
  requirement: "With --also: which other hosts take the stream at the same path.",
  source: streamPage,
  judge: ({ also: tried }) => {
    if (tried.length === 0) return untried("a host that works", "--also was not given");
    const lines = tried.map(({ host, facts, handshake }) => {
      if (facts.dnsFailure !== undefined) return `${host}: ${facts.dnsFailure}`;
      const tlsTold = facts.tls?.refusal?.detail ?? "";
      const told =
        handshake?.answer === undefined ? (handshake?.failure?.detail ?? "no connection") : `HTTP ${handshake.answer.head.status}`;
      return `${host}: ${told} ${tlsTold}`.trim();
    });
    const works = tried.filter(({ handshake }) => handshake?.answer?.head.status === 101).map(({ host }) => host);
    return fine("a host that works", works.length === 0 ? "none of them takes it" : `${works.join(", ")} takes it`, { evidence: lines });
  },
};

/** In the order in which Twilio would stumble over them. */
export const URL_CHECKS: readonly DoctorCheck[] = [present, scheme, host, dns, tcp, tls, query, families, also];
