// Voice activity detection by loudness, window by window. OpenAI's detector is a trained one that recognises speech;
// this one only measures levels. The parameters are OpenAI's:
// https://developers.openai.com/api/docs/guides/realtime-vad (threshold, silence_duration_ms).

/** Audio is judged in windows of this length. */
export const WINDOW_MS = 20;

/**
 * A loud stretch must last this long to count as speech, so that a click does not. Our value; OpenAI documents none.
 */
export const ONSET_MS = 60;

/** A longer turn is ended as if the speaker had stopped, so that a noisy line cannot fill the memory. Our limit. */
export const MAX_TURN_MS = 60_000;

/** `loudMs`, `quietMs`: the current run of loud or quiet windows. `turnMs`: the length of the turn so far. */
export interface VoiceActivity {
  readonly speaking: boolean;
  readonly loudMs: number;
  readonly quietMs: number;
  readonly turnMs: number;
}

export const QUIET: VoiceActivity = { speaking: false, loudMs: 0, quietMs: 0, turnMs: 0 };

/**
 * The level above which a window is loud, in dBFS, for the API's `threshold` of 0 to 1. The default 0.5 gives -35:
 * above a telephone line's noise and below speech. Our mapping: the API's threshold is a probability, not a level.
 */
export function thresholdDbfs(threshold: number): number {
  return -60 + 50 * threshold;
}

/** Judges one window. `change`: whether a turn began or ended with it. */
export function judgeWindow(
  activity: VoiceActivity,
  loud: boolean,
  silenceMs: number,
): { readonly activity: VoiceActivity; readonly change: "started" | "stopped" | undefined } {
  const loudMs = loud ? activity.loudMs + WINDOW_MS : 0;
  const quietMs = loud ? 0 : activity.quietMs + WINDOW_MS;
  if (!activity.speaking) {
    if (loudMs < ONSET_MS) return { activity: { speaking: false, loudMs, quietMs, turnMs: 0 }, change: undefined };
    return { activity: { speaking: true, loudMs, quietMs, turnMs: loudMs }, change: "started" };
  }
  const turnMs = activity.turnMs + WINDOW_MS;
  if (quietMs < silenceMs && turnMs < MAX_TURN_MS) return { activity: { speaking: true, loudMs, quietMs, turnMs }, change: undefined };
  return { activity: QUIET, change: "stopped" };
}
