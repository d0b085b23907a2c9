// What the built-in agent can say, as text and as sound. Pure data and its look-up; when to say what is the echo brain's business.

import { rendered } from "./rendered.ts";

/** What the agent can say: its greeting, "You pressed", and the name of each key of a telephone. */
export type PromptName = "greeting" | "youPressed" | "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "*" | "#";

/** Every prompt's name. */
export const PROMPT_NAMES: readonly PromptName[] = Object.keys(rendered) as PromptName[];

/** Gives a prompt's sound: G.711 mu-law, 8 kHz, mono, no header; a new copy each time. */
export function promptAudio(name: PromptName): Uint8Array {
  return Uint8Array.fromBase64(rendered[name].mulawBase64); // skips the line breaks
}

/** Gives the words of a prompt, for the transcript. */
export function promptText(name: PromptName): string {
  return rendered[name].text;
}
