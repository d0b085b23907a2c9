// Who is speaking: voice detection by energy, window by window. Not OpenAI's detector, which is a trained one and hears words; this hears loudness.
// Its rules are OpenAI's: https://developers.openai.com/api/docs/guides/realtime-vad (threshold, silence_duration_ms).

/** The piece of audio that is judged at once. */
export const WINDOW_MS = 20;

/** Loudness has to last this long to be speech: a click is none. Ours, OpenAI documents nothing. */
export const ONSET_MS = 60;

/** A turn longer than this is ended as if the speaker had fallen silent, so that noise on a line cannot fill the memory. Ours. */
export const MAX_TURN_MS = 60_000;

/** What is known of the speaker. `loudMs` is the present run of loud windows, `quietMs` of quiet ones, `turnMs` the speech since it began. */
export interface VoiceActivity {
  readonly speaking: boolean;
  readonly loudMs: number;
  readonly quietMs: number;
  readonly turnMs: number;
}

/** Nobody has spoken. */
export const QUIET: VoiceActivity = { speaking: false, loudMs: 0, quietMs: 0, turnMs: 0 };

/**
 * The level that counts as loud, in dBFS, for the API's `threshold` of 0 to 1: its default 0.5 is -35, above a telephone line's noise and below speech.
 * Ours: the API's threshold is a probability, not a level.
 */
export function thresholdDbfs(threshold: number): number {
  return -60 + 50 * threshold;
}

/** Hears one window; `change` says whether a turn began or ended with it. */
export function judgeWindow(
  vad: VoiceActivity,
  loud: boolean,
  silenceMs: number,
): { readonly vad: VoiceActivity; readonly change: "started" | "stopped" | undefined } {
  const loudMs = loud ? vad.loudMs + WINDOW_MS : 0;
  const quietMs = loud ? 0 : vad.quietMs + WINDOW_MS;
  if (!vad.speaking) {
    if (loudMs < ONSET_MS) return { vad: { speaking: false, loudMs, quietMs, turnMs: 0 }, change: undefined };
    return { vad: { speaking: true, loudMs, quietMs, turnMs: loudMs }, change: "started" };
  }
  const turnMs = vad.turnMs + WINDOW_MS;
  if (quietMs < silenceMs && turnMs < MAX_TURN_MS) return { vad: { speaking: true, loudMs, quietMs, turnMs }, change: undefined };
  return { vad: QUIET, change: "stopped" };
}
