// A mistake of whoever started the program: told in words with a hint, exit code 2. Not a fault of ours and not a far end's.

/** What was wrong, with the value and what was expected; `hint` says what to try. */
export class UsageError extends Error {
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.name = "UsageError"; // by hand: minifying takes class names away
    this.hint = hint;
  }
}
