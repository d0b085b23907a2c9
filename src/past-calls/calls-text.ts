// Past calls as text: a list with a line for each, and the whole story of one call on one screen. Pure.

import { type CallStory, endedOnPurpose, type StoredCall, type StoredTurn } from "../adapters/store/read-calls.ts";
import { maskNumber } from "../protocol/masking.ts";
import { oneLine, type Paint } from "../report/terminal.ts";

const COLUMNS = 160;
/** Of an agent's name and of an address in the list. */
const NAME_CHARS = 14;
const ADDRESS_CHARS = 20;

/** The newest first, as they are given. */
export function listText(calls: readonly StoredCall[], paint: Paint): readonly string[] {
  if (calls.length === 0) return ["no calls"];
  const head = ["when (UTC)".padEnd(19), "length", "from".padEnd(ADDRESS_CHARS), "agent".padEnd(NAME_CHARS), "turns", "how it ended"].join(
    "  ",
  );
  return [paint("grey", head), ...calls.map((call) => lineOf(call, paint))];
}

function lineOf(call: StoredCall, paint: Paint): string {
  const cells = [
    timeOf(call.createdMs),
    lengthOf(call).padStart(6),
    cell(maskNumber(call.from), ADDRESS_CHARS),
    cell(call.agent, NAME_CHARS),
    String(call.turns).padStart(5),
  ];
  return `${cells.join("  ")}  ${endText(call, paint)}  ${paint("grey", call.callSid)}`;
}

/** Everything about one call, in the order in which it happened. */
export function storyText({ call, turns, notes, tools, deliveries }: CallStory, paint: Paint): readonly string[] {
  const happened = [
    ...turns.flatMap((turn) => turnLines(turn)),
    ...notes.map(({ atMs, name, fields }) => ({ atMs, text: paint("grey", oneLine(`${name}${fieldsText(fields)}`, COLUMNS)) })),
    ...tools.map(({ startedMs, name, arguments: given }) => ({
      atMs: startedMs,
      text: paint("yellow", oneLine(`tool ${name} ${given ?? "(no longer kept)"}`, COLUMNS)),
    })),
    ...tools.flatMap(({ startedMs, returnedMs, name, output }) =>
      returnedMs === null
        ? []
        : [{ atMs: returnedMs, text: oneLine(`tool ${name}: ${output ?? "(no longer kept)"} (${returnedMs - startedMs} ms)`, COLUMNS) }],
    ),
  ].sort((one, other) => one.atMs - other.atMs);
  return [
    `${call.callSid}: ${endText(call, paint)}`,
    `${timeOf(call.createdMs)} UTC, ${lengthOf(call)}, ${call.direction ?? "unknown direction"}`,
    `from ${maskNumber(call.from)} to ${maskNumber(call.to)}, answered by ${call.agent} (${call.model ?? "the built-in agent"})`,
    `${call.turns} turns, longest wait ${secondsText(call.longestWaitMs)}, ${call.inputTokens} tokens in, ${call.outputTokens} out${costText(call)}`,
    "",
    ...happened.map(({ atMs, text }) => `${offsetText(atMs - call.createdMs)}  ${text}`),
    ...deliveries.map((delivery) => deliveryText(delivery, paint)),
  ];
}

/** To a hundredth of a cent. */
function costText({ costUsd }: StoredCall): string {
  return costUsd === null ? "" : `, $${costUsd.toFixed(4)}`;
}

/** "delivery call.ended: parked after 2 attempts: answered 500" */
function deliveryText({ event, state, attempts, problem }: CallStory["deliveries"][number], paint: Paint): string {
  const text = `delivery ${event}: ${state} after ${attempts} ${attempts === 1 ? "attempt" : "attempts"}`;
  return paint(state === "parked" ? "red" : "grey", oneLine(problem === null ? text : `${text}: ${problem}`, COLUMNS));
}

interface Happened {
  readonly atMs: number;
  readonly text: string;
}

/** What the caller said, and what the agent answered, when it began to. */
function turnLines({ trigger, atMs, latencyMs, interrupted, callerText, modelText }: StoredTurn): readonly Happened[] {
  const said = trigger === "speech" ? [{ atMs, text: oneLine(`caller: ${callerText ?? "(no transcript)"}`, COLUMNS) }] : [];
  if (latencyMs === null) return said;
  const how = `${latencyMs} ms${interrupted ? ", interrupted" : ""}`;
  return [...said, { atMs: atMs + latencyMs, text: oneLine(`agent: ${modelText ?? "(no transcript)"} (${how})`, COLUMNS) }];
}

function endText(call: StoredCall, paint: Paint): string {
  const { endedMs, endBy, endCause, fallback, twilioCode } = call;
  if (endedMs === null) return paint("green", "running");
  const code = twilioCode === null ? "" : `, Twilio ${twilioCode}`;
  const text = `${endBy}: ${endCause}${fallback === null || fallback === "none" ? "" : `, ${fallback}`}${code}`;
  return endedOnPurpose(call) ? text : paint("red", text);
}

function cell(text: string, chars: number): string {
  return oneLine(text, chars).padEnd(chars);
}

/** "2026-11-27 19:46:56" */
function timeOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace("T", " ");
}

function lengthOf({ createdMs, endedMs }: StoredCall): string {
  return endedMs === null ? "" : `${Math.round((endedMs - createdMs) / 1_000)} s`;
}

function secondsText(ms: number | null): string {
  return ms === null ? "unknown" : `${(ms / 1_000).toFixed(1)} s`;
}

/** From the beginning of the call: "  12.3 s". */
function offsetText(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`.padStart(9);
}

function fieldsText(fields: Readonly<Record<string, unknown>>): string {
  const shown = Object.entries(fields).map(([name, value]) => `${name}=${String(value)}`);
  return shown.length === 0 ? "" : `: ${shown.join(" ")}`;
}
