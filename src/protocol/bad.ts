// What a parser returns instead of throwing: the peer broke the protocol, and this says how.

/**
 * `bad` says where, what was expected and what came, without the payload: "media.payload: expected base64, got 3
 * characters that are not".
 */
export interface Bad {
  readonly bad: string;
}

export function isBad(value: object): value is Bad {
  return "bad" in value;
}
