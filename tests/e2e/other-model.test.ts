// Calls whose first model fails, before the call or in its middle, on real sockets: the second model takes over, and
// new calls begin with it.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import * as platform from "#platform";
import { modelSocket } from "../../src/adapters/model-socket.ts";
import type { Agent, ModelChoice } from "../../src/config/agents/agent.ts";
import type { Config } from "../../src/config/config.ts";
import { type BrainReply, type ReplyRequest, spokenReply } from "../../src/simulators/openai/brains/brain.ts";
import { type ModelBehaviour, startModelSimulator } from "../../src/simulators/sockets/model-simulator.ts";
import { mulaw } from "../simulators/openai/client.ts";
import { lineConfig, openLine, stretchesHeard } from "../support/line.ts";
import { patientClock } from "../support/patient-clock.ts";

const hello = spokenReply(mulaw(400), "Hello.");
const answer = spokenReply(mulaw(600), "We open at nine.");
const outOfQuota: BrainReply = {
  items: [],
  end: { type: "failed", errorType: "insufficient_quota", code: "insufficient_quota", message: "You exceeded your quota." },
};

/** A brain that greets, and answers what is said with `reply`. */
const brainWith = (reply: BrainReply) => ({
  reply: ({ input }: ReplyRequest) => (input.some((one) => one.type === "audio") ? reply : hello),
  transcribe: () => "When do you open?",
});

interface Bench {
  readonly line: ReturnType<typeof openLine>;
  /** The models that were dialled, in order. */
  readonly dialled: readonly string[];
  stop(): Promise<void>;
}

/** A line with two models: the first behaves like this, the second is well. */
function openTwoModels(first: ModelBehaviour): Bench {
  const clock = patientClock(4);
  const dialled: string[] = [];
  const models = startModelSimulator({
    listen: platform.listen,
    clock,
    apiKey: "sk-test",
    behaviourFor: ({ model }) => {
      // A refused handshake may be made again, to read why.
      if (dialled.at(-1) !== model) dialled.push(model);
      return model === "first" ? first : { brain: brainWith(answer) };
    },
  });
  const choice = (model: string): ModelChoice => ({ type: "openai", apiKey: "sk-test", model, realtimeUrl: models.url });
  const config = lineConfig();
  const agent: Agent = { ...config.agents.agents[0], models: [choice("first"), choice("second")] };
  const both: Config = { ...config, agents: { ...config.agents, agents: [agent] } };
  const line = openLine(
    clock,
    (model) => {
      assert(model.type === "openai");
      return modelSocket(model, clock);
    },
    both,
  );
  return {
    line,
    dialled,
    async stop() {
      await line.voice.stop();
      await models.stop();
    },
  };
}

/** Places a call, hears the greeting, asks, hears the answer, and hangs up. */
async function talk({ line }: Bench, seed: string): Promise<void> {
  const running = line.call({ seed });
  await running.until("the greeting", (call) => stretchesHeard(call) >= 1, 60_000);
  running.command({ type: "say", speech: mulaw(1_500, 5) });
  await running.until("the answer", (call) => stretchesHeard(call) >= 2, 60_000);
  running.command({ type: "hangUp", requestsAction: true });
  assertEquals((await running.done).problems, []);
}

test("a call: a model that is refused is replaced by the next, and the next call begins with that", async () => {
  const bench = openTwoModels({ brain: brainWith(answer), handshake: "401" });
  try {
    await talk(bench, "one");
    assertEquals(
      bench.line.records.map(({ end, fallback }) => [end.by, fallback]),
      [["caller", "otherModel"]],
    );
    assertEquals(bench.dialled, ["first", "second"]);
    const ready = (await (await fetch(`http://127.0.0.1:${bench.line.voice.port}/readyz`)).json()) as { modelsSkipped?: string[] };
    assertEquals(ready.modelsSkipped?.length, 1);
    await talk(bench, "two");
    assertEquals(bench.dialled, ["first", "second"]);
    assertEquals(bench.line.records[1]?.fallback, "none");
  } finally {
    await bench.stop();
  }
});

test("a call: a model that runs out of quota in the middle is replaced by the next, which answers the question", async () => {
  const bench = openTwoModels({ brain: brainWith(outOfQuota) });
  try {
    await talk(bench, "one");
    const [record] = bench.line.records;
    assertEquals([record?.end.by, record?.fallback, bench.dialled], ["caller", "otherModel", ["first", "second"]]);
    assert(bench.line.logged.some(({ event, fields }) => event === "model.replaced" && fields["cause"] === "modelRefused"));
  } finally {
    await bench.stop();
  }
});
