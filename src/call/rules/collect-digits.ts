// `collect_digits`: the model asks for an account number or a PIN, and the caller types it. Keys are digits then, not
// words for the model. It ends when all digits are there, at the key that ends them, after a pause, or when the caller
// speaks instead. What is masked the model never gets: functions with a placeholder for it do.

import { isObject, parseJson } from "../../protocol/fields.ts";
import type { FunctionCall } from "../../protocol/realtime/realtime.ts";
import type { DigitsKind } from "../call-settings.ts";
import type { CallEvent } from "../events.ts";
import { isLateKey, type OpenCollecting, takeKey } from "../machines/collecting.ts";
import { hasOutstandingMark, unheardMs } from "../machines/playout.ts";
import { allowTools } from "../machines/tools.ts";
import { beginTurn } from "../machines/turns.ts";
import { change, clearDeadlines, enterPhase, type Step, setDeadline } from "../state.ts";
import { interruptByKey } from "./barge-in.ts";
import { onToolReturned } from "./tool-results.ts";

/** The name under which the model collects digits. */
export const COLLECT_DIGITS = "collect_digits";

/** However slowly the caller types: then it is over. */
export const COLLECT_MAX_MS = 120_000;
/** The model may take the tone of a key for speech. */
const KEY_NOISE_MS = 1_000;

export function startCollecting(step: Step, atMs: number, { callId, arguments: given }: FunctionCall): Step {
  const { collecting, settings, caller } = step.call;
  const returned = (output: string): Step => onToolReturned(step, { type: "tool.returned", atMs, callId, output });
  if (collecting?.state === "open") return returned("Not done: digits are being collected already.");
  if (caller.state !== "live") return returned("Not done: the line was interrupted. Ask again.");
  const wanted = readWanted(given, settings.digits);
  if (typeof wanted === "string") return returned(wanted);
  const open = change(step, { collecting: { state: "open", callId, ...wanted, digits: "", keyAtMs: undefined } });
  return setDeadline(open, "digits", atMs + unheardMs(open.call.playout) + wanted.kind.timeoutMs);
}

function readWanted(given: string, kinds: readonly DigitsKind[]): { readonly kind: DigitsKind; readonly max: number } | string {
  // Some models write nothing for a function whose parameters are optional.
  const wanted = parseJson(given.trim() === "" ? "{}" : given);
  if (wanted === undefined) return "Not done: the arguments are not JSON.";
  const { what, max_digits: max } = isObject(wanted) ? wanted : {};
  const kind = what === undefined && kinds.length === 1 ? kinds[0] : kinds.find(({ name }) => name === what);
  if (kind === undefined) return `Not done: what must be one of ${kinds.map(({ name }) => name).join(", ")}.`;
  if (max === undefined) return { kind, max: kind.max };
  if (typeof max !== "number" || !Number.isInteger(max) || max < 1) return "Not done: max_digits must be a whole number from 1.";
  return { kind, max: Math.min(max, kind.max) };
}

/** A key while digits are collected, or just after. Undefined: it is an ordinary key. */
export function onKeyOfDigits(step: Step, atMs: number, key: string): Step | undefined {
  const { collecting } = step.call;
  if (collecting?.state !== "open") return isLateKey(collecting, key, atMs) ? step : undefined;
  const taken = takeKey(collecting, key, atMs);
  // The question has been understood: the rest of it would only be in the way.
  const quiet = interruptByKey(change(step, { collecting: taken.collecting, tools: allowTools(step.call.tools) }));
  const heard = quiet.call.model.state === "ready" ? enterPhase(quiet, "talking") : quiet;
  if (taken.isComplete) return finish(heard, atMs, taken.collecting, "");
  return setDeadline(heard, "digits", atMs + collecting.kind.timeoutMs);
}

/** No key came. The time counts from the end of the question. */
export function onDigitsTimeout(step: Step, atMs: number): Step {
  const { collecting, playout } = step.call;
  if (collecting?.state !== "open") return step;
  const { kind, keyAtMs } = collecting;
  if (keyAtMs === undefined && hasOutstandingMark(playout)) return setDeadline(step, "digits", atMs + unheardMs(playout) + kind.timeoutMs);
  return finish(step, atMs, collecting, "Then the caller did not go on.");
}

/** After any event but audio: the caller speaks instead of typing, or the function has been given up. */
export function keepCollecting(step: Step, event: CallEvent): Step {
  const { collecting, tools } = step.call;
  if (collecting?.state !== "open") return step;
  const { callId, keyAtMs } = collecting;
  if (!tools.running.some((one) => one.callId === callId)) return clearDeadlines(change(step, { collecting: undefined }), "digits");
  if (event.type !== "model.speechStarted" || event.atMs - (keyAtMs ?? Number.NEGATIVE_INFINITY) < KEY_NOISE_MS) return step;
  return finish(step, event.atMs, collecting, "Then the caller spoke.");
}

function finish(step: Step, atMs: number, collecting: OpenCollecting, why: string): Step {
  const { callId, kind, digits } = collecting;
  const { typed, turns } = step.call;
  const isEnough = digits.length >= kind.min;
  const closed = change(clearDeadlines(step, "digits"), {
    collecting: { state: "closed", kind, atMs },
    typed: isEnough ? { ...typed, [kind.name]: digits } : typed,
    turns: digits === "" ? turns : beginTurn(turns, "keys", atMs, undefined),
  });
  const output = [wordsFor(collecting, isEnough), why].filter((part) => part !== "").join(" ");
  return onToolReturned(closed, { type: "tool.returned", atMs, callId, output });
}

/** What the model gets of the digits. */
function wordsFor({ kind, digits }: OpenCollecting, isEnough: boolean): string {
  if (digits === "") return "The caller typed nothing.";
  const typed = kind.isMasked
    ? `The caller typed ${digits.length === 1 ? "1 digit" : `${digits.length} digits`}.`
    : `The caller typed ${digits}.`;
  if (!isEnough) return `${typed} At least ${kind.min} are needed: they are not used.`;
  return kind.isMasked ? `${typed} You cannot see them: functions that need ${kind.name} have them.` : typed;
}
