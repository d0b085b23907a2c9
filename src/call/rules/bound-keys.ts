// Keys with a meaning of their own (`keys` in voice.toml). They act at once, even while the agent speaks, and without
// the model's doing. Every other key is words for the model (caller-input.ts).

import type { KeyAction } from "../call-settings.ts";
import { isDigitTooMany } from "../machines/collecting.ts";
import type { History } from "../machines/history.ts";
import { allowTools } from "../machines/tools.ts";
import { change, enterPhase, order, type Step } from "../state.ts";
import { interruptByKey } from "./barge-in.ts";
import { leave } from "./ending.ts";
import { keepTalking } from "./goodbye.ts";
import { TRANSFERS_MAX } from "./leave-by-function.ts";
import { requestWords } from "./responses.ts";
import { startTransfer } from "./transfer.ts";

/** For the person who answers. */
const PRESSED = "The caller pressed a key to speak to you.";
/** Longer answers are repeated by the model in its own words. */
const REPEATED_CHARS_MAX = 2_000;

/** Undefined: the key has no meaning of its own. */
export function onBoundKey(step: Step, atMs: number, key: string): Step | undefined {
  const { settings, identity, collecting, transfers } = step.call;
  const action = Object.hasOwn(settings.keys, key) ? settings.keys[key] : undefined;
  if (action === undefined || isDigitTooMany(collecting, atMs)) return undefined;
  if (action.type === "transfer" && transfers.length >= TRANSFERS_MAX) return undefined;
  const logged = order(step, {
    type: "log",
    level: "info",
    event: "key.acted",
    fields: { callSid: identity.callSid, key, action: action.type },
  });
  return act(logged, atMs, action);
}

function act(step: Step, atMs: number, action: KeyAction): Step {
  switch (action.type) {
    case "hangUp":
      return leave(step, atMs, { by: "agent", cause: "hungUp" }, { type: "nothing" });
    case "repeat":
      return repeat(step, atMs);
    case "transfer":
      return startTransfer(step, atMs, action.name, PRESSED);
  }
}

/** The agent says its last answer again. */
function repeat(step: Step, atMs: number): Step {
  const { tools, model, history } = step.call;
  const interrupted = keepTalking(interruptByKey(change(step, { tools: allowTools(tools) })));
  const heard = model.state === "ready" ? enterPhase(interrupted, "talking") : interrupted;
  return requestWords(heard, atMs, wordsToRepeat(history), "keys");
}

/** The text comes from here: of an answer that was cut, the model knows only what was heard. */
function wordsToRepeat(history: History): string {
  const last = history.findLast(({ role, text }) => role === "assistant" && text !== "");
  return last === undefined || last.text.length > REPEATED_CHARS_MAX
    ? "Say again what you said last, and nothing else."
    : `Say this to the caller again, word for word, and nothing else: ${JSON.stringify(last.text)}`;
}
