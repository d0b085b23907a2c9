// What the doctor's caller said in a call, for its WAV file: the media frames that were sent, each at its own
// timestamp. Pure.

import { Buffer } from "node:buffer";
import { MULAW_SILENCE } from "../../audio/g711.ts";
import { isObject, parseJson } from "../../protocol/fields.ts";
import { PCMU_BYTES_PER_MS } from "../../protocol/media-streams/media-streams.ts";
import type { DoctorCall } from "../evidence/evidence.ts";

interface SentAudio {
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** PCMU, from the first stream's opening on. */
export function callerAudio(frames: DoctorCall["frames"]): Uint8Array {
  const sent = sentAudio(frames);
  const audio = new Uint8Array(Math.max(0, ...sent.map(({ at, bytes }) => at + bytes.length))).fill(MULAW_SILENCE);
  for (const { at, bytes } of sent) audio.set(bytes, at);
  return audio;
}

function sentAudio(frames: DoctorCall["frames"]): readonly SentAudio[] {
  return frames.flatMap((frame) => {
    if (frame.type !== "text" || frame.from !== "twilio") return [];
    const message = parseJson(frame.text);
    const media = isObject(message) ? message["media"] : undefined;
    if (!isObject(media) || typeof media["payload"] !== "string") return [];
    const at = Math.round((Number(media["timestamp"]) || 0) * PCMU_BYTES_PER_MS);
    return [{ at, bytes: new Uint8Array(Buffer.from(media["payload"], "base64")) }];
  });
}
