// /api/v1, behind the console: past calls, live calls, and what can be done with them. Every request has a session
// (access.ts) before it comes here.

import type { AskReader } from "../../adapters/store/call-reader.ts";
import type { CallQuery } from "../../adapters/store/read-calls.ts";
import type { Clock } from "../../call/ports.ts";
import type { Config } from "../../config/config.ts";
import { isObject, type JsonObject, parseJson } from "../../protocol/fields.ts";
import { isSid } from "../../protocol/sid.ts";
import { version } from "../../version.ts";
import type { CurrentAgents } from "../auth/authenticate-webhook.ts";
import type { CallRegistry } from "../calls/call-registry.ts";
import { emptyAnswer, jsonAnswer } from "../http/answers.ts";
import { targetOf } from "../http/request-facts.ts";
import { type BrowserCallDeps, beginBrowserCall, continueBrowserCall } from "./browser-calls.ts";
import { checklist } from "./checklist.ts";
import type { EventFeeds } from "./event-feed.ts";
import { type Problem, problemAnswer } from "./problem.ts";

export interface ApiDeps extends BrowserCallDeps {
  readonly calls: CallRegistry;
  readonly agents: CurrentAgents;
  readonly config: Pick<Config, "sentences" | "transferTo" | "twilioAuthToken" | "publicUrl" | "stateFolder">;
  /** Undefined: calls are not stored. */
  readonly ask: AskReader | undefined;
  readonly feeds: EventFeeds;
  readonly clock: Clock;
}

const MAX_BODY_CHARS = 4_096;
const MAX_ADDRESS_CHARS = 256;
const PAGE = 50;

const noStore: Problem = { status: 404, title: "Calls are not stored.", detail: "VOICE_STATE=off, or there is no state folder." };

/** Answers `path`, what follows /api/v1/. */
export async function answerApi(path: string, request: Request, deps: ApiDeps): Promise<Response> {
  const [collection = "", id = "", action = ""] = path.split("/");
  const route = `${request.method} ${collection}${id === "" ? "" : "/:id"}${action === "" ? "" : `/${action}`}`;
  if (id !== "" && !isSid("CA", id)) return problemAnswer(notFound);
  switch (route) {
    case "GET status":
      return jsonAnswer(200, await statusOf(deps));
    case "GET live":
      return deps.feeds.answer() ?? problemAnswer({ status: 503, title: "Too many pages are open.", detail: "Close some of them." });
    case "GET calls":
      return listAnswer(new URLSearchParams(targetOf(request.url).split("?")[1]), deps);
    case "GET calls/:id":
      return storyAnswer(id, deps);
    case "POST calls/:id/hang-up":
      return hangUp(id, deps);
    case "POST browser-calls":
      return beginAnswer(request, deps);
    case "POST browser-calls/:id/next": {
      const next = continueBrowserCall(id, deps);
      return next === undefined ? problemAnswer(notFound) : jsonAnswer(200, next);
    }
    default:
      return problemAnswer(notFound);
  }
}

const notFound: Problem = { status: 404, title: "There is nothing here.", detail: "docs/api.md lists what there is." };

async function statusOf(deps: ApiDeps): Promise<object> {
  const { agents, clock, calls, ask } = deps;
  const midnight = new Date(clock.nowMs());
  midnight.setUTCHours(0, 0, 0, 0);
  const answer = await ask?.({ type: "figures", sinceMs: midnight.getTime() });
  const last = await ask?.({ type: "list", query: { limit: 1 } });
  const lastCall = last?.type === "list" ? last.calls[0] : undefined;
  return {
    version,
    nowMs: clock.nowMs(),
    running: calls.running,
    agents: agents.book.agents.map(({ name }) => name),
    numbers: [...agents.book.numbers].map(([number, { agent }]) => ({ number, agent })),
    checklist: checklist({ ...deps, lastCall }),
    figures: answer?.type === "figures" ? answer.figures : undefined,
  };
}

async function listAnswer(params: URLSearchParams, { ask }: ApiDeps): Promise<Response> {
  if (ask === undefined) return problemAnswer(noStore);
  const query = queryOf(params);
  if ("title" in query) return problemAnswer(query);
  const answer = await ask({ type: "list", query });
  if (answer.type !== "list") return storeProblem(answer);
  const { calls } = answer;
  const last = calls.at(-1);
  const next = last !== undefined && calls.length === query.limit ? `${last.createdMs}.${last.callSid}` : undefined;
  return jsonAnswer(200, { calls, next });
}

function queryOf(params: URLSearchParams): CallQuery | Problem {
  const text = (name: string): string | undefined => params.get(name)?.slice(0, MAX_ADDRESS_CHARS) || undefined;
  const [since, until, place] = [text("since"), text("until"), text("before")];
  const [sinceMs, untilMs, before] = [timeOf(since), timeOf(until), cursorOf(place)];
  if (Number.isNaN(sinceMs)) return wrongParameter("since", "a time: 2026-11-27T08:00:00Z");
  if (Number.isNaN(untilMs)) return wrongParameter("until", "a time: 2026-11-27T08:00:00Z");
  if (place !== undefined && before === undefined) return wrongParameter("before", "`next` of an earlier page");
  const [agent, end, number, words] = [text("agent"), text("end"), text("number"), text("text")];
  return { limit: PAGE, sinceMs, untilMs, agent, end, number, text: words, before };
}

/** Epoch milliseconds, from a number of them or a date. NaN: it is neither. */
function timeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  return /^\d+$/.test(text) ? Number(text) : Date.parse(text);
}

function cursorOf(text = ""): CallQuery["before"] {
  const [, createdMs, callSid] = /^(\d{1,16})\.(CA[0-9a-f]{32})$/i.exec(text) ?? [];
  return callSid === undefined ? undefined : { createdMs: Number(createdMs), callSid };
}

function wrongParameter(name: string, expected: string): Problem {
  return { status: 400, title: `${name} is wrong.`, detail: `Expected ${expected}.` };
}

async function storyAnswer(callSid: string, { ask }: ApiDeps): Promise<Response> {
  if (ask === undefined) return problemAnswer(noStore);
  const answer = await ask({ type: "read", callSid });
  if (answer.type !== "read") return storeProblem(answer);
  return answer.story === undefined ? problemAnswer(notFound) : jsonAnswer(200, answer.story);
}

function storeProblem(answer: object): Response {
  const detail = "problem" in answer ? String(answer.problem) : "unknown";
  return problemAnswer({ status: 503, title: "Past calls cannot be read.", detail });
}

function hangUp(callSid: string, { calls }: ApiDeps): Response {
  const call = calls.find(callSid);
  if (call === undefined || call.end !== undefined) return problemAnswer({ ...notFound, detail: "This call is not running." });
  call.hangUp();
  return emptyAnswer();
}

async function beginAnswer(request: Request, deps: ApiDeps): Promise<Response> {
  const body = await readJson(request);
  const field = (name: string): string => (typeof body?.[name] === "string" ? body[name].slice(0, MAX_ADDRESS_CHARS) : "");
  if (body === undefined)
    return problemAnswer({ status: 400, title: "The body is not JSON.", detail: 'Expected {"from": "...", "to": "..."}.' });
  const begun = beginBrowserCall({ from: field("from"), to: field("to") }, deps);
  return "title" in begun ? problemAnswer(begun) : jsonAnswer(201, begun);
}

async function readJson(request: Request): Promise<JsonObject | undefined> {
  // Pages of other sites cannot send this type: https://fetch.spec.whatwg.org/#cors-safelisted-request-header
  if (!request.headers.get("content-type")?.startsWith("application/json")) return undefined;
  if (Number(request.headers.get("content-length") ?? MAX_BODY_CHARS + 1) > MAX_BODY_CHARS) return undefined;
  const value = parseJson(await request.text().catch(() => ""));
  return isObject(value) ? value : undefined;
}
