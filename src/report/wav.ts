// A call's audio as a stereo WAV file, mu-law at 8 kHz: left what the caller said, right what the caller heard. Pure.

import { MULAW_SILENCE } from "../audio/g711.ts";
import { formatWav } from "../audio/wav.ts";
import { renderHeard } from "../simulators/twilio/heard-audio.ts";
import type { StreamLog } from "../simulators/twilio/telephone/telephone-state.ts";

/** `said`: PCMU from the stream's first moment on. Undefined when there was no stream, or it has not ended. */
export function callWav(stream: StreamLog | undefined, said: Uint8Array): Uint8Array | undefined {
  if (stream?.heard === undefined || stream.openedAtMs === undefined || stream.end === undefined) return undefined;
  const heard = renderHeard(stream.heard, { fromMs: stream.openedAtMs, untilMs: stream.end.atMs });
  const data = new Uint8Array(heard.length * 2);
  for (const [at, code] of heard.entries()) {
    data[2 * at] = said[at] ?? MULAW_SILENCE;
    data[2 * at + 1] = code;
  }
  return formatWav({ encoding: "mulaw", rateHz: 8_000, channels: 2, data });
}
