// What a server owes to the messages and the audio that it sends: text, well-formed, of this stream, mu-law of 8 kHz, not too far ahead, without gaps.
// What audio is, the signal decides (sound.ts). Follows https://www.twilio.com/docs/voice/media-streams/websocket-messages#send-messages-to-twilio

import { decodeMulaw } from "../../audio/g711.ts";
import { levelDbfs } from "../../audio/level.ts";
import { joinBytes } from "../../protocol/bytes.ts";
import { AUDIBLE_DBFS } from "../../simulators/twilio/heard-audio.ts";
import { endOf, type PlayedAudio } from "../../simulators/twilio/playback.ts";
import type { CauseCode } from "../causes/causes.ts";
import type { DoctorCheck, Judged } from "../evidence/evidence.ts";
import { headerIn, judgeSound, type Sound, type SoundKind } from "../evidence/sound.ts";
import { excerpt, firstStream, type ServerFrame, type StreamFacts, seconds, stepOf, untried } from "../evidence/stream-facts.ts";

const messagesUrl = "https://www.twilio.com/docs/voice/media-streams/websocket-messages#send-messages-to-twilio";

const messages: DoctorCheck = {
  id: "media.messages",
  stage: "media",
  level: "error",
  requirement:
    "Every message to Twilio is a JSON text frame: media, mark or clear, with the stream's own streamSid and no field more or less.",
  source: messagesUrl,
  judge(evidence) {
    const expected = "JSON text frames that Twilio takes";
    const facts = firstStream(evidence);
    if (facts === undefined) return untried(expected);
    const bad = facts.fromServer.filter((frame) => frame.bad !== undefined);
    const good = facts.fromServer.length - bad.length;
    const [first] = mostFrequent(bad);
    if (facts.fromServer.length === 0) return untried(expected, "the server sent nothing");
    if (first === undefined) return { ok: true, expected, actual: `${good} messages, all taken` };
    const reasons = [...new Set(bad.map(({ told }) => told))].slice(0, 3);
    return {
      ok: false,
      expected,
      actual: `${bad.length} of ${facts.fromServer.length} frames are ignored: ${reasons.join("; ")}`,
      evidence: bad.slice(0, 3).map(({ atMs, told, text }) => `${seconds(atMs - facts.openedAtMs)}: ${text === "" ? told : excerpt(text)}`),
      twilioCode: first.bad === "media-binary" ? 31950 : 31951,
      cause: first.bad,
      // One stray event beside audio that is heard is a line in Twilio's console and nothing to the caller.
      level: facts.spans.length > 0 && audioMessages(facts).length > bad.filter(bearsAudio).length ? "warning" : "error",
    };
  },
};

type BadFrame = Extract<ServerFrame, { bad: string }>;

/** Whether a frame that is ignored is long enough to have had audio in it: a mark or a clear is not. */
function bearsAudio({ bad, text }: BadFrame): boolean {
  return bad === "media-binary" || text.length > 200;
}

/** Frames of the kind that is most frequent, the first one first. */
function mostFrequent(bad: readonly BadFrame[]): readonly BadFrame[] {
  const kinds = [...new Set(bad.map((frame) => frame.bad))].map((kind) => bad.filter((frame) => frame.bad === kind));
  return kinds.sort((one, other) => other.length - one.length)[0] ?? [];
}

function audioMessages({ fromServer }: StreamFacts): readonly { readonly atMs: number; readonly bytes: Uint8Array }[] {
  return fromServer.flatMap(({ atMs, message }) =>
    message?.type === "media" ? [{ atMs, bytes: Uint8Array.fromBase64(message.payload) }] : [],
  );
}

const header: DoctorCheck = {
  id: "media.header",
  stage: "media",
  level: "error",
  requirement: "The payload is the bare samples: no header of a file in it.",
  source: messagesUrl,
  judge(evidence) {
    const expected = "payloads without a file's header";
    const facts = firstStream(evidence);
    const audio = facts === undefined ? [] : audioMessages(facts);
    if (audio.length === 0) return untried(expected, "no audio came");
    const found = audio.flatMap(({ bytes }) => headerIn(bytes) ?? []);
    const [first] = found;
    if (first === undefined) return { ok: true, expected, actual: "none has one" };
    const actual = `${found.length} of ${audio.length} payloads: ${first.told}`;
    return { ok: false, expected, actual, cause: first.kind === "wav" ? "media-wav-header" : "media-noise" };
  },
};

/** The cause for which a kind of sound speaks; none: it is as it should be. */
const soundCauses: Readonly<Record<SoundKind, CauseCode | undefined>> = {
  mulaw: undefined,
  alaw: "media-alaw",
  pcm16: "media-pcm16",
  slow: "media-wrong-rate",
  wav: "media-wav-header",
  packed: "media-noise",
  text: "media-noise",
  noise: "media-noise",
  constant: "media-silent",
  silence: "media-silent",
};
/** A part of the samples that may lie at the loudest value: a peak here and there. */
const MAX_CLIPPED = 0.05;

const format: DoctorCheck = {
  id: "media.format",
  stage: "media",
  level: "error",
  requirement: "The audio is G.711 mu-law of 8,000 samples a second.",
  source: "https://www.twilio.com/docs/voice/media-streams/websocket-messages#send-a-media-message",
  judge(evidence) {
    const expected = "mu-law of 8 kHz that can be heard";
    const facts = firstStream(evidence);
    const sounds = facts === undefined ? [] : soundsOf(facts);
    if (sounds.length === 0) return untried(expected, "no audio came");
    // A silent part is nothing wrong where another can be heard.
    const heard = sounds.filter(({ kind }) => soundCauses[kind] !== "media-silent");
    const judged = heard.length === 0 ? sounds : heard;
    const wrong = judged.find(({ kind }) => kind !== "mulaw");
    const cause = wrong === undefined ? undefined : soundCauses[wrong.kind];
    if (wrong !== undefined && cause !== undefined) return { ok: false, expected, actual: wrong.told, cause };
    const clipped = Math.max(...judged.map(({ clippedShare }) => clippedShare));
    if (clipped > MAX_CLIPPED) {
      const actual = `${Math.round(clipped * 100)} of 100 samples lie at the loudest value`;
      return { ok: false, level: "warning", expected, actual, cause: "media-clipped" };
    }
    return { ok: true, expected, actual: judged.map(({ told, levelDbfs: level }) => `${told}, ${Math.round(level)} dBFS`).join("; ") };
  },
};

/** What came before the caller first spoke, and what after: a greeting may be a recording, and be right where the model's voice is not. */
function soundsOf(facts: StreamFacts): readonly Sound[] {
  const audio = audioMessages(facts);
  const spokeAtMs = stepOf(facts, "spoke")?.atMs ?? Number.POSITIVE_INFINITY;
  const parts = [audio.filter(({ atMs }) => atMs < spokeAtMs), audio.filter(({ atMs }) => atMs >= spokeAtMs)];
  return parts.filter((part) => part.length > 0).map((part) => judgeSound(joinBytes(part.map(({ bytes }) => bytes))));
}

const ahead: DoctorCheck = {
  id: "media.ahead",
  stage: "media",
  level: "error",
  requirement: "No more than 10 minutes of audio wait to be played: Twilio discards the rest.",
  source: "https://www.twilio.com/docs/api/errors/31931",
  judge(evidence) {
    const expected = "at most 10 minutes ahead";
    const facts = firstStream(evidence);
    if (facts === undefined) return untried(expected);
    if (facts.heard.totalMs === 0) return untried(expected, "no audio came");
    const problem = evidence.calls[0]?.call.problems.find(({ twilioCode }) => twilioCode === 31931);
    if (problem === undefined) return { ok: true, expected, actual: `${seconds(facts.heard.totalMs)} of audio were played` };
    return { ok: false, expected, actual: problem.what, twilioCode: 31931, cause: "media-too-far-ahead" };
  },
};

/** Shorter gaps are the rounding of clocks, longer ones a pause between two things said. */
const SHORTEST_GAP_MS = 2;
const LONGEST_GAP_MS = 1_000;
/** Fewer gaps, or less of the time in gaps, are a machine that was busy for a moment. */
const LEAST_GAPS = 4;
const LEAST_GAP_SHARE = 0.1;
/** From here words are no more understood. */
const BAD_GAP_SHARE = 0.25;
const LEAST_GAPS_MS = 250;

const stutter: DoctorCheck = {
  id: "media.stutter",
  stage: "media",
  level: "error",
  requirement: "Audio comes no later than it is played: whoever paces it himself must not fall behind.",
  source: messagesUrl,
  judge(evidence) {
    const expected = "no gaps within what is said";
    const facts = firstStream(evidence);
    if (facts === undefined || facts.heard.pieces.length === 0) return untried(expected, "no audio was heard");
    const gaps = gapsIn(facts.heard.pieces);
    const gapsMs = gaps.reduce((sum, gap) => sum + gap, 0);
    const share = gapsMs / (gapsMs + facts.spans.reduce((sum, { fromMs, untilMs }) => sum + untilMs - fromMs, 0));
    const told = `${gaps.length} gaps, ${seconds(gapsMs)} in all, ${Math.round(share * 100)} % of what is heard`;
    const stutters = gaps.length >= LEAST_GAPS && gapsMs >= LEAST_GAPS_MS && share >= LEAST_GAP_SHARE;
    const judged: Judged = { ok: !stutters, expected, actual: gaps.length === 0 ? "no gaps" : told };
    return stutters ? { ...judged, cause: "media-stutter", level: share >= BAD_GAP_SHARE ? "error" : "warning" } : judged;
  },
};

/** Silences, ms, of a listener in the middle of a sound: audio that can be heard ends at once, and begins at once. */
function gapsIn(pieces: readonly PlayedAudio[]): readonly number[] {
  return pieces.flatMap((piece, index) => {
    const before = pieces[index - 1];
    const gapMs = before === undefined ? 0 : piece.atMs - endOf(before);
    if (before === undefined || gapMs < SHORTEST_GAP_MS || gapMs > LONGEST_GAP_MS) return [];
    return isLoud(before.bytes.subarray(-160)) && isLoud(piece.bytes.subarray(0, 160)) ? [gapMs] : [];
  });
}

function isLoud(bytes: Uint8Array): boolean {
  return levelDbfs(decodeMulaw(bytes)) > AUDIBLE_DBFS + 5;
}

/** In the order of a call. */
export const MEDIA_CHECKS: readonly DoctorCheck[] = [messages, header, format, ahead, stutter];
