// Why a handshake was not answered with 101: what another handshake shows that differs in one thing, then what the
// answer itself says.
// Twilio's error page: https://www.twilio.com/docs/api/errors/31920

import { fieldValue, type HttpHead } from "../../protocol/http/message.ts";
import type { CauseCode } from "../causes/causes.ts";
import type { Evidence, HandshakeTry } from "./evidence.ts";

export function isOpen({ answer }: HandshakeTry): boolean {
  return answer?.head.status === 101;
}

/** The cause of a handshake that failed. Undefined: the connection failed, which the checks of the URL report. */
export function handshakeRefusal(failed: HandshakeTry, evidence: Evidence): CauseCode | undefined {
  const { answer } = failed;
  if (answer === undefined) return causeShownByOthers(evidence) ?? causeOfSilence(failed);
  const { head, body } = answer;
  const { status } = head;
  if (status >= 300 && status <= 399 && !someOpened(evidence, "again")) return "handshake-redirect";
  return causeShownByOthers(evidence) ?? causeOfAnswer(head, body, evidence);
}

function someOpened({ handshakes }: Evidence, ...variants: readonly HandshakeTry["variant"][]): boolean {
  return handshakes.some((one) => variants.includes(one.variant) && isOpen(one));
}

function causeShownByOthers(evidence: Evidence): CauseCode | undefined {
  const opensWithSubprotocol = someOpened(evidence, "subprotocol", "subprotocols");
  if (someOpened(evidence, "again")) return "handshake-cold-start";
  if (someOpened(evidence, "origin") && !opensWithSubprotocol) return "handshake-origin-required";
  if (opensWithSubprotocol) return "handshake-subprotocol-required";
  if (someOpened(evidence, "query")) return "url-query-required";
  return someOpened(evidence, "unsigned", "signed-slash", "signed-https") ? "handshake-signature-rejected" : undefined;
}

function causeOfSilence({ failure }: HandshakeTry): CauseCode | undefined {
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

function causeOfAnswer(head: HttpHead, body: string, { hasToken, target }: Evidence): CauseCode {
  const { status } = head;
  if (/\bsub-?protocol/i.test(body)) return "handshake-subprotocol-required";
  if (/\borigin\b/i.test(body) && status === 403) return "handshake-origin-required";
  if (/signature/i.test(body)) return hasToken ? "handshake-signature-rejected" : "needs-token";
  // A webhook that accepted an unsigned request does not check signatures, so a token would not open its stream either.
  if (status === 401 || status === 403) return hasToken || target.kind === "webhook" ? "handshake-forbidden" : "needs-token";
  if (isUvicornWithoutWebSocket(head) || (status === 400 && /\bupgrade\b/i.test(body))) return "handshake-no-upgrade";
  if (status === 404 || status === 410 || isUnknownPathOfWs(head, body)) return "handshake-not-found";
  if ([502, 503, 504].includes(status)) return "handshake-gateway";
  const isPlainHttp = (status >= 200 && status < 300) || status === 426 || status === 405 || status === 501;
  return isPlainHttp ? "handshake-no-upgrade" : "handshake-status";
}

/**
 * The ws package's answer for a path that its server does not serve. For a bad handshake it names the fault
 * (lib/websocket-server.js).
 */
function isUnknownPathOfWs({ status, fields }: HttpHead, body: string): boolean {
  return status === 400 && body === "Bad Request" && fieldValue(fields, "content-type") === "text/html";
}

/**
 * Without a WebSocket library, uvicorn treats a handshake as a plain GET and finds no route. With one, Starlette
 * answers 403 for an unknown path (https://asgi.readthedocs.io/en/latest/specs/www.html#close-send-event).
 */
function isUvicornWithoutWebSocket({ status, fields }: HttpHead): boolean {
  return status === 404 && fieldValue(fields, "server") === "uvicorn";
}
