// A mistake in the command line or the settings: main.ts prints it with its hint and exits with 2.

/** The message holds the value and what was expected; `hint` is what to try. */
export class UsageError extends Error {
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.name = "UsageError"; // set here: minifying renames classes
    this.hint = hint;
  }
}
