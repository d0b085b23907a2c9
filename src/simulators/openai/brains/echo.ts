// The brain of the built-in agent. It greets, repeats what the caller says, and reads key presses back. It does not
// understand speech, so it has no wrong answers. Its prompts are synthesized speech: prompts/prompts.ts.

import { joinBytes } from "../../../protocol/bytes.ts";
import { TICKS_PER_MS, ticksOf, toMulaw } from "../audio-format.ts";
import { type Brain, type BrainInput, type BrainReply, spokenReply } from "./brain.ts";
import { type PromptName, promptAudio, promptText } from "./prompts/prompts.ts";

/** How voice reports a pressed key to any model: as a user's text message. */
const pressed = /^The caller pressed ([0-9*#])\.$/;

interface Part {
  readonly mulaw: Uint8Array;
  readonly text: string;
}

/** Repeats the caller's audio and names pressed keys. Without either, it greets. */
export const echoBrain: Brain = {
  reply({ input }): BrainReply {
    const keys = input.flatMap(pressedKey);
    const parts = input.flatMap((one) => (one.type === "audio" ? [repeated(one)] : []));
    if (keys.length > 0) parts.push(...(["youPressed", ...keys] as const).map(prompted));
    if (parts.length === 0) parts.push(prompted("greeting"));
    return spokenReply(joinBytes(parts.map((part) => part.mulaw)), parts.map((part) => part.text).join(" "));
  },
  transcribe: (audio) => describe(audio),
};

function prompted(name: PromptName): Part {
  return { mulaw: promptAudio(name), text: promptText(name) };
}

function pressedKey(input: BrainInput): readonly PromptName[] {
  const key = input.type === "text" && input.role === "user" ? pressed.exec(input.text)?.[1] : undefined;
  return key === undefined ? [] : [key as PromptName]; // every character of the pattern is a prompt's name
}

/** The caller's turn, byte for byte if the session uses mu-law both ways. */
function repeated(audio: BrainInput & { readonly type: "audio" }): Part {
  return { mulaw: toMulaw(audio.format, audio.bytes), text: describe(audio) };
}

/** The transcript of audio that was not understood. */
function describe({ bytes, format }: BrainInput & { readonly type: "audio" }): string {
  return `(${(ticksOf(format, bytes.length) / TICKS_PER_MS / 1000).toFixed(1)} seconds of the caller's voice)`;
}
