// The intake: the caller's audio on its way to the model. It decides; the audio itself is kept outside the call
// (server/calls/kept-audio.ts), by the effects model.appendAudio, audio.keep, model.appendKept and audio.forget.
//
// Audio is held until the model is ready. Before `session.updated` the model would take mu-law bytes for PCM16, 24 kHz,
// its default input format (https://developers.openai.com/api/docs/guides/realtime-conversations).
// It is also kept until it is answered. When the model is lost while the caller speaks, or before it answers, the next
// session gets the same audio again, so the caller does not have to repeat anything.

import { PCMU_BYTES_PER_MS } from "../../protocol/media-streams/media-streams.ts";

/** What the kept audio holds that no response has answered. */
export type Unanswered =
  | "nothing"
  /** It was loud, and the model did not notice. */
  | "loudness"
  /** The model detected speech in it. */
  | "speech";

export interface Intake {
  /** Whether audio goes to the model as it comes. */
  readonly open: boolean;
  readonly unanswered: Unanswered;
  /** Items of the unanswered speech, as the current session names them, that have no transcript yet. */
  readonly untranscribed: readonly string[];
  /** The current session got speech again that an earlier session had already received. */
  readonly replayed: boolean;
}

/**
 * At most 10 s are kept, whatever a frame's length; then the oldest go. A caller who waited longer has said it again.
 */
export const KEPT_BYTES_MAX = 10_000 * PCMU_BYTES_PER_MS;
/** Kept while nobody speaks: what precedes the model's detection, its `prefix_padding_ms` (300) included. */
export const LEAD_BYTES = 1_000 * PCMU_BYTES_PER_MS;

/** Untranscribed items remembered; the kept 10 s hold no more. */
export const UNTRANSCRIBED_MAX = 32;

export const closedIntake: Intake = { open: false, unanswered: "nothing", untranscribed: [], replayed: false };

/** How much audio is kept at most: the newest. */
export function keptBytesMax({ open, unanswered }: Intake): number {
  return open && unanswered === "nothing" ? LEAD_BYTES : KEPT_BYTES_MAX;
}

/** The model is ready: everything kept is sent. Audio that was only loud gets this second chance and no other. */
export function openIntake(intake: Intake): Intake {
  const unanswered = intake.unanswered === "loudness" ? "nothing" : intake.unanswered;
  return { open: true, unanswered, untranscribed: [], replayed: unanswered === "speech" };
}

/**
 * The model is gone: audio is held. What it answered is no longer kept; the last second stays, since the model may not
 * have had time to detect speech in it.
 */
export function closeIntake(intake: Intake): Intake {
  return intake.open ? { ...intake, open: false } : intake;
}

export function markUnanswered(intake: Intake, unanswered: Exclude<Unanswered, "nothing">): Intake {
  return intake.unanswered === "speech" ? intake : { ...intake, unanswered };
}

/** The model detected speech: the item `itemId`, "" when the server does not name it. */
export function speechDetected(intake: Intake, itemId: string): Intake {
  const others = intake.untranscribed.filter((each) => each !== itemId);
  return { ...markUnanswered(intake, "speech"), untranscribed: [...others, itemId].slice(-UNTRANSCRIBED_MAX) };
}

/**
 * An item has a transcript. A transcript of speech that was answered, or that has no name, says nothing of what is
 * kept.
 */
export function speechTranscribed(intake: Intake, itemId: string): Intake {
  if (itemId === "" || !intake.untranscribed.includes(itemId)) return intake;
  return { ...intake, untranscribed: intake.untranscribed.filter((each) => each !== itemId) };
}

/** All speech has a transcript: the next session gets it as text, and needs no audio. */
export function isTranscribed({ untranscribed }: Intake): boolean {
  return untranscribed.length === 0;
}

/** The caller has been answered, or the next session will get their words as text: no audio is sent again. */
export function markAnswered(intake: Intake): Intake {
  if (intake.unanswered === "nothing") return intake;
  return { ...intake, unanswered: "nothing", untranscribed: [], replayed: false };
}
