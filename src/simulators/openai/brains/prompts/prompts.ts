// The prompts of the built-in agent, as text and as audio. When to use which is decided in ../echo.ts.

import { rendered } from "./rendered.ts";

/** The greeting, "You pressed", and the name of each telephone key. */
export type PromptName = "greeting" | "youPressed" | "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "*" | "#";

export const PROMPT_NAMES: readonly PromptName[] = Object.keys(rendered) as PromptName[];

/** G.711 mu-law, 8 kHz, mono, no header. A new copy each time. */
export function promptAudio(name: PromptName): Uint8Array {
  return Uint8Array.fromBase64(rendered[name].mulawBase64); // skips line breaks
}

/** The text of a prompt, for the transcript. */
export function promptText(name: PromptName): string {
  return rendered[name].text;
}
