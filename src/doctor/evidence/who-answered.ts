// Who answered instead of the app: a platform, an edge, a tunnel, a web server, or a framework before the app's own
// code. Pure: one table of marks (marks/), searched in order. Twilio shows the same error for all of them.

import { latin1Text } from "../../protocol/bytes.ts";
import { fieldValue, type HttpFields } from "../../protocol/http/message.ts";
import type { CauseCode } from "../causes/causes.ts";
import { CLOUDS } from "./marks/clouds.ts";
import { EDGES } from "./marks/edges.ts";
import { FRAMEWORKS_AND_LOGINS } from "./marks/logins.ts";
import type { FrontKind, Mark, PlatformMarks } from "./marks/mark.ts";
import { PLATFORMS } from "./marks/platforms.ts";
import { SERVERS } from "./marks/servers.ts";

/** The platform's page, and what to do there. */
export interface FrontAnswer {
  readonly platform: string;
  readonly kind: FrontKind;
  /** "Cloudflare challenges the request as a bot" */
  readonly sentence: string;
  readonly fix: string;
  readonly source: string;
}

/** An answer that is not TwiML; the body may be its beginning. */
export interface AnswerStart {
  readonly status: number;
  readonly headers: HttpFields;
  readonly body: Uint8Array | string;
}

/** The cause of a call that got no further, in each leg. */
export const FRONT_CAUSES: Readonly<Record<"webhook" | "handshake", Readonly<Record<FrontKind, CauseCode>>>> = {
  webhook: {
    blocked: "webhook-blocked",
    login: "webhook-login-required",
    host: "webhook-host-rejected",
    csrf: "webhook-csrf",
    tunnel: "webhook-tunnel-offline",
    "no-app": "webhook-no-app",
    gateway: "webhook-gateway",
    crashed: "webhook-crashed",
    path: "webhook-not-found",
    method: "webhook-method",
    "default-page": "webhook-default-page",
    "https-port": "webhook-https-port",
  },
  handshake: {
    blocked: "handshake-blocked",
    login: "handshake-login-required",
    host: "handshake-host-rejected",
    csrf: "handshake-forbidden",
    tunnel: "handshake-tunnel-offline",
    "no-app": "handshake-no-app",
    gateway: "handshake-gateway",
    crashed: "handshake-status",
    path: "handshake-not-found",
    method: "handshake-no-upgrade",
    "default-page": "handshake-no-upgrade",
    "https-port": "url-scheme",
  },
};

/** The first part of a body that is searched. Pages name themselves early, but some have long styles first. */
const SEARCHED_BYTES = 16_384;

/** Every mark, in the order in which they are tried. */
export const MARKS: readonly { readonly platform: PlatformMarks; readonly mark: Mark }[] = [
  ...[...EDGES, ...PLATFORMS, ...CLOUDS],
  ...[...SERVERS, ...FRAMEWORKS_AND_LOGINS],
].flatMap((platform) => platform.marks.map((mark) => ({ platform, mark })));

/** Undefined: nothing shows that it was not the app. */
export function whoAnswered({ status, headers, body }: AnswerStart): FrontAnswer | undefined {
  const text = typeof body === "string" ? body.slice(0, SEARCHED_BYTES) : latin1Text(body.subarray(0, SEARCHED_BYTES));
  const isShown = ({ mark }: (typeof MARKS)[number]): boolean => {
    if (mark.status !== undefined && !mark.status.includes(status)) return false;
    if (mark.header !== undefined && !mark.header[1].test(fieldValue(headers, mark.header[0]) ?? "")) return false;
    return mark.body === undefined || mark.body.test(text);
  };
  const found = MARKS.find(isShown);
  if (found === undefined) return undefined;
  const { platform, mark } = found;
  // Brands keep their own spelling.
  const name = platform.name.replace(/^(?:the|an?) /, (article) => article.charAt(0).toUpperCase() + article.slice(1));
  const { kind, says, fix } = mark;
  return { platform: platform.name, kind, sentence: `${name} ${says}`, fix, source: platform.source };
}

/** The text of an HTML page's title. */
export function pageTitle(body: Uint8Array | string): string | undefined {
  const text = typeof body === "string" ? body : latin1Text(body.subarray(0, SEARCHED_BYTES));
  const title = /<title[^>]*>([^<]{1,200})/i.exec(text)?.[1]?.replace(/\s+/g, " ").trim();
  return title === "" ? undefined : title;
}
