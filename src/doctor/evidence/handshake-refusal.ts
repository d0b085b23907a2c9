// Why a handshake was not answered with 101: what another handshake shows that differs in one thing, then what the
// answer itself says.
// Twilio's error page: https://www.twilio.com/docs/api/errors/31920

import { fieldValue, type HttpHead } from "../../protocol/http/message.ts";
import type { CauseCode } from "../causes/causes.ts";
import type { Evidence, HandshakeTry } from "./evidence.ts";
import { FRONT_CAUSES, type FrontAnswer, whoAnswered } from "./who-answered.ts";

export function isOpen({ answer }: HandshakeTry): boolean {
  return answer?.head.status === 101;
}

/** The cause of a handshake that failed. Undefined: the connection failed, which the checks of the URL report. */
export function handshakeRefusal(failed: HandshakeTry, evidence: Evidence): CauseCode | undefined {
  const { answer } = failed;
  if (answer === undefined) return causeShownByOthers(evidence) ?? causeOfSilence(failed);
  const { status } = answer.head;
  if (status >= 300 && status <= 399 && !someOpened(evidence, "again"))
    return handshakeFront(failed)?.kind === "login" ? "handshake-login-required" : "handshake-redirect";
  return causeShownByOthers(evidence) ?? causeOfAnswer(failed, answer, evidence);
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

/** Who answered the handshake instead of the app. */
export function handshakeFront({ answer }: HandshakeTry): FrontAnswer | undefined {
  return answer === undefined || answer.head.status === 101
    ? undefined
    : whoAnswered({ status: answer.head.status, headers: answer.head.fields, body: answer.body });
}

/**
 * How servers answer a plain GET for a path that they do not know: Express (finalhandler) and Starlette. They give this
 * answer to a handshake only if its Upgrade was lost, or if no WebSocket server is attached: ws answers an unknown path
 * with 400, express-ws names the path with /.websocket, and Starlette closes with 403.
 */
const plainGetAnswers: readonly RegExp[] = [/Cannot GET (?!\S*\/\.websocket)/, /^\s*\{"detail":\s?"Not Found"\}\s*$/];

export function isAnsweredAsPlainGet({ answer }: HandshakeTry): boolean {
  return answer !== undefined && answer.head.status === 404 && plainGetAnswers.some((pattern) => pattern.test(answer.body));
}

function causeOfAnswer(failed: HandshakeTry, { head, body }: NonNullable<HandshakeTry["answer"]>, evidence: Evidence): CauseCode {
  const { hasToken, target } = evidence;
  const { status } = head;
  const front = handshakeFront(failed);
  if (front !== undefined) return FRONT_CAUSES.handshake[front.kind];
  if (/\bsub-?protocol|sec-websocket-protocol/i.test(body)) return "handshake-subprotocol-required";
  if (/\borigin\b/i.test(body) && status === 403) return "handshake-origin-required";
  if (/signature/i.test(body)) return hasToken ? "handshake-signature-rejected" : "needs-token";
  // A webhook that accepted an unsigned request does not check signatures, so a token would not open its stream either.
  if (status === 401 || status === 403) return hasToken || target.kind === "webhook" ? "handshake-forbidden" : "needs-token";
  if (isAnsweredAsPlainGet(failed) || isUvicornWithoutWebSocket(head) || (status === 400 && /\bupgrade\b/i.test(body)))
    return "handshake-no-upgrade";
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
