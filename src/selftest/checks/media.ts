// The audio: the greeting is heard, speech and replies pass byte for byte, and no call hears another. Judged by the
// signal.
// Follows https://www.twilio.com/docs/voice/media-streams/websocket-messages#media-message and ITU-T G.711

import { decodeMulaw, MULAW_SILENCE } from "../../audio/g711.ts";
import { levelDbfs, SILENCE_DBFS } from "../../audio/level.ts";
import { toneLevelDbfs } from "../../audio/tone.ts";
import { PCMU_BYTES_PER_MS } from "../../protocol/media-streams/media-streams.ts";
import { type CallEvidence, describeStream, eventOf, firstDifference, heardByModel, listeningSession, played } from "./evidence.ts";
import { allHold, type SelftestCheck } from "./judgement.ts";

/** How far a pure tone may lie below the total level: the error of Goertzel's algorithm. */
const OWN_TONE_DB = 3;
/** How far the other call's tone must lie below one's own. Mu-law noise is about 38 dB down, spread out. */
const CROSSTALK_DB = 30;

export type ToneEvidence = CallEvidence & { readonly greetingHz: number };

export const greetingHeard: SelftestCheck<ToneEvidence> = {
  id: "greeting.heard",
  stage: "media",
  level: "error",
  requirement: "The agent speaks first: the caller hears the greeting before saying a word.",
  source: "https://developers.openai.com/api/docs/guides/realtime-conversations",
  judge({ call, replies, greetingHz }) {
    const [stream] = call.streams;
    const wanted = replies[0]?.length ?? 0;
    const samples = decodeMulaw(played(stream).subarray(0, wanted));
    const [all, tone] = [levelDbfs(samples), toneLevelDbfs(samples, greetingHz)];
    const heard = `${Math.round(samples.length / PCMU_BYTES_PER_MS)} ms of audio, ${Math.round(tone)} dBFS at ${greetingHz} Hz, ${Math.round(all)} dBFS in total`;
    const expected = `${wanted / PCMU_BYTES_PER_MS} ms of a ${greetingHz} Hz tone`;
    return allHold(
      expected,
      heard,
      [samples.length > 0, `nothing: ${describeStream(stream)}`],
      [samples.length === wanted, heard],
      [all > -40 && all - tone < OWN_TONE_DB, heard],
    );
  },
};

export const speechUnchanged: SelftestCheck<CallEvidence> = {
  id: "speech.unchanged",
  stage: "media",
  level: "error",
  requirement: "The caller's speech reaches the model byte for byte, none of it before session.updated.",
  source: "https://developers.openai.com/api/docs/guides/realtime-conversations",
  judge({ sessions, said, call }) {
    const session = listeningSession({ sessions });
    if (session === undefined) return allHold("the caller's speech", "", [false, `no model session: ${describeStream(call.streams[0])}`]);
    const heard = heardByModel(session);
    const differsAt = firstDifference(heard.subarray(0, said.length), said);
    const rest = heard.subarray(said.length);
    const firstAtMs = session.received.find((frame) => eventOf(frame).type === "input_audio_buffer.append")?.atMs ?? 0;
    const readyAtMs = session.delivered.find((frame) => eventOf(frame).type === "session.updated")?.atMs ?? Number.POSITIVE_INFINITY;
    const ms = Math.round(said.length / PCMU_BYTES_PER_MS);
    return allHold(
      `${ms} ms of speech, byte for byte, then silence, all after session.updated`,
      `${ms} ms of speech, byte for byte, from ${firstAtMs - readyAtMs} ms after session.updated`,
      [firstAtMs >= readyAtMs, `audio ${readyAtMs - firstAtMs} ms before session.updated`],
      [differsAt === undefined, `byte ${differsAt} of ${said.length} differs; the model received ${heard.length} bytes`],
      [
        rest.every((byte) => byte === MULAW_SILENCE),
        `${rest.filter((byte) => byte !== MULAW_SILENCE).length} bytes after the speech that are not silence`,
      ],
    );
  },
};

export const replyUnchanged: SelftestCheck<CallEvidence> = {
  id: "reply.unchanged",
  stage: "media",
  level: "error",
  requirement: "The model's reply reaches the caller byte for byte and in order.",
  source: "https://www.twilio.com/docs/voice/media-streams/websocket-messages#send-a-media-message",
  judge({ call, replies }) {
    const [stream] = call.streams;
    const heard = played(stream);
    const wanted = replies.flatMap((reply) => [...reply]);
    const differsAt = firstDifference(heard, Uint8Array.from(wanted));
    const ms = (bytes: number): number => Math.round(bytes / PCMU_BYTES_PER_MS);
    return allHold(
      `${ms(wanted.length)} ms of audio in ${replies.length} replies, byte for byte`,
      `${ms(heard.length)} ms of audio, byte for byte`,
      [heard.length > 0, `nothing: ${describeStream(stream)}`],
      [differsAt === undefined, `byte ${differsAt} differs; ${heard.length} of ${wanted.length} bytes were heard`],
    );
  },
};

/** One of two calls at the same time; its model and its caller each say one tone. */
export type TonesEvidence = CallEvidence & { readonly replyHz: number; readonly saidHz: number };

/**
 * Long enough to separate the tones, short enough that a frame dropped on a busy machine shifts the phase of only one
 * block.
 */
const BLOCK_BYTES = 800;

/** The level of a tone in PCMU, dBFS: the mean of its power in blocks of 100 ms. */
function meanToneDbfs(bytes: Uint8Array, hz: number): number {
  const samples = decodeMulaw(bytes);
  let power = 0;
  let blocks = 0;
  for (let at = 0; at + BLOCK_BYTES <= samples.length; at += BLOCK_BYTES) {
    power += 10 ** (toneLevelDbfs(samples.subarray(at, at + BLOCK_BYTES), hz) / 10);
    blocks += 1;
  }
  return blocks === 0 ? SILENCE_DBFS : 10 * Math.log10(power / blocks);
}

export const callsIsolated: SelftestCheck<readonly [TonesEvidence, TonesEvidence]> = {
  id: "calls.isolated",
  stage: "media",
  level: "error",
  requirement: "Two calls at the same time hear nothing of each other.",
  source: "https://www.twilio.com/docs/voice/media-streams",
  judge([one, other]) {
    const ears = [one, other].map(({ call }) => played(call.streams[0]));
    const models = [one, other].map(listeningSession).map((session) => (session === undefined ? new Uint8Array(0) : heardByModel(session)));
    const [ears1 = new Uint8Array(0), ears2 = ears1] = ears;
    const [model1 = new Uint8Array(0), model2 = model1] = models;
    const lines = [
      { who: "the first caller", bytes: ears1, ownHz: one.replyHz, otherHz: other.replyHz },
      { who: "the second caller", bytes: ears2, ownHz: other.replyHz, otherHz: one.replyHz },
      { who: "the first model", bytes: model1, ownHz: one.saidHz, otherHz: other.saidHz },
      { who: "the second model", bytes: model2, ownHz: other.saidHz, otherHz: one.saidHz },
    ].map(({ who, bytes, ownHz, otherHz }) => {
      const [own, foreign] = [meanToneDbfs(bytes, ownHz), meanToneDbfs(bytes, otherHz)];
      return {
        isFine: own > -40 && own - foreign >= CROSSTALK_DB,
        actual: `${who}: own tone ${Math.round(own)} dBFS, the other call's ${Math.round(foreign)} dBFS`,
      };
    });
    const actual = lines.map((line) => line.actual).join("; ");
    return allHold(`both callers and both models hear their own tone, the other call's ${CROSSTALK_DB} dB below`, actual, [
      lines.every(({ isFine }) => isFine),
      actual,
    ]);
  },
};
