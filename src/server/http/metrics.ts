// GET /metrics: who may read it, and in which format. What is in it: adapters/metrics/.

import type { Exposition } from "../../adapters/metrics/exposition.ts";
import type { Log } from "../../call/ports.ts";
import type { Connection } from "../../platform/seam.ts";
import { equalInConstantTime, sha256 } from "../../protocol/digest.ts";
import { nonLocalReason } from "../auth/local-caller.ts";
import { plainAnswer } from "./answers.ts";

/** Writes the metrics in the format that the Accept header asks for. */
export type Scrape = (accept: string) => Promise<Exposition>;

export interface MetricsDeps {
  readonly scrape: Scrape;
  /** VOICE_METRICS_TOKEN. */
  readonly metricsToken: string | undefined;
  readonly log: Log;
}

/** On the port that Twilio reaches: for this machine, or with the token. */
export function answerMetrics(request: Request, { peerAddress }: Connection, deps: MetricsDeps): Promise<Response> {
  const reason = nonLocalReason(peerAddress, request.headers);
  return reason === undefined || hasToken(request, deps) ? answer(request, deps) : Promise.resolve(reject(reason, peerAddress, deps));
}

/** On the address of VOICE_METRICS_LISTEN, which serves nothing else: if there is a token, it is needed here too. */
export function answerMetricsOnly(request: Request, connection: Connection, deps: MetricsDeps): Promise<Response> {
  const isMetrics = request.method === "GET" && new URL(request.url).pathname === "/metrics";
  if (!isMetrics) return Promise.resolve(plainAnswer(404, "There is only GET /metrics here."));
  return deps.metricsToken === undefined ? answer(request, deps) : answerMetrics(request, connection, deps);
}

async function answer(request: Request, { scrape }: MetricsDeps): Promise<Response> {
  const { contentType, text } = await scrape(request.headers.get("accept") ?? "");
  return new Response(text, { headers: { "Content-Type": contentType, "Cache-Control": "no-store" } });
}

/** RFC 6750 section 3: a client without a token is asked for one. */
function reject(reason: string, peer: string, { metricsToken, log }: MetricsDeps): Response {
  if (metricsToken === undefined) {
    log("warning", "metrics.rejected", { peer, reason, fix: "set VOICE_METRICS_TOKEN, or VOICE_METRICS_LISTEN" });
    return plainAnswer(403, "Metrics are for this machine only. Set VOICE_METRICS_TOKEN or VOICE_METRICS_LISTEN.");
  }
  log("warning", "metrics.rejected", { peer, reason: "no valid bearer token", fix: "send Authorization: Bearer and VOICE_METRICS_TOKEN" });
  const response = plainAnswer(401, "Send the token: Authorization: Bearer ...");
  response.headers.set("WWW-Authenticate", 'Bearer realm="metrics"');
  return response;
}

/** Compares hashes, which have one length, in constant time. */
function hasToken(request: Request, { metricsToken }: MetricsDeps): boolean {
  const sent = /^Bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
  if (metricsToken === undefined || sent === undefined) return false;
  return equalInConstantTime(sha256(sent), sha256(metricsToken));
}
