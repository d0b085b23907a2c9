// Whether a URL leads to this machine, where a call costs nothing: to a loopback address, or to one of its own.

import { networkInterfaces } from "node:os";
import type { Clock } from "../../call/ports.ts";
import { lookUpName } from "../../simulators/sockets/look-up-name.ts";

const LOOK_UP_MS = 5_000;
/** Hosts whose answer is kept. A run contacts two or three. */
const MAX_HOSTS = 1_000;

/** Looks each host up once. A name that cannot be looked up is not this machine's. */
export function thisMachine(clock: Clock, own: readonly string[] = ownAddresses()): (url: string) => Promise<boolean> {
  const known = new Map<string, Promise<boolean>>();
  return (url) => {
    const host = new URL(url).hostname.replace(/^\[|\]$/g, "");
    const answer = known.get(host) ?? isOwnHost(host, own, clock);
    if (known.size < MAX_HOSTS) known.set(host, answer);
    return answer;
  };
}

async function isOwnHost(host: string, own: readonly string[], clock: Clock): Promise<boolean> {
  const answer = await lookUpName(host, LOOK_UP_MS, clock);
  return "addresses" in answer && answer.addresses.every(({ address }) => isLoopback(address) || own.includes(address));
}

/** RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3; the unspecified address connects to this machine too. */
function isLoopback(address: string): boolean {
  return /^(?:::ffff:)?127\./i.test(address) || ["::1", "::", "0.0.0.0"].includes(address);
}

function ownAddresses(): readonly string[] {
  try {
    return Object.values(networkInterfaces()).flatMap((addresses = []) => addresses.map(({ address }) => address));
  } catch {
    return []; // Deno without --allow-sys: only loopback counts
  }
}
