// What a server may send: well-formed JSON for its own stream, mu-law at 8 kHz, not too far ahead, without gaps. Audio
// is recognised by its signal (evidence/sound.ts).
// Follows https://www.twilio.com/docs/voice/media-streams/websocket-messages#send-messages-to-twilio

import { decodeMulaw } from "../../audio/g711.ts";
import { levelDbfs } from "../../audio/level.ts";
import { joinBytes } from "../../protocol/bytes.ts";
import { twilioErrorUrl } from "../../protocol/twilio-errors.ts";
import { AUDIBLE_DBFS } from "../../simulators/twilio/heard-audio.ts";
import { endOf, type PlayedAudio } from "../../simulators/twilio/playback.ts";
import type { CauseCode } from "../causes/causes.ts";
import { earlyEnd } from "../evidence/early-end.ts";
import type { DoctorCheck, DoctorJudgement } from "../evidence/evidence.ts";
import { unplayedMs } from "../evidence/heard-blocks.ts";
import { isHexadecimal } from "../evidence/ignored-frame.ts";
import { headerIn, judgeSound, type Sound, type SoundKind } from "../evidence/sound.ts";
import { actionOf, excerpt, type ServerFrame, type StreamFacts, seconds } from "../evidence/stream-facts.ts";
import { failed, onStream, passed, untested } from "./judgement.ts";
import { failedByEnd } from "./start.ts";

const messagesUrl = "https://www.twilio.com/docs/voice/media-streams/websocket-messages#send-messages-to-twilio";
const noAudio = "the server sent no audio";

const messages: DoctorCheck = {
  id: "media.messages",
  stage: "media",
  level: "error",
  requirement:
    "Every message to Twilio is a JSON text frame: media, mark or clear, with the stream's own streamSid and exactly the documented fields.",
  expected: "JSON text frames that Twilio accepts",
  source: messagesUrl,
  judge: onStream((stream) => {
    const { fromServer, openedAtMs } = stream;
    if (fromServer.length === 0) return untested("the server sent nothing");
    const ignored = fromServer.filter((frame) => frame.bad !== undefined);
    const [typical] = mostFrequentKind(ignored);
    if (typical === undefined) return judgeAccepted(stream);
    const problems = [...new Set(ignored.map(({ problem }) => problem))].slice(0, 3);
    // If audio gets through, one bad event is a line in Twilio's console, and callers notice nothing.
    const isAudible = stream.spans.length > 0 && audioMessages(stream).length > ignored.filter(mayHoldAudio).length;
    return failed(typical.bad, `Twilio ignores ${ignored.length} of ${fromServer.length} frames: ${problems.join("; ")}`, {
      evidence: ignored
        .slice(0, 3)
        .map(({ atMs, problem, text }) => `${seconds(atMs - openedAtMs)}: ${text === "" ? problem : excerpt(text)}`),
      twilioCode: typical.bad === "media-binary" ? 31950 : 31951,
      level: isAudible ? "warning" : "error",
    });
  }),
};

/** Messages that Twilio accepts may still have fields too many, or hold nothing. */
function judgeAccepted({ fromServer, openedAtMs }: StreamFacts): DoctorJudgement {
  const media = fromServer.flatMap(({ message }) => (message?.type === "media" ? [message.payload] : []));
  if (media.length > 0 && media.every((payload) => payload === ""))
    return failed("media-empty", `${media.length} media messages, all empty`);
  const extra = fromServer.filter((frame) => frame.extra !== undefined);
  const [first] = extra;
  if (first === undefined) return passed(`${fromServer.length} messages, all accepted`);
  const evidence = extra.slice(0, 3).map(({ atMs, text = "" }) => `${seconds(atMs - openedAtMs)}: ${excerpt(text)}`);
  const actual = `${extra.length} of ${fromServer.length} messages: ${first.extra}`;
  return failed("media-extra-fields", actual, { level: "warning", evidence });
}

type IgnoredFrame = Extract<ServerFrame, { bad: string }>;

/** Whether an ignored frame is long enough to hold audio: a mark or a clear is not. */
function mayHoldAudio({ bad, text }: IgnoredFrame): boolean {
  return bad === "media-binary" || text.length > 200;
}

function mostFrequentKind(ignored: readonly IgnoredFrame[]): readonly IgnoredFrame[] {
  const byKind = [...Map.groupBy(ignored, ({ bad }) => bad).values()];
  return byKind.sort((one, other) => other.length - one.length)[0] ?? [];
}

function audioMessages({ fromServer }: StreamFacts): readonly { readonly atMs: number; readonly bytes: Uint8Array }[] {
  return fromServer.flatMap(({ atMs, message }) =>
    message?.type === "media" ? [{ atMs, bytes: Uint8Array.fromBase64(message.payload) }] : [],
  );
}

const volume: DoctorCheck = {
  id: "media.volume",
  stage: "media",
  level: "error",
  requirement: "The server sends no more than a call needs: no flood of frames, and no message that is longer than five minutes of audio.",
  expected: "at most ten minutes of audio at once, then ten times real time",
  source: messagesUrl,
  judge: onStream((stream, { calls: [first] }) => {
    const failure = failedByEnd(stream, "stream-flood");
    if (failure !== undefined) return failure;
    if (stream.fromServer.length === 0) return untested("the server sent nothing");
    const dropped = first?.droppedFrames;
    if (dropped === undefined) return passed(`${stream.fromServer.length} messages`);
    return {
      ok: false,
      level: "info",
      actual: `${dropped} frames were too many to keep: the checks of what was sent saw only the first ones`,
    };
  }),
};

const header: DoctorCheck = {
  id: "media.header",
  stage: "media",
  level: "error",
  requirement: "The payload is samples only, without a file header.",
  expected: "payloads without a file header",
  source: messagesUrl,
  judge: onStream((stream) => {
    const audio = audioMessages(stream);
    if (audio.length === 0) return untested(noAudio);
    const headers = audio.flatMap(({ bytes }) => headerIn(bytes) ?? []);
    const [first] = headers;
    if (first === undefined) return passed("no payload has one");
    const cause = first.kind === "wav" ? "media-wav-header" : "media-compressed";
    return failed(cause, `${headers.length} of ${audio.length} payloads: ${first.description}`);
  }),
};

const soundCauses: Readonly<Record<SoundKind, CauseCode | undefined>> = {
  mulaw: undefined,
  alaw: "media-alaw",
  pcm16: "media-pcm16",
  slow: "media-wrong-rate",
  wav: "media-wav-header",
  packed: "media-compressed",
  text: "media-base64-twice",
  noise: "media-noise",
  constant: "media-silent",
  silence: "media-silent",
};
/** Share of samples at the loudest value; fewer are single peaks. */
const MAX_CLIPPED = 0.05;

const format: DoctorCheck = {
  id: "media.format",
  stage: "media",
  level: "error",
  requirement: "The audio is G.711 mu-law at 8,000 samples a second.",
  expected: "audible mu-law at 8 kHz",
  source: "https://www.twilio.com/docs/voice/media-streams/websocket-messages#send-a-media-message",
  judge: onStream((stream) => {
    const sounds = soundsOf(stream);
    if (sounds.length === 0) return untested(noAudio);
    const hexadecimal = stream.fromServer.filter(({ message }) => message?.type === "media" && isHexadecimal(message.payload));
    if (hexadecimal.length > 0) return failed("media-hex", `${hexadecimal.length} payloads have only hexadecimal digits`);
    // A silent part does not matter when another part is audible.
    const audible = sounds.filter(({ kind }) => soundCauses[kind] !== "media-silent");
    const judged = audible.length === 0 ? sounds : audible;
    // An echo of a caller who has not spoken is silent, too.
    if (sounds.every(({ kind }) => kind === "silence") && actionOf(stream, "spoke") === undefined)
      return untested("only silence came, and the stream ended before the caller spoke");
    for (const { kind, description } of judged) {
      const cause = soundCauses[kind];
      if (cause !== undefined) return failed(cause, description);
    }
    const clipped = Math.max(...judged.map(({ clippedShare }) => clippedShare));
    if (clipped > MAX_CLIPPED)
      return failed("media-clipped", `${Math.round(clipped * 100)} % of the samples are at the loudest value`, { level: "warning" });
    return passed(judged.map(({ description, levelDbfs: level }) => `${description}, ${Math.round(level)} dBFS`).join("; "));
  }),
};

/**
 * The audio before and after the caller first spoke: a recorded greeting may be right where the model's voice is wrong.
 */
function soundsOf(stream: StreamFacts): readonly Sound[] {
  const audio = audioMessages(stream);
  const spokeAtMs = actionOf(stream, "spoke")?.atMs ?? Number.POSITIVE_INFINITY;
  const parts = [audio.filter(({ atMs }) => atMs < spokeAtMs), audio.filter(({ atMs }) => atMs >= spokeAtMs)];
  return parts
    .filter((part) => part.length > 0)
    .map((part) => judgeSound(joinBytes(part.map(({ bytes }) => bytes)), stream.audibleFromDbfs));
}

const ahead: DoctorCheck = {
  id: "media.ahead",
  stage: "media",
  level: "error",
  requirement: "At most 10 minutes of audio wait to be played: Twilio discards the rest.",
  expected: "at most 10 minutes ahead",
  source: twilioErrorUrl(31931),
  judge: onStream(({ heard }, { calls: [first] }) => {
    if (heard.totalMs === 0) return untested(noAudio);
    const problem = first?.call.problems.find(({ twilioCode }) => twilioCode === 31931);
    return problem === undefined ? passed(`${seconds(heard.totalMs)} of audio played`) : failed("media-too-far-ahead", problem.what);
  }),
};

/** Shorter gaps are rounding of clocks. */
const MIN_GAP_MS = 2;
/** Longer gaps are pauses between sentences. */
const MAX_GAP_MS = 1_000;
/** With fewer gaps, or less of the time in gaps, the machine was busy for a moment. */
const MIN_GAPS = 4;
const MIN_GAPS_MS = 250;
const MIN_GAP_SHARE = 0.1;
/** From here words become unintelligible. */
const BAD_GAP_SHARE = 0.25;

const stutter: DoctorCheck = {
  id: "media.stutter",
  stage: "media",
  level: "error",
  requirement: "Audio arrives no later than it is played: a server that paces it must not fall behind.",
  expected: "no gaps within speech",
  source: messagesUrl,
  judge: onStream(({ heard, spans }) => {
    if (heard.pieces.length === 0) return untested("no audio was heard");
    const gaps = gapsIn(heard.pieces);
    const gapsMs = gaps.reduce((sum, gap) => sum + gap, 0);
    const share = gapsMs / (gapsMs + spans.reduce((sum, { fromMs, untilMs }) => sum + untilMs - fromMs, 0));
    const actual =
      gaps.length === 0 ? "no gaps" : `${gaps.length} gaps, ${seconds(gapsMs)} in all, ${Math.round(share * 100)} % of what is heard`;
    const stutters = gaps.length >= MIN_GAPS && gapsMs >= MIN_GAPS_MS && share >= MIN_GAP_SHARE;
    return stutters ? failed("media-stutter", actual, { level: share >= BAD_GAP_SHARE ? "error" : "warning" }) : passed(actual);
  }),
};

/** The lengths, ms, of silences inside a sound: it is loud just before and just after. */
function gapsIn(pieces: readonly PlayedAudio[]): readonly number[] {
  return pieces.flatMap((piece, index) => {
    const before = pieces[index - 1];
    const gapMs = before === undefined ? 0 : piece.atMs - endOf(before);
    if (before === undefined || gapMs < MIN_GAP_MS || gapMs > MAX_GAP_MS) return [];
    return isLoud(before.bytes.subarray(-160)) && isLoud(piece.bytes.subarray(0, 160)) ? [gapMs] : [];
  });
}

function isLoud(bytes: Uint8Array): boolean {
  return levelDbfs(decodeMulaw(bytes)) > AUDIBLE_DBFS + 5;
}

/** A closing server may cut off the last of a pause, or of a word. */
const CUT_OFF_MS = 500;

const playedOut: DoctorCheck = {
  id: "media.played-out",
  stage: "media",
  level: "warning",
  requirement: "A server that ends the stream waits until what it sent has been played.",
  expected: "all audio played before the stream ends",
  source: "https://www.twilio.com/docs/voice/media-streams/websocket-messages#send-a-mark-message",
  judge: onStream((stream) => {
    const end = earlyEnd(stream);
    if (end === undefined) return untested("the server did not end the stream");
    if (end.cause !== undefined) return untested("the stream did not end in order");
    const ms = unplayedMs(stream);
    if (ms < CUT_OFF_MS) return passed(ms === 0 ? "everything was played" : `${ms} ms were not played`, { ms });
    return failed("media-cut-off", `${seconds(ms)} of sound were sent and not yet played when the server closed`, { ms });
  }),
};

/** In the order of a call. */
export const MEDIA_CHECKS: readonly DoctorCheck[] = [messages, volume, header, format, ahead, stutter, playedOut];
