// Every route, on one screen. Nothing is decided here: media.ts, webhook.ts and health.ts answer.

import { type Context, Hono } from "hono";
import type { Connection } from "../../platform/seam.ts";
import { isHeard, type WebhookDeps } from "../auth/authenticate-webhook.ts";
import { type MediaDeps, openStream } from "../stream/open-stream.ts";
import { emptyAnswer, plainAnswer } from "./answers.ts";
import { answerFallback } from "./fallback.ts";
import type { Health } from "./health.ts";
import { targetOf } from "./request-facts.ts";
import { apologise } from "./twiml-answers.ts";
import { answerAfter, answerVoice, takeStatus, takeStreamEvent } from "./webhook.ts";

/** What the routes need. */
export type AppDeps = WebhookDeps & MediaDeps & { readonly health: Health };

type Env = { Bindings: Connection };
type Answer = (request: Request, connection: Connection, deps: AppDeps) => Response | Promise<Response>;

/** The routes; `app.fetch(request, connection)` answers an upgrade synchronously, so no middleware may ever stand before it. Never rejects. */
export function makeApp(deps: AppDeps): Hono<Env> {
  const prefix = /^https?:\/\/[^/]*(\/.*)?$/.exec(deps.config.publicUrl ?? "")?.[1] ?? "";
  const app = new Hono<Env>({ getPath: (request) => routeOf(request.url, prefix) });
  const by =
    (answer: Answer) =>
    (c: Context<Env>): Response | Promise<Response> =>
      answer(c.req.raw, c.env, deps);
  const webhook = ["GET", "POST"];

  app.get("/twilio/realtime", by(openStream));
  app.on(webhook, "/twilio/voice", by(answerVoice));
  app.on(webhook, "/twilio/after", by(answerAfter));
  app.on(webhook, "/twilio/fallback", by(answerFallback));
  app.on(webhook, "/twilio/status", by(takeStatus));
  app.on(webhook, "/twilio/stream", by(takeStreamEvent));
  app.get("/healthz", () => deps.health.live());
  app.get("/readyz", () => deps.health.ready());
  app.notFound(() => plainAnswer(404, "There is nothing here. Twilio's webhook is POST /twilio/voice."));
  app.onError((error, c) => answerThrown(error, routeOf(c.req.url, prefix), deps));
  return app;
}

/** We threw: the caller hears an apology, a callback is taken as heard, and the stack goes to the log. */
function answerThrown(error: Error, path: string, { log, config, alert, calls }: AppDeps): Response {
  log("error", "server.threw", { path, error: error.message, stack: error.stack });
  if (isHeard(path)) {
    alert("bug", `${path}: ${error.message}`, undefined);
    return apologise(path, config, calls);
  }
  return path === "/twilio/status" || path === "/twilio/stream" ? emptyAnswer() : plainAnswer(500, "Something broke; the log says what.");
}

/** The path without PUBLIC_URL's prefix: a proxy may take the prefix away, or leave it. */
function routeOf(url: string, prefix: string): string {
  const path = targetOf(url).replace(/\?.*$/s, "");
  return prefix !== "" && path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : path;
}
