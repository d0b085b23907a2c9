// Calls that come to a limit, on real sockets: telephone, voice and model.

import { test } from "bun:test";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import * as platform from "#platform";
import { modelSocket } from "../../src/adapters/model-socket.ts";
import type { Agent } from "../../src/config/agents/agent.ts";
import type { Config } from "../../src/config/config.ts";
import { type BrainReply, type ReplyRequest, spokenReply } from "../../src/simulators/openai/brains/brain.ts";
import { startModelSimulator } from "../../src/simulators/sockets/model-simulator.ts";
import { mulaw } from "../simulators/openai/client.ts";
import { type Line, lineConfig, openLine, stretchesHeard } from "../support/line.ts";
import { patientClock } from "../support/patient-clock.ts";

const hello = spokenReply(mulaw(400), "Hello.");
const question = spokenReply(mulaw(300), "Are you still there?");
const goodbye = spokenReply(mulaw(600), "Goodbye.");

interface Bench {
  readonly line: Line;
  /** The instructions of each response that voice asked for. */
  readonly asked: readonly string[];
  stop(): Promise<void>;
}

/** A line whose one agent has these limits. `reply` answers what the model is asked for. */
function openBench(limits: Partial<Agent>, reply: (ask: ReplyRequest) => BrainReply): Bench {
  const clock = patientClock(4);
  const asked: string[] = [];
  const brain = {
    reply: (ask: ReplyRequest) => {
      asked.push(ask.instructions);
      return reply(ask);
    },
    transcribe: () => "",
  };
  const models = startModelSimulator({ listen: platform.listen, clock, apiKey: "sk-test", behaviourFor: () => ({ brain }) });
  const config = lineConfig();
  const agent: Agent = { ...config.agents.agents[0], ...limits };
  const limited: Config = { ...config, agents: { ...config.agents, agents: [agent] } };
  const dialler = modelSocket({ type: "openai", apiKey: "sk-test", model: "m", realtimeUrl: models.url }, clock);
  const line = openLine(clock, dialler, limited);
  return {
    line,
    asked,
    async stop() {
      await line.voice.stop();
      await models.stop();
    },
  };
}

/** By what voice has the agent say. */
function replyTo({ instructions }: ReplyRequest): BrainReply {
  if (instructions.includes("goodbye")) return goodbye;
  return instructions.includes("Hello?") ? question : hello;
}

test("a call: a silent caller is asked, hears a goodbye to its end, and is hung up on", async () => {
  const patience = { idle: { ms: 3_000, say: "Hello?", times: 1 }, duration: undefined };
  const bench = openBench({ patience }, replyTo);
  try {
    const running = bench.line.call();
    const call = await running.done;
    assertEquals(call.problems, []);
    assertEquals(stretchesHeard(call), 3);
    const [record] = bench.line.records;
    assertEquals([record?.end, record?.fallback], [{ by: "agent", cause: "idle" }, "none"]);
    assertEquals(record?.counts.heardMs, 400 + 300 + 600);
    assertEquals(
      record?.turns.map(({ trigger }) => trigger),
      ["greeting", "agent", "agent"],
    );
    assertStringIncludes(bench.asked[1] ?? "", '"Hello?"');
  } finally {
    await bench.stop();
  }
});

test("a call: the longest time ends it with a goodbye, also when the caller speaks over that", async () => {
  const patience = { idle: undefined, duration: { warnMs: undefined, maxMs: 3_000 } };
  const bench = openBench({ patience }, replyTo);
  try {
    const running = bench.line.call();
    await running.until("the goodbye", () => bench.asked.some((one) => one.includes("goodbye")), 60_000);
    running.command({ type: "say", speech: mulaw(1_500, 5) });
    const call = await running.done;
    assertEquals(call.problems, []);
    const [record] = bench.line.records;
    assertEquals(record?.end, { by: "agent", cause: "tooLong" });
    assert(bench.line.logged.some(({ event }) => event === "call.limitReached"));
  } finally {
    await bench.stop();
  }
});
