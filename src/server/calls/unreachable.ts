// For switches over a closed union whose cases return nothing.

/**
 * Ends a switch over a union: an unhandled case is a compile error, because its value is not `never`. Throws
 * if it is reached.
 */
export function unreachable(value: never): never {
  throw new Error(`BUG: unhandled case ${JSON.stringify(value)}`);
}
