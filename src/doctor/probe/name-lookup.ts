// The addresses of a host, each with its kind: what Twilio would find, as far as this machine's resolver sees the same world. On node:dns, which
// every runtime has.

import { lookup } from "node:dns";
import { isIP } from "node:net";
import type { Clock } from "../../call/ports.ts";

/** One address of a host. */
export interface FoundAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/** What a name has: addresses, at least one, or why there are none. */
export type NameAnswer = { readonly addresses: readonly FoundAddress[] } | { readonly failure: string };

/** Looks a host up; a literal address, without brackets, is its own answer. Never rejects. */
export function lookUpName(host: string, timeoutMs: number, clock: Clock): Promise<NameAnswer> {
  const literal = isIP(host);
  if (literal === 4 || literal === 6) return Promise.resolve({ addresses: [{ address: host, family: literal }] });
  return new Promise((resolve) => {
    const stopWaiting = clock.after(timeoutMs, () => resolve({ failure: `no answer of the resolver within ${timeoutMs} ms` }));
    lookup(host, { all: true }, (error, found) => {
      stopWaiting();
      const addresses = (found ?? []).flatMap(({ address, family }) =>
        family === 4 || family === 6 ? [{ address, family } as const] : [],
      );
      const failure = error?.code ?? error?.message ?? "the name has no address";
      resolve(addresses.length === 0 ? { failure } : { addresses });
    });
  });
}
