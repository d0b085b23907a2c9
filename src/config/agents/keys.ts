// Keys of the telephone with a meaning of their own (`keys` of an agent in voice.toml).

import * as z from "zod";
import type { KeyAction } from "../../call/call-settings.ts";

/** What a key may do, by its name in the file. */
const actions: Readonly<Record<string, KeyAction>> = { hang_up: { type: "hangUp" }, repeat: { type: "repeat" } };

export const keys = z.record(z.string().regex(/^[0-9*#A-D]$/), z.enum(["hang_up", "repeat"]));

export function keysOf(entries: z.output<typeof keys> = {}): Readonly<Record<string, KeyAction>> {
  return Object.fromEntries(Object.entries(entries).flatMap(([key, name]) => [[key, actions[name]] as [string, KeyAction]]));
}
