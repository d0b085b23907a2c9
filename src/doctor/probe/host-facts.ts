// What a URL's host shows before any request: its addresses, whether each accepts a connection, and its TLS. Judged in
// doctor/checks/url.ts.

import { isPrivateHost, isPublicAddress } from "../../protocol/http/public-address.ts";
import { type FoundAddress, lookUpName } from "../../simulators/sockets/look-up-name.ts";
import { openConnection } from "../../simulators/sockets/raw-connection.ts";
import { sendHttpRequest } from "../../simulators/sockets/send-http-request.ts";
import type { AddressTry, HostFacts } from "../evidence/evidence.ts";
import type { DoctorWorld } from "../options.ts";
import { probeTls } from "./probe-tls.ts";

/**
 * For DNS, TCP and TLS each; Twilio's own limit for TCP:
 * https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
 */
const CONNECT_MS = 5_000;
/** Addresses tried; large sites have eight. */
const MAX_ADDRESSES = 8;

/** Connects to each address. Sends nothing but a TLS handshake, and where that fails a plain GET. */
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
  if (tls.refusal?.kind !== "handshake") return { ...facts, dnsMs, addresses, tls };
  const plainHttpStatus = await tryPlainHttp(hostname, facts.port, world);
  return { ...facts, dnsMs, addresses, tls, ...(plainHttpStatus === undefined ? {} : { plainHttpStatus }) };
}

/** Whether the port speaks plain HTTP: the status of any answer. */
function tryPlainHttp(hostname: string, port: number, { clock, trust }: DoctorWorld): Promise<number | undefined> {
  const url = `http://${hostname}:${port}/`;
  const request = { type: "http.request", id: 0, method: "GET", url, headers: [["Host", `${hostname}:${port}`]], body: "" } as const;
  const limits = { connectTimeoutMs: CONNECT_MS, readTimeoutMs: CONNECT_MS, totalTimeoutMs: CONNECT_MS, maxBodyBytes: 4_096 } as const;
  return new Promise((resolve) => {
    sendHttpRequest({ ...request, ...limits }, trust, clock, (result) => resolve("failure" in result ? undefined : result.status));
  });
}

function tryAddress({ address, family }: FoundAddress, port: number, { clock, trust }: DoctorWorld): Promise<AddressTry> {
  const startedMs = clock.nowMs();
  return new Promise((resolve) => {
    const tried = (): AddressTry => ({ address, family, isPublic: isPublicAddress(address), ms: clock.nowMs() - startedMs });
    const url = `http://${family === 6 ? `[${address}]` : address}:${port}/`;
    const connection = openConnection(url, CONNECT_MS, trust, clock, {
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

/**
 * Whether a URL's host is on a private network, which Twilio cannot reach, judged by its name and by this machine's
 * resolver.
 */
export async function isPrivateTarget(url: string, world: DoctorWorld): Promise<boolean> {
  const { hostname } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, "");
  const answer = await lookUpName(host, CONNECT_MS, world.clock);
  return "failure" in answer ? isPrivateHost(host) : !answer.addresses.some(({ address }) => isPublicAddress(address));
}
