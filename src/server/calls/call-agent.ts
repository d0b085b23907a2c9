// Which agent answers a call, and the settings of its model session. Pure: the time comes in as an argument.

import type { CallSettings } from "../../call/call-settings.ts";
import type { CallPrices } from "../../call/machines/costs.ts";
import type { Agent, AgentBook, ModelChoice, OpeningHours } from "../../config/agents/agent.ts";
import { addressKey, isListed, WITHHELD_KEY } from "../../protocol/address.ts";
import { dearestTranscription, isTokenPrices, priceOf, type TokenPrices } from "../../protocol/realtime/prices.ts";
import type { SessionSettings } from "../../protocol/realtime/realtime.ts";
import { builtInTools } from "./built-in-tools.ts";
import { isOpen } from "./opening-hours.ts";

export interface Parties {
  /** Who calls. */
  readonly from: string;
  /** The number that was called. */
  readonly to: string;
}

/** What a new call gets. */
export type Answer =
  | { readonly type: "agent"; readonly agent: Agent }
  /** The number is closed: a sentence. */
  | { readonly type: "say"; readonly words: string }
  | { readonly type: "reject" };

/** By the rules for callers, then by the number that was called, then by its opening hours. */
export function answerFor(book: AgentBook, { from, to }: Parties, nowMs: number): Answer {
  const { deny, anonymous } = book.callers;
  const isWithheld = addressKey(from) === WITHHELD_KEY;
  if (isListed(from, deny) || (isWithheld && anonymous === "reject")) return { type: "reject" };
  const { agent, hours } = ruleFor(book, to) ?? { agent: undefined, hours: undefined };
  if (hours === undefined || isOpen(hours, nowMs)) return { type: "agent", agent: agentNamed(book, agent) };
  const { closed } = hours;
  return closed.type === "say" ? closed : { type: "agent", agent: agentNamed(book, closed.agent) };
}

/**
 * The agent of a call that is taken. One that the rules would refuse came with a valid token, and gets the first agent.
 */
export function agentOf(book: AgentBook, parties: Parties, nowMs: number): Agent {
  const answer = answerFor(book, parties, nowMs);
  return answer.type === "agent" ? answer.agent : book.agents[0];
}

function ruleFor({ numbers }: AgentBook, to: string) {
  return numbers.get(addressKey(to)) ?? numbers.get("*");
}

/** The first agent answers what no rule is about. */
function agentNamed({ agents }: AgentBook, name: string | undefined): Agent {
  return agents.find((agent) => agent.name === name) ?? agents[0];
}

/** Another server may not have the transcription model. */
function isOnSameServer(model: ModelChoice, first: ModelChoice): boolean {
  return model.type === "builtIn" || (first.type === "openai" && model.realtimeUrl === first.realtimeUrl);
}

/** A number has at most 15 digits; other addresses are cut. */
const MAX_ADDRESS_CHARS = 64;

/** The session that the model is configured with. `nowMs`: when the call begins. */
export function sessionFor(
  agent: Agent,
  book: AgentBook,
  { from, to }: Parties,
  nowMs: number,
  model: ModelChoice = agent.models[0],
): SessionSettings {
  const { voice, speed, languages, hearing } = agent;
  const transcriptionModel = isOnSameServer(model, agent.models[0]) ? hearing.transcriptionModel : null;
  const values: Readonly<Record<string, string>> = {
    caller: spoken(from),
    called: spoken(to),
    time: timeText(ruleFor(book, to)?.hours, nowMs),
    agent: agent.name,
  };
  const instructions = agent.instructions.replace(/\{\{\s*(\w+)\s*\}\}/g, (whole, name: string) =>
    Object.hasOwn(values, name) ? (values[name] ?? whole) : whole,
  );
  const tools = [...agent.tools.map(({ name, description, parameters }) => ({ name, description, parameters })), ...builtInTools(agent)];
  return {
    instructions: [instructions, ...languageRule(languages)].join("\n"),
    voice,
    ...(speed === 1 ? {} : { speed }),
    turn: hearing.turn,
    noise: hearing.noise,
    transcriptionModel,
    languages: [...new Set(languages.map((tag) => tag.split("-")[0] ?? tag))],
    keywords: hearing.keywords,
    ...(tools.length === 0 ? {} : { tools }),
  };
}

/**
 * An address as part of the instructions. A SIP or client name is chosen by the caller: only characters of addresses
 * pass, so that it cannot be an instruction of several words.
 */
function spoken(address: string): string {
  const key = addressKey(address);
  if (key === WITHHELD_KEY) return "a withheld number";
  return key.replaceAll(/[^\w+@.:-]/g, "").slice(0, MAX_ADDRESS_CHARS);
}

/** "Friday, November 27, 2026 at 3:04 PM (Europe/Berlin)". Without opening hours, in the time zone of this machine. */
function timeText(hours: OpeningHours | undefined, nowMs: number): string {
  const zone = hours === undefined ? {} : { timeZone: hours.timeZone };
  const format = new Intl.DateTimeFormat("en-US", { dateStyle: "full", timeStyle: "short", ...zone });
  // Runtimes differ in the kind of blank before "PM".
  return `${format.format(nowMs).replaceAll(/\s/g, " ")} (${format.resolvedOptions().timeZone})`;
}

function languageRule(languages: readonly string[]): readonly string[] {
  const names = new Intl.DisplayNames("en", { type: "language" });
  const [first, ...others] = languages.map((tag) => names.of(tag) ?? tag);
  if (first === undefined) return [];
  if (others.length === 0) return [`Speak ${first}, whatever language the caller speaks.`];
  return [`Speak ${first} first. When the caller speaks ${others.join(" or ")}, change to it; in any other language, stay with ${first}.`];
}

/** What the rules of a call need of its agent. `models`: those that answer, as they are dialled. */
export function agentSettings(agent: Agent, book: AgentBook, models: readonly ModelChoice[]) {
  const { canHangUp, canSendDigits, digits, keys, patience, budget, transfers, onFailure } = agent;
  return {
    greeting: greetingFor(agent),
    canHangUp,
    canSendDigits,
    digits,
    keys,
    transfers,
    onFailure,
    patience,
    budgetUsd: budget.perCallUsd,
    prices: models.map((model) => callPrices(model, agent, book.prices)),
    models: models.length,
  } satisfies Partial<CallSettings>;
}

/** What a model costs in a call, and its transcription. The built-in agent costs nothing. */
function callPrices(model: ModelChoice, { hearing, models }: Agent, own: AgentBook["prices"]): CallPrices {
  if (model.type === "builtIn") return { response: noPrices, transcription: noPrices };
  const response = priceOf(model.model, own);
  const transcriber = isOnSameServer(model, models[0]) ? hearing.transcriptionModel : null;
  return {
    response: isTokenPrices(response) ? response : undefined,
    transcription: transcriber === null ? undefined : (priceOf(transcriber, own) ?? dearestTranscription),
  };
}

const noPrices: TokenPrices = { textIn: 0, textCached: 0, textOut: 0, audioIn: 0, audioCached: 0, audioOut: 0 };

/** How the model is instructed to greet; undefined: the caller speaks first. */
export function greetingFor({ greeting }: Agent): string | undefined {
  if (greeting.type === "wait") return undefined;
  if (greeting.type === "instruct") return greeting.instructions;
  return `Say the following to the caller, word for word, and nothing else: ${JSON.stringify(greeting.words)}`;
}

/**
 * The model that answers. Without authentication it is the built-in one, so that strangers cannot spend the owner's
 * money.
 */
export function usableModel(
  model: ModelChoice,
  { twilioAuthToken, allowUnsigned }: { readonly twilioAuthToken: string | undefined; readonly allowUnsigned: boolean },
  { isOperator = false }: { readonly isOperator?: boolean } = {},
): ModelChoice {
  return twilioAuthToken === undefined && !allowUnsigned && !isOperator ? BUILT_IN : model;
}

const BUILT_IN: ModelChoice = { type: "builtIn" };
