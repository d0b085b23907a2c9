// Keys of the telephone with a meaning of their own (`keys` of an agent in voice.toml).

import * as z from "zod";
import type { KeyAction } from "../../call/call-settings.ts";
import { distance, nearest, type Reader } from "../values.ts";
import { readBy } from "./read-by.ts";
import { transferName } from "./transfers.ts";

/** What a key may do, by its name in the file. */
const actions: ReadonlyMap<string, KeyAction> = new Map<string, KeyAction>([
  ["hang_up", { type: "hangUp" }],
  ["repeat", { type: "repeat" }],
]);
/** No name is that long. */
const MAX_COMPARED_CHARS = 20;
/** Letters that may be wrong for a suggestion. */
const MAX_DISTANCE = 3;
const EXAMPLES = [...actions.keys(), "transfer:desk"];

/** Whether the agent has the transfer: references.ts. */
const keyAction: Reader<KeyAction> = (text) => {
  const action = actions.get(text);
  if (action !== undefined) return action;
  const transfer = transferName(text);
  if (transfer !== undefined) return { type: "transfer", name: transfer };
  const meant = text.length > MAX_COMPARED_CHARS ? "" : nearest(text, [...actions.keys()]);
  const isClose = meant !== "" && distance(text, meant) <= MAX_DISTANCE;
  return { expected: "hang_up, repeat or transfer:NAME", hint: isClose ? `did you mean ${meant}?` : `try ${EXAMPLES.join(", ")}` };
};

export const keys = z.record(z.string().regex(/^[0-9*#A-D]$/), readBy(keyAction, EXAMPLES));
