// Whether the process lives (/healthz) and whether it takes calls (/readyz), for whoever watches it. Not metrics.

import { gitSha, version } from "../../version.ts";
import type { Calls } from "../calls/call-registry.ts";
import { jsonAnswer } from "./answers.ts";

/** What answers on the two paths. */
export interface Health {
  /** Always 200, as long as anything answers. */
  live(): Response;
  /** 200, or 503 from the beginning of a drain: a load balancer then sends new calls elsewhere. */
  ready(): Response;
}

/**
 * Makes it. `instance` is a random name of this start of the process, told here as `instance` and in the 101 of a stream as X-Voice-Instance (media.ts): who
 * asks on loopback and by PUBLIC_URL, and gets the same, has proven that PUBLIC_URL leads to this process.
 */
export function makeHealth(calls: Calls, runtimeVersion: string, instance: string): Health {
  return {
    live: () => jsonAnswer(200, { status: "ok", version, gitSha, runtime: runtimeVersion, instance, calls: calls.running }),
    ready: () =>
      calls.draining
        ? jsonAnswer(503, { ready: false, why: "draining", calls: calls.running })
        : jsonAnswer(200, { ready: true, calls: calls.running }),
  };
}
