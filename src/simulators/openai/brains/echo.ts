// The brain of the built-in agent: it greets, repeats what the caller says, and reads key presses back. It understands nothing, so nothing can be wrong with it.
// Its prompts are real speech: ../prompts/prompts.ts.

import { joinBytes } from "../../../protocol/bytes.ts";
import { TICKS_PER_MS, ticksOf, toMulaw } from "../audio-format.ts";
import { type Brain, type BrainInput, type BrainReply, spokenReply } from "./brain.ts";
import { type PromptName, promptAudio, promptText } from "./prompts/prompts.ts";

/** How voice tells every model of a key: as the user's words. */
const pressed = /^The caller pressed ([0-9*#])\.$/;

interface Part {
  readonly mulaw: Uint8Array;
  readonly words: string;
}

/** The built-in agent. Asked to speak when nothing was said that it can answer, it greets. */
export const echoBrain: Brain = {
  reply({ said }): BrainReply {
    const keys = said.flatMap(pressedKey);
    const parts = said.flatMap((one) => (one.type === "audio" ? [repeated(one)] : []));
    if (keys.length > 0) parts.push(...(["youPressed", ...keys] as const).map(prompted));
    if (parts.length === 0) parts.push(prompted("greeting"));
    return spokenReply(joinBytes(parts.map((part) => part.mulaw)), parts.map((part) => part.words).join(" "));
  },
  transcribe: (audio) => words(audio),
};

function prompted(name: PromptName): Part {
  return { mulaw: promptAudio(name), words: promptText(name) };
}

function pressedKey(said: BrainInput): readonly PromptName[] {
  const key = said.type === "text" && said.role === "user" ? pressed.exec(said.text)?.[1] : undefined;
  return key === undefined ? [] : [key as PromptName]; // the pattern's own characters are all prompts
}

/** The caller's turn, byte for byte where the session speaks mu-law both ways. */
function repeated(audio: BrainInput & { readonly type: "audio" }): Part {
  return { mulaw: toMulaw(audio.format, audio.bytes), words: words(audio) };
}

/** It has not understood the words, and says so. */
function words({ bytes, format }: BrainInput & { readonly type: "audio" }): string {
  return `(${(ticksOf(format, bytes.length) / TICKS_PER_MS / 1000).toFixed(1)} seconds of the caller's voice)`;
}
