// The agents of the configuration as `voice check` shows them: who answers which number, with which model and words.
// Pure. Keys are not shown.

import type { KeyAction } from "../call/call-settings.ts";
import type { Agent, AgentBook, HttpTool, ModelChoice, NumberRule, OpenSpan } from "../config/agents/agent.ts";
import { COLLECT_DIGITS, HANG_UP, SEND_DIGITS } from "../config/agents/tool-values.ts";
import { maskNumber } from "../protocol/masking.ts";
import { oneLine } from "../report/terminal.ts";

const MAX_WORDS_CHARS = 100;
const days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/** Lines for a terminal. Empty without voice.toml: then the settings say it all. */
export function agentsText({ file, agents, numbers, callers, privacy }: AgentBook): readonly string[] {
  if (file === undefined) return [];
  const isListed = numbers.size > 0;
  return [
    `agents of ${file}:`,
    ...agents.flatMap(agentLines),
    "numbers:",
    ...[...numbers].map(([number, rule]) => `  ${number === "*" ? "every other number" : number}: ${ruleText(rule)}`),
    ...(numbers.has("*") ? [] : [`  ${isListed ? "every other number" : "every number"}: ${agents[0].name}`]),
    "callers:",
    `  rejected: ${callers.deny.length === 0 ? "none" : callers.deny.join(", ")}; withheld numbers: ${callers.anonymous}`,
    `  calls at the same time from one number: ${callers.perNumber ?? "no limit"}`,
    ...privacyLines(privacy),
    "",
  ];
}

function privacyLines({ keep, redact }: AgentBook["privacy"]): readonly string[] {
  return [
    "past calls:",
    `  transcripts are kept ${daysText(keep.transcriptMs)}, records ${daysText(keep.recordMs)}`,
    `  taken out of what is stored: ${redact.length === 0 ? "nothing" : redact.join(", ")}`,
  ];
}

function daysText(ms: number | undefined): string {
  if (ms === undefined) return "forever";
  const hours = ms / 3_600_000;
  return hours % 24 === 0 ? `${hours / 24} days` : `${hours} hours`;
}

function agentLines({
  name,
  models,
  voice,
  speed,
  languages,
  greeting,
  hearing,
  keys,
  patience,
  budget,
  instructions,
  tools,
  canHangUp,
  canSendDigits,
  digits,
  transfers,
  onFailure,
}: Agent): readonly string[] {
  const [first, ...others] = models.map(modelText);
  const toolNames = [
    ...tools.map(toolText),
    ...(canHangUp ? [HANG_UP] : []),
    ...(canSendDigits ? [SEND_DIGITS] : []),
    ...digitsText(digits),
  ];
  const begins =
    greeting.type === "wait" ? "the caller speaks first" : `${greeting.type === "say" ? "says" : "is to"}: ${words(textOf(greeting))}`;
  const { turn, noise, transcriptionModel } = hearing;
  const ends = turn.type === "server" ? `${turn.silenceMs} ms of silence` : `what was said (${turn.eagerness})`;
  return [
    `  ${name}: ${first}, voice ${voice}${speed === 1 ? "" : ` at speed ${speed}`}`,
    ...others.map((model) => `    when that fails: ${model}`),
    `    languages: ${languages.length === 0 ? "as the instructions say" : languages.join(", ")}`,
    `    first words: ${begins}`,
    `    a turn ends by ${ends}; noise reduction: ${noise ?? "off"}; transcribed by: ${transcriptionModel ?? "no model"}`,
    `    tools: ${toolNames.length === 0 ? "none" : toolNames.join(", ")}`,
    ...transferLines(transfers, onFailure),
    ...keyLines(keys),
    ...limitLines(patience, budget),
    `    instructions, ${instructions.length} characters: ${words(instructions)}`,
  ];
}

/** With what the caller may be asked to type. */
function digitsText(kinds: Agent["digits"]): readonly string[] {
  if (kinds.length === 0) return [];
  return [`${COLLECT_DIGITS} (${kinds.map(({ name, isMasked }) => `${name}${isMasked ? ", masked" : ""}`).join("; ")})`];
}

/** Whom the agent may transfer a caller to. Numbers are masked. */
function transferLines(transfers: Agent["transfers"], onFailure: Agent["onFailure"]): readonly string[] {
  const lines = transfers.map(({ name, to, isScreened, order, ringMs }) => {
    const people = to.map(maskNumber).join(order === "all" ? " and " : ", then ");
    return `    transfer to ${name}: ${people}, ${isScreened ? "who press 1" : "cold"}, ${ringMs / 1_000} s each`;
  });
  return onFailure === undefined ? lines : [...lines, `    when a call cannot go on: transfer to ${onFailure}`];
}

function keyLines(keys: Agent["keys"]): readonly string[] {
  const each = Object.entries(keys).map(([key, action]) => `${key} ${keyWords(action)}`);
  return each.length === 0 ? [] : [`    keys: ${each.join(", ")}`];
}

function keyWords(action: KeyAction): string {
  if (action.type === "transfer") return `transfers to ${action.name}`;
  return action.type === "hangUp" ? "hangs up" : "repeats";
}

/** Empty: there are none. */
function limitLines({ idle, duration }: Agent["patience"], { perCallUsd, perDayUsd }: Agent["budget"]): readonly string[] {
  const silence = idle === undefined ? [] : [`a caller silent for ${idle.ms / 1_000} s is asked ${idle.times} times: ${words(idle.say)}`];
  const time = duration === undefined ? [] : [`a call lasts at most ${duration.maxMs / 60_000} minutes`];
  const ofCall = perCallUsd === undefined ? [] : [`a call costs at most $${perCallUsd}`];
  const ofDay = perDayUsd === undefined ? [] : [`all calls of a day cost at most $${perDayUsd}`];
  return [...silence, ...time, ...ofCall, ...ofDay].map((line) => `    ${line}`);
}

/** With its server, as private hosts and typing mistakes show there. */
function toolText({ name, method, url }: HttpTool): string {
  return `${name} (${method} ${new URL(url).host})`;
}

function modelText(model: ModelChoice): string {
  return model.type === "openai" ? `${model.model} at ${new URL(model.realtimeUrl).host}` : "the built-in agent";
}

function textOf(greeting: Exclude<Agent["greeting"], { type: "wait" }>): string {
  return greeting.type === "say" ? greeting.words : greeting.instructions;
}

function words(text: string): string {
  return JSON.stringify(oneLine(text, MAX_WORDS_CHARS));
}

function ruleText({ agent, hours }: NumberRule): string {
  if (hours === undefined) return agent;
  const { open, timeZone, closed } = hours;
  const otherwise = closed.type === "agent" ? closed.agent : `says ${words(closed.words)}`;
  return `${agent}, ${open.map(spanText).join(", ")} (${timeZone}); at other times ${otherwise}`;
}

function spanText({ days: open, fromMinute, toMinute }: OpenSpan): string {
  return `${open.map((day) => days[day - 1]).join(",")} ${timeOf(fromMinute)}-${timeOf(toMinute)}`;
}

function timeOf(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
}
