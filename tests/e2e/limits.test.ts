// Calls that come to a limit, on real sockets: telephone, voice and model.

import { test } from "bun:test";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import * as platform from "#platform";
import { modelSocket } from "../../src/adapters/model-socket.ts";
import type { Agent, ModelChoice } from "../../src/config/agents/agent.ts";
import type { Config } from "../../src/config/config.ts";
import type { TokenPrices } from "../../src/protocol/realtime/prices.ts";
import { type BrainReply, type ReplyRequest, spokenReply } from "../../src/simulators/openai/brains/brain.ts";
import { startModelSimulator } from "../../src/simulators/sockets/model-simulator.ts";
import type { TelephoneCall } from "../../src/simulators/twilio/telephone/telephone-state.ts";
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
  /** What the model received, as text. */
  sent(): readonly string[];
  stop(): Promise<void>;
}

/** A line whose one agent has these limits. `reply` answers what the model is asked for. */
function openBench(limits: Partial<Agent>, reply: (ask: ReplyRequest) => BrainReply, price?: TokenPrices): Bench {
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
  const model: ModelChoice = { type: "openai", apiKey: "sk-test", model: "m", realtimeUrl: models.url };
  const agent: Agent = { ...config.agents.agents[0], models: [model], ...limits };
  const own = new Map(price === undefined ? [] : [["m", price]]);
  const limited: Config = { ...config, agents: { ...config.agents, agents: [agent], prices: own } };
  const dialler = modelSocket(model, clock);
  const line = openLine(clock, dialler, limited);
  return {
    line,
    asked,
    sent: () => models.connections().flatMap(({ received }) => received.map(({ text }) => text)),
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

test("a call: the longest time is warned of, and ends it with a goodbye, also when the caller speaks over that", async () => {
  const patience = { idle: undefined, duration: { warnMs: 1_500, maxMs: 3_000 } };
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

/** A second of the caller's audio costs a dollar, and so does a second of the model's. */
const prices = { textIn: 0, textCached: 0, textOut: 0, audioIn: 1e5, audioCached: 1e5, audioOut: 5e4 };
const anAnswer = spokenReply(mulaw(2_000), "An answer.");

/** Speaks after everything it hears, until the call is over. */
async function talkOn(bench: Bench): Promise<TelephoneCall> {
  const running = bench.line.call();
  for (let turn = 1; turn < 10; turn++) {
    const isHeard = await running
      .until("the answer", (call) => stretchesHeard(call) >= turn, 60_000)
      .then(
        () => true,
        () => false,
      );
    if (!isHeard) break;
    running.command({ type: "say", speech: mulaw(1_500, 5) });
  }
  return running.done;
}

test("a call: a budget ends it politely, and is passed by less than one response", async () => {
  const budget = { perCallUsd: 16, perDayUsd: undefined };
  const reply = (ask: ReplyRequest): BrainReply => (ask.instructions.includes("goodbye") ? goodbye : ask.number === 0 ? hello : anAnswer);
  const bench = openBench({ budget }, reply, prices);
  try {
    const call = await talkOn(bench);
    assertEquals(call.problems, []);
    const [record] = bench.line.records;
    assertEquals([record?.end, record?.fallback], [{ by: "agent", cause: "overBudget" }, "none"]);
    const usd = record?.costUsd ?? 0;
    assert(usd > 0 && usd < 16 + 8, `${usd}`);
    assertEquals(bench.line.logged.find(({ event }) => event === "call.ended")?.fields["costUsd"], usd);
    const metrics = await (await fetch(`http://127.0.0.1:${bench.line.voice.port}/metrics`)).text();
    const total = Number(/^voice_cost_dollars_total (\S+)$/m.exec(metrics)?.[1]);
    assert(Math.abs(total - usd) < 1e-5, `${total} in the metrics, ${usd} in the record`);
  } finally {
    await bench.stop();
  }
});

test("a call: the day's budget ends it with a sentence, and the next caller hears one at once", async () => {
  const budget = { perCallUsd: undefined, perDayUsd: 3 };
  const bench = openBench({ budget }, ({ number }) => (number === 0 ? hello : anAnswer), prices);
  try {
    const call = await talkOn(bench);
    assertEquals(call.problems, []);
    assert(
      call.line.some((one) => one.kind === "say"),
      "no sentence",
    );
    assertEquals(bench.line.records[0]?.end, { by: "agent", cause: "overBudget" });
    const next = await bench.line.call({ seed: "next" }).done;
    assertEquals(
      next.line.map(({ kind }) => kind).filter((kind) => kind === "audio"),
      [],
    );
    assert(
      next.line.some((one) => one.kind === "say"),
      "no sentence for the next caller",
    );
    assertEquals(bench.line.records.length, 1);
    assert(bench.line.logged.some(({ event }) => event === "budget.spent"));
  } finally {
    await bench.stop();
  }
});
