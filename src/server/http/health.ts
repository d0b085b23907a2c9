// Liveness (/healthz) and readiness (/readyz) for load balancers and monitors.

import type { StoredCalls } from "../../adapters/store/stored-calls.ts";
import { gitSha, version } from "../../version.ts";
import type { CurrentAgents } from "../auth/authenticate-webhook.ts";
import type { CallRegistry } from "../calls/call-registry.ts";
import type { ModelHealth } from "../calls/model-health.ts";
import { jsonAnswer } from "./answers.ts";

export interface Health {
  /** Always 200. */
  live(): Response;
  /** 200, or 503 while draining, so that a load balancer sends new calls elsewhere. */
  ready(): Response;
}

export interface HealthParts {
  readonly calls: CallRegistry;
  readonly agents: CurrentAgents;
  readonly models: Pick<ModelHealth, "skipped">;
  readonly storedCalls: Pick<StoredCalls, "health"> | undefined;
  readonly runtimeVersion: string;
  readonly instance: string;
}

/**
 * `instance` is a random name for this run of the process. /healthz reports it, and so does the 101 of a stream, as
 * X-Voice-Instance (open-stream.ts): a client that gets the same name on loopback and by PUBLIC_URL knows that
 * PUBLIC_URL leads to this process.
 */
export function makeHealth({ calls, agents, models, storedCalls, runtimeVersion, instance }: HealthParts): Health {
  return {
    live: () => jsonAnswer(200, { status: "ok", version, gitSha, runtime: runtimeVersion, instance, calls: calls.running }),
    ready: () =>
      calls.draining
        ? jsonAnswer(503, { ready: false, reason: "draining", calls: calls.running })
        : jsonAnswer(200, { ready: true, calls: calls.running, ...agentsFacts(agents), ...modelFacts(models), ...storeFacts(storedCalls) }),
  };
}

/** Models that new calls skip, because they failed lately. */
function modelFacts({ skipped }: Pick<ModelHealth, "skipped">): object {
  return skipped.length === 0 ? {} : { modelsSkipped: skipped };
}

/** A store that fails costs no call, so the server stays ready. */
function storeFacts(storedCalls: HealthParts["storedCalls"]): object {
  const health = storedCalls?.health();
  return health?.problem === undefined ? {} : { storeProblem: health.problem, storeQueued: health.queued, storeDropped: health.dropped };
}

/** Nothing without voice.toml. `agentsProblem`: the file was changed and has mistakes; the agents before it answer. */
function agentsFacts({ book, problem }: CurrentAgents): object {
  return book.file === undefined ? {} : { agents: book.agents.map(({ name }) => name), agentsProblem: problem };
}
