// The console's routes: the page, the login, and the API behind it. They never delay a call: nothing here runs before
// a stream's 101.

import type { Clock, Log } from "../../call/ports.ts";
import type { Config } from "../../config/config.ts";
import type { Connection } from "../../platform/seam.ts";
import { plainAnswer } from "../http/answers.ts";
import { targetOf } from "../http/request-facts.ts";
import { refusePeer, refuseRequest } from "./access.ts";
import { type ApiDeps, answerApi } from "./api.ts";
import { answerPage } from "./page.ts";
import { problemAnswer } from "./problem.ts";
import { type ConsoleSessions, sessionCookie } from "./sessions.ts";

export interface ConsoleDeps extends ApiDeps {
  readonly access: Config["consoleAccess"];
  readonly sessions: ConsoleSessions;
  readonly clock: Clock;
  readonly log: Log;
}

/** GET /console and what is below it. The page itself shows nothing without a session. */
export function answerConsole(request: Request, connection: Connection, deps: ConsoleDeps): Response | Promise<Response> {
  const refused = refusePeer(request, connection, deps.access);
  if (refused !== undefined) {
    deps.log("warning", "console.rejected", { peer: connection.peerAddress, reason: refused.title });
    return plainAnswer(refused.status, `${refused.title} ${refused.detail}`);
  }
  const path = targetOf(request.url).replace(/\?.*$/s, "");
  const [, name] = /\/console\/([\w.-]+)$/.exec(path) ?? [];
  if (name === "login") return logIn(request, connection, deps);
  return answerPage(request, name ?? "index.html");
}

/** The link from the terminal: a session for its token, and on to the page, so the token leaves the address bar. */
function logIn(request: Request, { peerAddress: peer }: Connection, { sessions, log }: ConsoleDeps): Response {
  const [, query = ""] = targetOf(request.url).split("?");
  const id = sessions.redeem(new URLSearchParams(query).get("token") ?? "");
  if (id === undefined) {
    log("warning", "console.rejected", { peer, reason: "the link was used before, or is too old" });
    return plainAnswer(403, "This link was used before, or is too old. Make another: voice console");
  }
  log("info", "console.opened", { peer });
  const isSecure = request.url.startsWith("https:") || request.headers.get("x-forwarded-proto") === "https";
  return new Response(null, {
    status: 303,
    headers: { Location: "../console", "Set-Cookie": sessionCookie(id, isSecure), "Cache-Control": "no-store" },
  });
}

/** /api/v1 */
export function answerApiRequest(request: Request, connection: Connection, deps: ConsoleDeps): Response | Promise<Response> {
  const refused = refuseRequest(request, connection, deps.access, deps.sessions);
  if (refused !== undefined) return problemAnswer(refused);
  const [, path = ""] = /\/api\/v1\/([^?]*)/.exec(targetOf(request.url)) ?? [];
  if (path === "logout") {
    deps.sessions.end(request);
    return new Response(null, { status: 204 });
  }
  return answerApi(path, request, deps);
}
