// What the simulated model says under load: it answers each turn at once with audio that carries the label of the call
// whose audio it heard, so that an answer which reaches another caller is seen. Pure.

import { joinBytes } from "../../protocol/bytes.ts";
import { toMulaw } from "../../simulators/openai/audio-format.ts";
import { type Brain, type BrainReply, spokenReply } from "../../simulators/openai/brains/brain.ts";
import { promptAudio, promptText } from "../../simulators/openai/brains/prompts/prompts.ts";
import { LabelledAudio, LabelReader, MAX_FRAME_NUMBER } from "../measure/fingerprint.ts";

/** The length of an answer: long enough to be interrupted. */
const REPLY_FRAMES = 150;
/** The frames of answer n are numbered from n times this. */
export const REPLY_STRIDE = 256;

/** The answers of the model. A greeting, which answers no audio, carries no label. */
export const loadBrain: Brain = {
  reply({ input, number }): BrainReply {
    const call = input
      .flatMap((one) => (one.type === "audio" ? [callOf(toMulaw(one.format, one.bytes))] : []))
      .findLast((one) => one !== undefined);
    if (call === undefined) return spokenReply(promptAudio("greeting"), promptText("greeting"));
    const audio = new LabelledAudio("model", call);
    const first = (number * REPLY_STRIDE) % MAX_FRAME_NUMBER;
    return spokenReply(joinBytes(Array.from({ length: REPLY_FRAMES }, (_, at) => audio.frame(first + at, true))), `(answer ${number})`);
  },
  transcribe: () => "(speech)",
};

/** The call whose label is in the audio. */
function callOf(mulaw: Uint8Array): number | undefined {
  return new LabelReader().push(mulaw).findLast(({ side }) => side === "caller")?.call;
}
