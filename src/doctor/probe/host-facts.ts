// What is to be known of a URL's host before anything is asked of it: its name's addresses, whether each takes a connection, and its TLS.
// What it means: doctor/checks/url.ts.

import { connectTo } from "../../simulators/sockets/connection.ts";
import type { AddressTry, HostFacts } from "../evidence/evidence.ts";
import { isPrivateHost, isPublicAddress } from "../evidence/public-address.ts";
import type { DoctorWorld } from "../options.ts";
import { lookUpName } from "./name-lookup.ts";
import { probeTls } from "./tls.ts";

/** For a name, and for TCP and TLS, as Twilio's client has it: https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides */
const CONNECT_MS = 5_000;
/** Addresses of a name that are tried; large sites have eight. */
const MAX_ADDRESSES = 8;

/** Looks the host up and tries each of its addresses. Nothing is sent but what TLS takes. */
export async function hostFacts(url: string, world: DoctorWorld): Promise<HostFacts> {
  const { hostname, protocol, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, "");
  const isSecure = protocol === "https:" || protocol === "wss:";
  const facts = { url, host, port: port === "" ? (isSecure ? 443 : 80) : Number(port) };
  const startedMs = world.clock.nowMs();
  const answer = await lookUpName(host, CONNECT_MS, world.clock);
  const dnsMs = world.clock.nowMs() - startedMs;
  if ("failure" in answer) return { ...facts, dnsFailure: answer.failure, dnsMs, addresses: [] };
  const addresses = await Promise.all(answer.addresses.slice(0, MAX_ADDRESSES).map((one) => tryAddress(one, facts.port, world)));
  const isOpen = addresses.some(({ failure }) => failure === undefined);
  if (!isSecure || !isOpen) return { ...facts, dnsMs, addresses };
  const tls = await probeTls({ host, port: facts.port, trust: world.trust, timeoutMs: CONNECT_MS }, world.clock);
  return { ...facts, dnsMs, addresses, tls };
}

type FoundAddress = Pick<AddressTry, "address" | "family">;

function tryAddress({ address, family }: FoundAddress, port: number, { clock, trust }: DoctorWorld): Promise<AddressTry> {
  const startedMs = clock.nowMs();
  return new Promise((resolve) => {
    const tried = (): AddressTry => ({ address, family, isPublic: isPublicAddress(address), ms: clock.nowMs() - startedMs });
    const url = `http://${family === 6 ? `[${address}]` : address}:${port}/`;
    const connection = connectTo(url, CONNECT_MS, trust, clock, {
      opened: () => {
        connection.destroy();
        resolve(tried());
      },
      received: () => {},
      closed: (failure) => {
        const { failure: kind, detail } = failure ?? { failure: "closed", detail: "closed while connecting" };
        resolve({ ...tried(), failure: { kind, detail } });
      },
    });
  });
}

/** Whether Twilio could not reach a URL's host because it is of a private network, as far as its name and this machine's resolver tell. */
export async function isPrivateTarget(url: string, world: DoctorWorld): Promise<boolean> {
  const { hostname } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, "");
  const answer = await lookUpName(host, CONNECT_MS, world.clock);
  return "failure" in answer ? isPrivateHost(host) : !answer.addresses.some(({ address }) => isPublicAddress(address));
}
