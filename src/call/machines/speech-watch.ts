// What voice itself knows of the caller's speech: how long the caller has been loud without the model noticing.
// rules/speech-watch.ts decides what follows.

export interface SpeechWatch {
  /** How long the caller has been loud; quiet frames count it down again. */
  readonly loudMs: number;
  /**
   * Whether loudness counts as speech. False once a model that answered the liveness probe, or a second session, did
   * not notice it either: then it is noise, until the model next detects speech.
   */
  readonly trusted: boolean;
  /** The liveness probe was sent, and the model has not answered yet. */
  readonly probing: boolean;
}

/** No loudness yet, and no probe: what a new connection begins with. */
export function restartedWatch(watch: SpeechWatch): SpeechWatch {
  return { ...watch, loudMs: 0, probing: false };
}

export const initialSpeechWatch: SpeechWatch = { loudMs: 0, trusted: true, probing: false };
