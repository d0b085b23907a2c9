// The caller leg: whether a stream is there, and what its counters say of frames repeated, lost or left out. Not the socket, not the audio.
// Follows https://www.twilio.com/docs/voice/media-streams/websocket-messages#media-message

/** The caller's side of the call. `epoch` is the StreamSid. */
export type CallerLeg =
  /** No stream yet, or not again yet. `owed`: something was said to nobody, and is to be said again. */
  | { readonly state: "absent"; readonly owed: boolean }
  | {
      readonly state: "live";
      readonly epoch: string;
      readonly lastSequence: number;
      /** Where the next frame should begin, milliseconds of the stream's own time; undefined before the first. */
      readonly expectedMs: number | undefined;
      /** Silence put in ahead of the stream's time, taken off the next gap. */
      readonly aheadMs: number;
    }
  /** We closed it. */
  | { readonly state: "closed"; readonly epoch: string }
  /** It went without a `stop`. */
  | { readonly state: "lost"; readonly epoch: string; readonly owed: boolean };

/** A stream that is live. */
export type LiveCallerLeg = Extract<CallerLeg, { state: "live" }>;

/** A gap shorter than one frame of 20 ms is jitter, not a frame left out. */
const SMALLEST_GAP_MS = 20;
/** No gap is padded by more: after it the model would hear minutes of silence at once. */
const LONGEST_PAD_MS = 10_000;

/** A stream that has just started. `start` is message number 1. */
export function startedLeg(epoch: string): LiveCallerLeg {
  return { state: "live", epoch, lastSequence: 1, expectedMs: undefined, aheadMs: 0 };
}

/** What became of a frame. */
export interface FrameTaken {
  readonly leg: LiveCallerLeg;
  /** It, or a later one, was there before: it is not heard twice. */
  readonly repeated: boolean;
  /** Silence to put before it, so that the model's clock does not stop while frames are left out (mute, packet loss). */
  readonly padMs: number;
}

/** Takes one message's sequence number; undefined when it, or a later one, was there before. */
export function takeSequence(leg: LiveCallerLeg, sequence: number): LiveCallerLeg | undefined {
  return sequence > leg.lastSequence ? { ...leg, lastSequence: sequence } : undefined;
}

/** Takes one audio frame: its number, where it begins in the stream's time, and how long it is, milliseconds. */
export function takeFrame(leg: LiveCallerLeg, sequence: number, timestampMs: number, durationMs: number): FrameTaken {
  if (sequence <= leg.lastSequence) return { leg, repeated: true, padMs: 0 };
  const gapMs = leg.expectedMs === undefined ? 0 : timestampMs - leg.expectedMs;
  const padMs = gapMs < SMALLEST_GAP_MS ? 0 : Math.min(Math.max(gapMs - leg.aheadMs, 0), LONGEST_PAD_MS);
  const aheadMs = gapMs < SMALLEST_GAP_MS ? leg.aheadMs : Math.max(leg.aheadMs - gapMs, 0);
  return { leg: { ...leg, lastSequence: sequence, expectedMs: timestampMs + durationMs, aheadMs }, repeated: false, padMs };
}

/** Notes silence put in while no frames came at all. */
export function padAhead(leg: LiveCallerLeg, padMs: number): LiveCallerLeg {
  return { ...leg, aheadMs: leg.aheadMs + padMs };
}
