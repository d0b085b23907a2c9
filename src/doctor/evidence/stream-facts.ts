// What the doctor's checks of a stream read off a call: the messages of both sides with what is wrong with each, what was heard, and how it ended.
// Facts and no verdicts: those are doctor-{start,media,reply,interrupt,hangup,concurrency}.ts.
// Follows https://www.twilio.com/docs/voice/media-streams/websocket-messages

import { isBad } from "../../protocol/bad.ts";
import { isBase64, isObject, parseJson } from "../../protocol/fields.ts";
import type { ToTwilio } from "../../protocol/media-streams/media-streams.ts";
import { parseToTwilio } from "../../protocol/media-streams/simulator.ts";
import { audibleSpans, type Span } from "../../simulators/twilio/heard-audio.ts";
import type { HeardAudio } from "../../simulators/twilio/playback.ts";
import type { StreamLog } from "../../simulators/twilio/telephone/telephone-state.ts";
import type { CauseCode } from "../causes/causes.ts";
import type { CallerAction, DoctorCall, Evidence, Judged, StreamFrame } from "./evidence.ts";

/** What is wrong with a frame that Twilio ignores, by the cause that it speaks for. */
export type BadKind = Extract<
  CauseCode,
  "media-binary" | "media-not-json" | "media-unknown-event" | "media-wrong-stream-sid" | "media-wrong-fields" | "media-not-base64"
>;

/** A frame of the server's: a message that Twilio takes, or what is wrong with it. */
export type ServerFrame =
  | { readonly atMs: number; readonly message: ToTwilio; readonly bad?: never }
  | { readonly atMs: number; readonly message?: never; readonly bad: BadKind; readonly told: string; readonly text: string };

/** The first stream of a call that opened. */
export interface StreamFacts {
  readonly log: StreamLog;
  readonly openedAtMs: number;
  /** From the dial to the 101: about what a message and its answer take, or more. */
  readonly handshakeMs: number;
  readonly fromServer: readonly ServerFrame[];
  readonly fromTwilio: readonly { readonly atMs: number; readonly event: string }[];
  readonly heard: HeardAudio;
  readonly spans: readonly Span[];
  readonly actions: readonly CallerAction[];
  /** When the caller hung up; undefined: the stream ended before. */
  readonly hungUpAtMs: number | undefined;
  readonly endAtMs: number;
  /** The server's closing frame as it came, also in answer to ours. */
  readonly closed: Extract<StreamFrame, { type: "closed" }> | undefined;
  /** What broke RFC 6455. */
  readonly broken: string | undefined;
}

/** The facts of a call's first stream that opened; undefined: none did. */
export function streamFacts({ call, frames, actions }: DoctorCall): StreamFacts | undefined {
  const log = call.streams.find(({ openedAtMs }) => openedAtMs !== undefined);
  if (log?.openedAtMs === undefined) return undefined;
  const { openedAtMs, streamSid, end } = log;
  const endAtMs = end?.atMs ?? frames.at(-1)?.atMs ?? openedAtMs;
  const own = frames.filter(({ atMs }) => atMs >= openedAtMs && atMs <= endAtMs);
  const heard = log.heard ?? { keepMs: 0, pieces: [], totalMs: 0 };
  const broken = own.find((frame) => frame.type === "broken");
  return {
    log,
    openedAtMs,
    handshakeMs: openedAtMs - log.dialledAtMs,
    fromServer: own.flatMap((frame) => readServerFrame(frame, streamSid)),
    fromTwilio: own.flatMap((frame) =>
      frame.from === "twilio" && frame.type === "text" ? [{ atMs: frame.atMs, event: eventOf(parseJson(frame.text)) }] : [],
    ),
    heard,
    spans: audibleSpans(heard),
    actions,
    hungUpAtMs: actions.find(({ name }) => name === "hung-up")?.atMs,
    endAtMs,
    closed: own.find((frame) => frame.type === "closed"),
    broken: broken?.type === "broken" ? broken.bad : undefined,
  };
}

/** The facts of the call by which a server is judged. */
export function firstStream({ calls }: Evidence): StreamFacts | undefined {
  return calls[0] === undefined ? undefined : streamFacts(calls[0]);
}

/** The finding of a check whose part of the call was not reached. */
export function untried(expected: string, why = "the call had no stream"): Judged {
  return { ok: undefined, expected, actual: why };
}

/** The first thing of this name that the caller did. */
export function stepOf({ actions }: StreamFacts, name: string): CallerAction | undefined {
  return actions.find((step) => step.name === name);
}

/** Milliseconds that could be heard between two moments; blocks of 20 ms, short pauses of speech included. */
export function audibleMs({ spans }: StreamFacts, { fromMs, untilMs }: Span): number {
  return spans.reduce((sum, span) => sum + Math.max(0, Math.min(span.untilMs, untilMs) - Math.max(span.fromMs, fromMs)), 0);
}

/** A time as people read it: "0.42 s". */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(Math.abs(ms) < 10_000 ? 2 : 1)} s`;
}

/** A frame's beginning, to be shown; a payload is cut. */
export function excerpt(text: string): string {
  const short = text.replaceAll(/[A-Za-z0-9+/=]{60,}/g, (run) => `${run.slice(0, 24)}...(${run.length} characters)`);
  return short.length > 240 ? `${short.slice(0, 240)}...` : short;
}

function eventOf(value: unknown): string {
  return isObject(value) && typeof value["event"] === "string" ? value["event"] : "";
}

function readServerFrame(frame: StreamFrame, streamSid: string): readonly ServerFrame[] {
  if (frame.from !== "server") return [];
  const { atMs } = frame;
  if (frame.type === "binary") return [{ atMs, bad: "media-binary", told: `a binary frame of ${frame.bytes} bytes`, text: "" }];
  if (frame.type !== "text") return [];
  const message = parseToTwilio(frame.text, streamSid);
  return isBad(message) ? [{ atMs, bad: badKind(frame.text, streamSid), told: message.bad, text: frame.text }] : [{ atMs, message }];
}

/** Why Twilio ignores a text frame: what is missing most comes first. */
function badKind(text: string, streamSid: string): BadKind {
  const value = parseJson(text);
  if (!isObject(value)) return "media-not-json";
  if (!["media", "mark", "clear"].includes(eventOf(value))) return "media-unknown-event";
  if (value["streamSid"] !== streamSid) return "media-wrong-stream-sid";
  const payload = isObject(value["media"]) ? value["media"]["payload"] : undefined;
  return typeof payload === "string" && !isBase64(payload) ? "media-not-base64" : "media-wrong-fields";
}
