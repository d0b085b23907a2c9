// What we have heard of the caller ourselves: numbers only. The rules are hearing.ts's.

/** Loudness that the model has not noticed. */
export interface Hearing {
  readonly loudMs: number;
  /** False when the model was there all the same, or a new one did not notice either: then it is noise, until the model hears speech again. */
  readonly trusted: boolean;
  /** The model was asked whether it is there, and has not answered yet. */
  readonly asked: boolean;
}

/** Nothing loud yet. */
export const quietHearing: Hearing = { loudMs: 0, trusted: true, asked: false };
