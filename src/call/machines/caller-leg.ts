// The caller leg: whether a stream is open, and which frames its counters show as repeated or missing. Not the socket,
// not the audio.
// Follows https://www.twilio.com/docs/voice/media-streams/websocket-messages#media-message

/**
 * The caller's side of the call. `epoch` is the StreamSid. `replyDue`: the caller missed a reply while no stream was
 * open, and must get it on the next one.
 */
export type CallerLeg =
  /** No stream yet, or none since the last one was lost. */
  | { readonly state: "absent"; readonly replyDue: boolean }
  | {
      readonly state: "live";
      readonly epoch: string;
      readonly lastSequence: number;
      /** Where the next frame should begin, in the stream's own time; undefined before the first frame. */
      readonly expectedMs: number | undefined;
      /** Silence already inserted for frames that did not come; the next gap is shorter by it. */
      readonly insertedMs: number;
    }
  /** voice closed it. */
  | { readonly state: "closed"; readonly epoch: string }
  /** It closed without a `stop` message. */
  | { readonly state: "lost"; readonly epoch: string; readonly replyDue: boolean };

export type LiveCallerLeg = Extract<CallerLeg, { state: "live" }>;

/** A gap shorter than one frame of 20 ms is jitter, not a missing frame. */
const SMALLEST_GAP_MS = 20;
/** Longest padding of one gap: more would send the model minutes of silence at once. */
const LONGEST_PAD_MS = 10_000;

/** The leg of a stream that has just started. `start` is message number 1. */
export function startedLeg(epoch: string): LiveCallerLeg {
  return { state: "live", epoch, lastSequence: 1, expectedMs: undefined, insertedMs: 0 };
}

export interface FrameTaken {
  readonly leg: LiveCallerLeg;
  /** This frame, or a later one, has arrived before: it must not be sent again. */
  readonly repeated: boolean;
  /** Silence to send before it, so that the model's clock goes on while frames are missing (mute, packet loss). */
  readonly padMs: number;
}

/** Takes a message's sequence number; undefined when this or a later message has arrived before. */
export function takeSequence(leg: LiveCallerLeg, sequence: number): LiveCallerLeg | undefined {
  return sequence > leg.lastSequence ? { ...leg, lastSequence: sequence } : undefined;
}

/** Takes an audio frame: its number, where it begins in the stream's time, and its length. */
export function takeFrame(leg: LiveCallerLeg, sequence: number, timestampMs: number, durationMs: number): FrameTaken {
  if (sequence <= leg.lastSequence) return { leg, repeated: true, padMs: 0 };
  const gapMs = leg.expectedMs === undefined ? 0 : timestampMs - leg.expectedMs;
  const padMs = gapMs < SMALLEST_GAP_MS ? 0 : Math.min(Math.max(gapMs - leg.insertedMs, 0), LONGEST_PAD_MS);
  const insertedMs = gapMs < SMALLEST_GAP_MS ? leg.insertedMs : Math.max(leg.insertedMs - gapMs, 0);
  return { leg: { ...leg, lastSequence: sequence, expectedMs: timestampMs + durationMs, insertedMs }, repeated: false, padMs };
}

/** Records silence that was inserted while no frame came. */
export function insertSilence(leg: LiveCallerLeg, silenceMs: number): LiveCallerLeg {
  return { ...leg, insertedMs: leg.insertedMs + silenceMs };
}
