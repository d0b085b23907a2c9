// Every route. Nothing is decided here: open-stream.ts, webhook.ts, fallback.ts, health.ts and metrics.ts answer.

import { type Context, Hono } from "hono";
import type { Connection } from "../../platform/seam.ts";
import { hangUpTwiml } from "../../protocol/twiml/dial.ts";
import { callerHearsAnswer, type WebhookDeps } from "../auth/authenticate-webhook.ts";
import type { ConsoleRoutes } from "../late-console.ts";
import { INSTANCE_HEADER, openStream, type StreamDeps } from "../stream/open-stream.ts";
import { emptyAnswer, plainAnswer, twimlAnswer } from "./answers.ts";
import { answerFallback } from "./fallback.ts";
import type { Health } from "./health.ts";
import { answerMetrics, type MetricsDeps } from "./metrics.ts";
import { targetOf } from "./request-facts.ts";
import { answerScreen } from "./screen.ts";
import { answerAfterThrow } from "./twiml-answers.ts";
import { answerUnknownPath, isMisdirectedWebhook } from "./unknown-path.ts";
import { answerAfter, answerStatusCallback, answerStreamCallback, answerVoice } from "./webhook.ts";

export type AppDeps = WebhookDeps & StreamDeps & MetricsDeps & { readonly health: Health; readonly console: ConsoleRoutes };

type Env = { Bindings: Connection };
type Answer = (request: Request, connection: Connection, deps: AppDeps) => Response | Promise<Response>;

/**
 * `app.fetch(request, connection)` never rejects. It answers an upgrade synchronously, so no middleware may run before
 * that route.
 */
export function makeApp(deps: AppDeps): Hono<Env> {
  const prefix = /^https?:\/\/[^/]*(\/.*)?$/.exec(deps.config.publicUrl ?? "")?.[1] ?? "";
  const app = new Hono<Env>({ getPath: (request) => routeOf(request.url, prefix) });
  const by =
    (answer: Answer) =>
    (c: Context<Env>): Response | Promise<Response> =>
      answer(c.req.raw, c.env, deps);
  // An answer names its instance, so that voice doctor recognises a refusal that is TwiML (doctor/checks/signature.ts).
  const named =
    (answer: Answer) =>
    async (c: Context<Env>): Promise<Response> => {
      const response = await answer(c.req.raw, c.env, deps);
      response.headers.set(INSTANCE_HEADER, deps.instance);
      return response;
    };
  const webhook = ["GET", "POST"];

  app.get("/twilio/realtime", by(openStreamOrReject));
  app.on(webhook, "/twilio/voice", named(answerVoice));
  app.on(webhook, "/twilio/after", named(answerAfter));
  app.on(webhook, "/twilio/screen", named(answerScreen));
  app.on(webhook, "/twilio/fallback", named(answerFallback));
  app.on(webhook, "/twilio/status", by(answerStatusCallback));
  app.on(webhook, "/twilio/stream", by(answerStreamCallback));
  app.get("/healthz", () => deps.health.live());
  app.get("/readyz", () => deps.health.ready());
  app.get("/metrics", by(answerMetrics));
  app.get("/console", by(answerConsole));
  app.get("/console/*", by(answerConsole));
  app.all("/api/v1/*", by(answerApi));
  app.notFound(by(answerUnknownPath));
  app.onError((error, c) => answerThrown(error, routeOf(c.req.url, prefix), deps));
  return app;
}

const answerConsole: Answer = (request, connection, deps) => deps.console.answer(request, connection);
const answerApi: Answer = (request, connection, deps) => deps.console.answerApi(request, connection);

/** Synchronous, as an upgrade has to be. */
function openStreamOrReject(request: Request, connection: Connection, deps: AppDeps): Response {
  return isMisdirectedWebhook(request) ? answerUnknownPath(request, connection, deps) : openStream(request, connection, deps);
}

/** A bug in voice: the caller hears an apology, a callback gets its 204, and the stack goes to the log. */
function answerThrown(error: Error, path: string, { log, config, alert, calls }: AppDeps): Response {
  log("error", "server.threw", { path, error: error.message, stack: error.stack });
  if (callerHearsAnswer(path)) {
    alert("bug", `${path}: ${error.message}`, undefined);
    return answerAfterThrow(path, config, calls);
  }
  // The person is not connected with a caller whom we know nothing about.
  if (path === "/twilio/screen") return twimlAnswer(hangUpTwiml());
  return path === "/twilio/status" || path === "/twilio/stream" ? emptyAnswer() : plainAnswer(500, "Internal error. See the server's log.");
}

/** The path without PUBLIC_URL's prefix: a proxy may strip the prefix or keep it. */
function routeOf(url: string, prefix: string): string {
  const path = targetOf(url).replace(/\?.*$/s, "");
  return prefix !== "" && path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : path;
}
