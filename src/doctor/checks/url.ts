// What a stream's URL must be: wss, with a public host whose name resolves, an open port and a trusted certificate. The
// handshake is in handshake.ts.
// Follows https://www.twilio.com/docs/voice/twiml/stream#attributes-url and https://www.twilio.com/docs/api/errors
// (319xx)

import { isPrivateHost } from "../../protocol/http/public-address.ts";
import { twilioErrorUrl } from "../../protocol/twilio-errors.ts";
import { isoNanoseconds } from "../../simulators/twilio/timestamps.ts";
import type { CauseCode } from "../causes/causes.ts";
import { firstDocuments, streamElement } from "../evidence/documents.ts";
import type { AddressTry, DoctorCheck, DoctorJudgement, Evidence, HostFacts, TlsFacts } from "../evidence/evidence.ts";
import { streamUrlFault, type UrlFault, wasDialledPlain } from "../evidence/stream-url.ts";
import { failed, passed, remarked, untested } from "./judgement.ts";

const streamPage = "https://www.twilio.com/docs/voice/twiml/stream";
const DAY_MS = 86_400_000;
/** Let's Encrypt certificates are renewed 30 days before they expire; one this close was not. */
const EXPIRING_MS = 7 * DAY_MS;
const noStream = "there is no stream";

const present: DoctorCheck = {
  id: "twiml.stream-url",
  stage: "url",
  level: "error",
  requirement: "<Stream> has a valid url: one scheme, a host, no placeholder that was not filled in, and no character that no URL has.",
  expected: "a URL",
  source: twilioErrorUrl(31923),
  judge: (evidence) => {
    const { streamUrl, target } = evidence;
    if (target.kind === "webhook" && !hasStreamElement(evidence)) return untested(noStream);
    const written = streamUrl?.written ?? "";
    const fault = streamUrlFault(written, target.url);
    if (fault === undefined || fault.cause === "url-private") return passed(written);
    return failedByText(fault, written, evidence);
  },
};

/** Whether any document has a `<Connect><Stream>`, with or without a URL. */
function hasStreamElement(evidence: Evidence): boolean {
  return firstDocuments(evidence).some(({ root }) => streamElement(root) !== undefined);
}

/** The error that the call itself met, if it met one. */
function failedByText({ cause, problem, mayWork }: UrlFault, written: string, { calls: [first] }: Evidence): DoctorJudgement {
  const isOpen = first?.call.streams.some(({ openedAtMs }) => openedAtMs !== undefined) === true;
  const met = first?.call.problems.find(({ twilioCode }) => twilioCode >= 31_900 && twilioCode <= 31_999);
  const actual = written === "" ? "none" : `${JSON.stringify(written)}: ${problem}`;
  return failed(cause, actual, {
    ...(met === undefined ? {} : { twilioCode: met.twilioCode }),
    ...(mayWork && isOpen ? { level: "warning" } : {}),
  });
}

function parseStreamUrl(written: string, { target }: Evidence): URL | null {
  return URL.parse(written, target.url.replace(/^http/i, "ws"));
}

/** Judges the stream's URL; untested when there is none, or it is not valid. */
function onUrl(judge: (url: URL, evidence: Evidence, written: string) => DoctorJudgement): (evidence: Evidence) => DoctorJudgement {
  return (evidence) => {
    const written = evidence.streamUrl?.written ?? "";
    const url = written === "" ? null : parseStreamUrl(written, evidence);
    return url === null ? untested(noStream) : judge(url, evidence, written);
  };
}

const scheme: DoctorCheck = {
  id: "url.scheme",
  stage: "url",
  level: "error",
  requirement: "The stream's URL begins with wss://.",
  expected: "wss",
  source: twilioErrorUrl(31922),
  judge: onUrl(({ protocol, hostname }, { isLocalTrial, target, streamUrl }, written) => {
    const dialled = streamUrl?.dialled ?? "";
    if (wasDialledPlain(written, dialled)) return remarked("url-plain-trial", `dialled as ${dialled}, the webhook's host and port`);
    if (protocol === "wss:") return passed(written);
    const isPlainTrial = isLocalTrial && protocol === "ws:" && /^(?:http|ws):/i.test(target.url) && isPrivateHost(hostname);
    return isPlainTrial ? passed(`${written}, for a local trial`) : failed("url-scheme", written);
  }),
};

const host: DoctorCheck = {
  id: "url.public",
  stage: "url",
  level: "error",
  requirement: "The stream's host can be reached from the internet.",
  expected: "a public host",
  source: twilioErrorUrl(31904),
  judge: onUrl(({ host, hostname }, evidence, written) => {
    const { isLocalTrial, streamHost, target } = evidence;
    const fault = streamUrlFault(written, target.url);
    if (fault?.cause === "url-private") return failedByText(fault, written, evidence);
    const addresses = streamHost?.addresses ?? [];
    const isPrivate = addresses.length === 0 ? isPrivateHost(hostname) : !addresses.some(({ isPublic }) => isPublic);
    if (!isPrivate) return passed(host);
    const isWebhookHost = new URL(target.url).hostname === hostname;
    const isDead = addresses.length > 0 && addresses.every(({ failure }) => failure !== undefined && failure.kind !== "refused");
    if (isLocalTrial && (isWebhookHost || !isDead)) return remarked("url-local-trial", `${host} is private, which a local trial allows`);
    return failed("url-private", written, { evidence: addresses.map(describeAddress) });
  }),
};

function describeAddress({ address, ms, failure }: AddressTry): string {
  return `${address}: ${failure === undefined ? `connected in ${ms} ms` : `${failure.kind}, ${failure.detail}`}`;
}

/** Judges the stream's host; untested when it was not looked up. */
function onHost(judge: (facts: HostFacts, evidence: Evidence) => DoctorJudgement): (evidence: Evidence) => DoctorJudgement {
  return (evidence) => (evidence.streamHost === undefined ? untested(noStream) : judge(evidence.streamHost, evidence));
}

const dns: DoctorCheck = {
  id: "url.dns",
  stage: "url",
  level: "error",
  requirement: "The name of the stream's host resolves.",
  expected: "an address",
  source: twilioErrorUrl(31904),
  judge: onHost(({ host, dnsFailure, dnsMs, addresses }) => {
    if (dnsFailure !== undefined) return failed("url-dns", `${host}: ${dnsFailure}`);
    if (addresses.length === 0) return untested("not looked up: Twilio cannot reach a private host, and a model's own is not dialled");
    return passed(addresses.map(({ address }) => address).join(", "), { ms: dnsMs });
  }),
};

const tcp: DoctorCheck = {
  id: "url.tcp",
  stage: "url",
  level: "error",
  requirement: "The stream's host accepts connections at the URL's port within 5 seconds.",
  expected: "a connection",
  source: twilioErrorUrl(31902),
  judge: onHost(({ addresses, port }, { handshakes: [handshake] }) => {
    const details = { expected: `a connection to port ${port}`, evidence: addresses.map(describeAddress) };
    const [first] = addresses;
    if (first === undefined) return untested("there is no address");
    const open = addresses.find(({ failure }) => failure === undefined);
    if (open !== undefined) return passed(`connected to ${open.address}`, { ...details, ms: open.ms });
    // The call got through. What is found afterwards is another matter: a call may crash a server.
    const gotThrough = ["closed", "readTimeout", "totalTimeout", "protocol"];
    if (handshake !== undefined && (handshake.answer !== undefined || gotThrough.includes(handshake.failure?.kind ?? "")))
      return passed("connected for the call, but not afterwards: the server crashed or is restarting", details);
    const isRefused = addresses.some(({ failure }) => failure?.kind === "refused" || failure?.kind === "closed");
    return failed(isRefused ? "url-refused" : "url-timeout", first.failure?.detail ?? "", details);
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

const tls: DoctorCheck = {
  id: "url.tls",
  stage: "url",
  level: "error",
  requirement:
    "The stream's host speaks TLS 1.2 or newer, and sends a valid certificate for its name, from a public authority, with the whole chain.",
  expected: "a trusted certificate",
  source: twilioErrorUrl(31910),
  judge: onHost(({ tls: facts, plainHttpStatus, port }, { insecure, nowMs }) => {
    if (facts === undefined) return untested("no TLS was spoken");
    if (insecure) return untested("--insecure");
    const evidence = describeCertificate(facts);
    const { refusal, notAfterMs, version, ms } = facts;
    if (refusal !== undefined) {
      const plain = `port ${port} answers plain HTTP (${plainHttpStatus}): ${refusal.detail}`;
      if (plainHttpStatus !== undefined) return failed("url-app-port", plain, { evidence });
      const isHttp2Only = refusal.kind === "handshake" && /application.protocol|\bALPN\b/i.test(refusal.detail);
      const missing = refusal.kind === "chain" && facts.chainLength === 1 ? "; no intermediate certificate was sent" : "";
      return failed(isHttp2Only ? "handshake-not-http" : refusalCauses[refusal.kind], refusal.detail + missing, { evidence });
    }
    if (version === "TLSv1" || version === "TLSv1.1")
      return failed("url-tls-handshake", version, { expected: "TLS 1.2 or newer", evidence });
    if (notAfterMs !== undefined && notAfterMs - nowMs < EXPIRING_MS) {
      const days = Math.floor((notAfterMs - nowMs) / DAY_MS);
      return failed("url-certificate-expiring", `it expires in ${days} days`, { level: "warning", evidence });
    }
    return passed(version ?? "TLS", { ms, evidence });
  }),
};

/** Two lines about a certificate; none without TLS. */
export function describeCertificate({ subject, issuer, names, notAfterMs, chainLength, version }: TlsFacts): readonly string[] {
  if (version === undefined) return [];
  const until = notAfterMs === undefined ? "unknown" : isoNanoseconds(notAfterMs).slice(0, 10);
  return [
    `${version}; certificate of ${subject}, for ${names.join(", ") || "no name"}`,
    `issued by ${issuer}, valid until ${until}, ${chainLength} certificates sent`,
  ];
}

const query: DoctorCheck = {
  id: "url.query",
  stage: "url",
  level: "warning",
  requirement: "The stream's URL has no query, because Twilio strips it. Data for the server goes in <Parameter>.",
  expected: "no query",
  source: streamPage,
  judge: onUrl(({ search }, evidence, written) => {
    if (search === "") return passed("no query");
    const need = needForQuery(evidence);
    return need === undefined
      ? failed("url-query-stripped", written)
      : failed("url-query-required", written, { level: "error", evidence: [need] });
  }),
};

/** What shows that the server needs the query that Twilio strips. */
function needForQuery({ handshakes, lastsWithQuery, calls: [first] }: Evidence): string | undefined {
  const opens = handshakes.some(({ variant, answer }) => variant === "query" && answer?.head.status === 101);
  if (opens) return "the handshake is accepted with the query, and refused without it";
  if (lastsWithQuery === true) return "the stream lasts with the query; without it, the server ends it";
  const end = first?.call.streams[0]?.end;
  if (end?.by !== "server" || !/token|auth|param|query|missing|secret|key/i.test(end.reason)) return undefined;
  return `the server closes with ${end.code}: ${end.reason}`;
}

const addresses: DoctorCheck = {
  id: "url.addresses",
  stage: "url",
  level: "info",
  requirement: "Every address of the stream's host accepts connections, IPv4 and IPv6.",
  expected: "a connection to each address",
  source: "https://www.twilio.com/docs/voice/media-streams",
  judge: onHost(({ addresses: all }) => {
    const dead = all.filter(({ failure }) => failure !== undefined);
    if (dead.length === all.length) return untested("no address answers");
    if (dead.length === 0) return passed(`${all.length} of ${all.length}`);
    const actual = `no connection to ${dead.map(({ address }) => address).join(", ")}`;
    return remarked("url-dead-address", actual, { evidence: all.map(describeAddress) });
  }),
};

const also: DoctorCheck = {
  id: "url.also",
  stage: "url",
  level: "info",
  requirement: "With --also: which other hosts accept the stream at the same path.",
  expected: "a host that works",
  source: streamPage,
  judge: ({ also: tried }) => {
    if (tried.length === 0) return untested("--also was not given");
    const evidence = tried.map(({ host, facts, handshake }) => {
      if (facts.dnsFailure !== undefined) return `${host}: ${facts.dnsFailure}`;
      const result =
        handshake?.answer === undefined ? (handshake?.failure?.detail ?? "no connection") : `HTTP ${handshake.answer.head.status}`;
      return `${host}: ${result} ${facts.tls?.refusal?.detail ?? ""}`.trim();
    });
    const working = tried.filter(({ handshake }) => handshake?.answer?.head.status === 101).map(({ host }) => host);
    return passed(working.length === 0 ? "none works" : `works: ${working.join(", ")}`, { evidence });
  },
};

/** In the order in which Twilio meets them. */
export const URL_CHECKS: readonly DoctorCheck[] = [present, scheme, host, dns, tcp, tls, query, addresses, also];
