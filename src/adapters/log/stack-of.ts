// What a thrown value looks like in the log. It need not be an Error.

/** What the log shows of a thrown value: its stack, or the value as text. */
export function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
