// Looks up a host's addresses with this machine's resolver, which may see another network than Twilio's does. Uses
// node:dns, which every runtime has.

import { lookup } from "node:dns";
import { isIP } from "node:net";
import type { Clock } from "../../call/ports.ts";

export interface FoundAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/** At least one address, or why there is none. */
export type NameAnswer = { readonly addresses: readonly FoundAddress[] } | { readonly failure: string };

/** A literal address, without brackets, is returned as it is. Never rejects. */
export function lookUpName(host: string, timeoutMs: number, clock: Clock): Promise<NameAnswer> {
  const literal = isIP(host);
  if (literal === 4 || literal === 6) return Promise.resolve({ addresses: [{ address: host, family: literal }] });
  return new Promise((resolve) => {
    const cancelTimeout = clock.after(timeoutMs, () => resolve({ failure: `the resolver did not answer within ${timeoutMs} ms` }));
    lookup(host, { all: true }, (error, found) => {
      cancelTimeout();
      const addresses = (found ?? []).flatMap(({ address, family }) =>
        family === 4 || family === 6 ? [{ address, family } as const] : [],
      );
      const failure = error?.code ?? error?.message ?? "the name has no address";
      resolve(addresses.length === 0 ? { failure } : { addresses });
    });
  });
}
