// What a server owes to the WebSocket handshake of Twilio's client: it is taken as it stands, without a sub-protocol, an extension or an Origin,
// and answered by the book.
// Follows RFC 6455 sections 4 and 9.1, and https://www.twilio.com/docs/api/errors/31920

import { fieldValue, type HttpHead } from "../../protocol/http/message.ts";
import { acceptKey } from "../../protocol/websocket/handshake.ts";
import type { Fix } from "../../report/finding.ts";
import type { CauseCode } from "../causes/causes.ts";
import type { DoctorCheck, Evidence, HandshakeTry, Judged } from "../evidence/evidence.ts";
import { faulty, fine, untried } from "./verdicts.ts";
import { bodyStart } from "./webhook.ts";

const rfc = "RFC 6455 section 4.2.2";
const refused = "https://www.twilio.com/docs/api/errors/31920";
/** Longer, callers hear it. Twilio documents no limit. */
const SLOW_MS = 2_000;
const noHandshake = "there was no handshake";

const upgradeFix: Fix = {
  text: "install the WebSocket part, put the route on it, and let the proxy pass Upgrade and Connection on",
  stacks: {
    "express-ws":
      "expressWs(app) before the routes, app.ws(path, ...), and listen with the app that expressWs knows; or new WebSocketServer({ server, path })",
    fastify: "await app.register(websocket) before the routes, and { websocket: true } on the route",
    fastapi: "pip install 'uvicorn[standard]' (or websockets), and @app.websocket(path) with await ws.accept()",
    flask: "flask-sock's @sock.route(path), behind a server that hands the socket on (gunicorn --threads, not a WSGI proxy)",
    "hono-bun": "upgradeWebSocket of hono/bun on the route, and export { fetch, websocket } to Bun.serve",
  },
};

const subprotocolFix: Fix = {
  text: "accept handshakes without Sec-WebSocket-Protocol, and answer one only when it was offered",
  stacks: {
    "express-ws": "no handleProtocols that refuses, and no check of req.headers['sec-websocket-protocol']",
    fastify: "options: { handleProtocols } that returns false when nothing is offered",
    fastapi: "await ws.accept(), without subprotocol=",
    flask: "Sock with no SOCK_SERVER_OPTIONS subprotocols",
    "hono-bun": "no Sec-WebSocket-Protocol among the headers of server.upgrade",
  },
};

/** One line for a handshake. */
export function tellHandshake({ variant, offered, answer, failure, ms, url }: HandshakeTry): string {
  const names: Readonly<Record<HandshakeTry["variant"], string>> = {
    twilio: "as Twilio",
    again: "the same again",
    subprotocol: "",
    subprotocols: "",
    origin: "with an Origin",
    query: "with the query",
    unsigned: "without signature",
    "signed-slash": "signed with another trailing slash",
    "signed-https": "signed as https",
    also: "on another host",
  };
  const how = offered.length > 0 ? `offering ${offered.join(", ")}` : names[variant];
  const came = answer === undefined ? `${failure?.kind}: ${failure?.detail}` : `HTTP ${answer.head.status} ${answer.head.reason}`.trim();
  return `${how}: ${came} after ${ms} ms (${url})`;
}

function lines({ handshakes }: Evidence): readonly string[] {
  const [first] = handshakes;
  const fields = first?.answer?.head.fields ?? [];
  const body = first?.answer?.body ?? "";
  return [
    ...handshakes.map(tellHandshake),
    ...fields.slice(0, 20).map(([name, value]) => `${name}: ${value}`),
    ...(body === "" ? [] : [`body: ${bodyStart(body)}`]),
  ];
}

/** The handshake of the call itself. */
function ofFirst(expected: string, judge: (first: HandshakeTry, evidence: Evidence) => Judged): (evidence: Evidence) => Judged {
  return (evidence) => {
    const [first] = evidence.handshakes;
    return first === undefined ? untried(expected, noHandshake) : judge(first, evidence);
  };
}

function ofOpened(expected: string, judge: (first: HandshakeTry, evidence: Evidence) => Judged): (evidence: Evidence) => Judged {
  return ofFirst(expected, (first, evidence) =>
    first.answer?.head.status === 101 ? judge(first, evidence) : untried(expected, "it was not opened"),
  );
}

const opens = ({ answer }: HandshakeTry): boolean => answer?.head.status === 101;

function tried({ handshakes }: Evidence, ...variants: readonly HandshakeTry["variant"][]): boolean {
  return handshakes.some((one) => variants.includes(one.variant) && opens(one));
}

/** Why no answer came. Undefined: the URL's own checks say it. */
function silence({ failure }: HandshakeTry): CauseCode | undefined {
  switch (failure?.kind) {
    case "totalTimeout":
    case "readTimeout":
      return "handshake-timeout";
    case "closed":
      return "handshake-closed";
    case "protocol":
    case "tooLarge":
      return "handshake-not-http";
    default:
      return undefined;
  }
}

/** Why a handshake was not taken, where another that differs in one thing was. */
function shownByAnother(evidence: Evidence): CauseCode | undefined {
  if (tried(evidence, "again")) return "handshake-cold-start";
  if (tried(evidence, "origin") && !tried(evidence, "subprotocol", "subprotocols")) return "handshake-origin-required";
  if (tried(evidence, "subprotocol", "subprotocols")) return "handshake-subprotocol-required";
  if (tried(evidence, "query")) return "url-query-required";
  return tried(evidence, "unsigned", "signed-slash", "signed-https") ? "handshake-signature-rejected" : undefined;
}

/** Why another answer than 101 came: first what another handshake has shown, then what the answer says. */
function refusal(first: HandshakeTry, evidence: Evidence): CauseCode {
  const { head, body } = first.answer ?? { head: { version: "", status: 0, reason: "", fields: [] }, body: "" };
  const { status } = head;
  if (status >= 300 && status <= 399 && !tried(evidence, "again")) return "handshake-redirect";
  const shown = shownByAnother(evidence);
  if (shown !== undefined) return shown;
  if (/\bsub-?protocol/i.test(body)) return "handshake-subprotocol-required";
  if (/\borigin\b/i.test(body) && status === 403) return "handshake-origin-required";
  if (/signature/i.test(body)) return evidence.hasToken ? "handshake-signature-rejected" : "needs-token";
  // A webhook that lets in what nobody signed has no door that a token would open.
  if (status === 401 || status === 403)
    return evidence.hasToken || evidence.target.kind === "webhook" ? "handshake-forbidden" : "needs-token";
  if (isUvicornsHttp(head) || (status === 400 && /\bupgrade\b/i.test(body))) return "handshake-no-upgrade";
  if (status === 404 || status === 410 || isNoPathOfWs(head, body)) return "handshake-not-found";
  if ([502, 503, 504].includes(status)) return "handshake-gateway";
  const isPlain = (status >= 200 && status < 300) || status === 426 || status === 405 || status === 501;
  return isPlain ? "handshake-no-upgrade" : "handshake-status";
}

/** The ws package answers so for a path that is not its server's; what is wrong with a handshake itself it names (lib/websocket-server.js). */
function isNoPathOfWs({ status, fields }: HttpHead, body: string): boolean {
  return status === 400 && body === "Bad Request" && fieldValue(fields, "content-type") === "text/html";
}

/**
 * Uvicorn without a WebSocket library takes a handshake for a plain GET, which finds no route; with one, Starlette answers 403 for a path that it does
 * not know (https://asgi.readthedocs.io/en/latest/specs/www.html#close-send-event).
 */
function isUvicornsHttp({ status, fields }: HttpHead): boolean {
  return status === 404 && fieldValue(fields, "server") === "uvicorn";
}

const status: DoctorCheck = {
  id: "handshake.status",
  stage: "handshake",
  level: "error",
  requirement: "A handshake with exactly what Twilio's client sends is answered with 101.",
  source: refused,
  judge: ofFirst("HTTP 101", (first, evidence) => {
    const { answer, failure, ms } = first;
    if (opens(first)) return fine("HTTP 101", "HTTP 101", { ms, evidence: lines(evidence) });
    const more = { evidence: lines(evidence), ms };
    if (answer === undefined) {
      const cause = shownByAnother(evidence) ?? silence(first);
      return cause === undefined
        ? untried("HTTP 101", failure?.detail ?? "")
        : faulty(cause, "HTTP 101", failure?.detail ?? "nothing", more);
    }
    const cause = refusal(first, evidence);
    const again = evidence.handshakes.find((one) => one.variant === "again" && opens(one));
    const later = again === undefined ? "" : `; HTTP 101 when asked again ${again.atMs - first.atMs} ms later`;
    const told = `HTTP ${answer.head.status} ${answer.head.reason}`.trim() + later;
    const location = fieldValue(answer.head.fields, "location");
    const fix =
      cause === "handshake-no-upgrade" ? { fix: upgradeFix } : cause === "handshake-subprotocol-required" ? { fix: subprotocolFix } : {};
    return faulty(cause, "HTTP 101", location === undefined ? told : `${told}, Location: ${location}`, { ...more, ...fix });
  }),
};

const upgrade: DoctorCheck = {
  id: "handshake.upgrade",
  stage: "handshake",
  level: "error",
  requirement: "The 101 is of HTTP/1.1, and has Upgrade: websocket and Connection: Upgrade.",
  source: rfc,
  judge: ofOpened("Upgrade: websocket, Connection: Upgrade", ({ answer }) => {
    const expected = "Upgrade: websocket, Connection: Upgrade";
    const fields = answer?.head.fields ?? [];
    const [up, connection] = [fieldValue(fields, "upgrade"), fieldValue(fields, "connection")];
    const isRight = up?.toLowerCase() === "websocket" && (connection ?? "").toLowerCase().split(/ *, */).includes("upgrade");
    const told = `HTTP/${answer?.head.version}, Upgrade: ${up ?? "none"}, Connection: ${connection ?? "none"}`;
    return isRight && answer?.head.version === "1.1"
      ? fine(expected, told)
      : faulty("handshake-no-upgrade", expected, told, { fix: upgradeFix });
  }),
};

const accept: DoctorCheck = {
  id: "handshake.accept",
  stage: "handshake",
  level: "error",
  requirement: "Sec-WebSocket-Accept belongs to the Sec-WebSocket-Key that was sent.",
  source: rfc,
  judge: ofOpened("the key's", ({ answer, key }) => {
    const told = fieldValue(answer?.head.fields ?? [], "sec-websocket-accept");
    return told === acceptKey(key) ? fine("the key's", "the key's") : faulty("handshake-accept-mismatch", acceptKey(key), told ?? "none");
  }),
};

const unasked: DoctorCheck = {
  id: "handshake.subprotocol",
  stage: "handshake",
  level: "warning",
  requirement: "No sub-protocol is answered when none was offered. Twilio's client seems to bear it; others end the connection.",
  source: "RFC 6455 section 4.1",
  judge: ofOpened("none", ({ answer }) => {
    const told = fieldValue(answer?.head.fields ?? [], "sec-websocket-protocol");
    const evidence = [`Sec-WebSocket-Protocol: ${told}`];
    return told === undefined
      ? fine("none", "none")
      : faulty("handshake-subprotocol-unsolicited", "none", told, { evidence, fix: subprotocolFix });
  }),
};

const offers: DoctorCheck = {
  id: "handshake.offers",
  stage: "handshake",
  level: "warning",
  requirement: "Where sub-protocols are offered, one of them is answered, or none.",
  source: "RFC 6455 section 4.1",
  judge: ofOpened("one of those offered, or none", (_first, { handshakes }) => {
    const expected = "one of those offered, or none";
    const offering = handshakes.filter(({ offered, answer }) => offered.length > 0 && answer !== undefined);
    if (offering.length === 0) return untried(expected, "none was offered");
    const evidence = offering.map(
      (one) => `${tellHandshake(one)}: ${fieldValue(one.answer?.head.fields ?? [], "sec-websocket-protocol") ?? "none"}`,
    );
    const wrong = offering.find(({ offered, answer }) => {
      const chosen = fieldValue(answer?.head.fields ?? [], "sec-websocket-protocol");
      return answer?.head.status === 101 && chosen !== undefined && !offered.includes(chosen);
    });
    if (wrong === undefined) return fine(expected, "so it is", { evidence });
    const chosen = fieldValue(wrong.answer?.head.fields ?? [], "sec-websocket-protocol");
    return faulty("handshake-subprotocol-wrong", expected, `${chosen}, of ${wrong.offered.join(", ")}`, {
      evidence,
      fix: subprotocolFix,
    });
  }),
};

const extensions: DoctorCheck = {
  id: "handshake.extensions",
  stage: "handshake",
  level: "error",
  requirement: "No extension is answered, for none was offered.",
  source: "RFC 6455 section 9.1",
  judge: ofOpened("none", ({ answer }) => {
    const told = fieldValue(answer?.head.fields ?? [], "sec-websocket-extensions");
    return told === undefined ? fine("none", "none") : faulty("handshake-extension-unsolicited", "none", told);
  }),
};

const time: DoctorCheck = {
  id: "handshake.time",
  stage: "handshake",
  level: "warning",
  requirement: "The handshake is answered at once: the caller hears silence meanwhile.",
  source: "https://www.twilio.com/docs/api/errors/31901",
  judge: ofOpened(`within ${SLOW_MS} ms`, ({ ms }) => {
    if (ms <= SLOW_MS) return fine(`within ${SLOW_MS} ms`, `${ms} ms`, { ms });
    return faulty("handshake-slow", `within ${SLOW_MS} ms`, `${ms} ms`, { ms });
  }),
};

/** In the order in which a client looks. */
export const HANDSHAKE_CHECKS: readonly DoctorCheck[] = [status, upgrade, accept, extensions, unasked, offers, time];
