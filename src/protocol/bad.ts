// What a parser returns instead of throwing: the far end broke the protocol, and this says how (STYLE: errors of kind (a)).

/** A message that cannot be taken: `bad` says where, what was expected and what came, without the payload. */
export interface Bad {
  readonly bad: string;
}

/** Whether a parser's result is a {@link Bad}. */
export function isBad(value: object): value is Bad {
  return "bad" in value;
}
