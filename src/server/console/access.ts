// Who gets an answer from the console and its API: a browser on this machine, or with VOICE_CONSOLE=public any, and in
// both cases only with a session (sessions.ts).

import type { Config } from "../../config/config.ts";
import type { Connection } from "../../platform/seam.ts";
import { nonLocalReason } from "../auth/local-caller.ts";
import type { ConsoleSessions } from "./sessions.ts";

export type ConsoleRefusal =
  /** The console is off, or not for this peer. */
  | { readonly status: 403; readonly title: string; readonly detail: string }
  /** No session. */
  | { readonly status: 401; readonly title: string; readonly detail: string };

/** Undefined: whoever has a link may log in from there. */
export function refusePeer(request: Request, { peerAddress }: Connection, access: Config["consoleAccess"]): ConsoleRefusal | undefined {
  if (access === "off") return { status: 403, title: "The console is off.", detail: "VOICE_CONSOLE=local or public switches it on." };
  if (access === "public") {
    return isFromAnotherSite(request)
      ? { status: 403, title: "A page of another site sent this request.", detail: "Open the console itself." }
      : undefined;
  }
  const reason = nonLocalReason(peerAddress, request.headers);
  if (reason === undefined) return undefined;
  const detail = `Not answered: ${reason}. Open it on the machine itself, or through ssh -L 8080:127.0.0.1:8080. VOICE_CONSOLE=public opens it to others.`;
  return { status: 403, title: "The console is for this machine only.", detail };
}

/** Undefined: the request may have what it asks for. */
export function refuseRequest(
  request: Request,
  connection: Connection,
  access: Config["consoleAccess"],
  sessions: ConsoleSessions,
): ConsoleRefusal | undefined {
  const refused = refusePeer(request, connection, access);
  if (refused !== undefined) return refused;
  if (sessions.has(request)) return undefined;
  return { status: 401, title: "No login.", detail: "Open the link that voice prints when it starts, or make another with voice console." };
}

/** Browsers say where a request comes from: https://www.w3.org/TR/fetch-metadata/ and RFC 6454 section 7. */
function isFromAnotherSite({ headers }: Request): boolean {
  const site = headers.get("sec-fetch-site");
  if (site !== null && site !== "same-origin" && site !== "none") return true;
  const origin = headers.get("origin");
  if (origin !== null) return URL.parse(origin)?.host !== (headers.get("x-forwarded-host") ?? headers.get("host"));
  return false;
}
