// Digits both ways, on real sockets: the caller types a PIN, which a function gets and the model does not; the model
// presses keys, and the telephone hears their tones.

import { test } from "bun:test";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { assert, assertEquals } from "@std/assert";
import * as platform from "#platform";
import { modelSocket } from "../../src/adapters/model-socket.ts";
import { decodeMulaw } from "../../src/audio/g711.ts";
import type { Agent, HttpTool } from "../../src/config/agents/agent.ts";
import type { Config } from "../../src/config/config.ts";
import { type BrainReply, functionCallReply, type ReplyRequest, spokenReply } from "../../src/simulators/openai/brains/brain.ts";
import { startModelSimulator } from "../../src/simulators/sockets/model-simulator.ts";
import { playedBytes } from "../../src/simulators/twilio/heard-audio.ts";
import { mulaw } from "../simulators/openai/client.ts";
import { detectDtmf } from "../support/dtmf.ts";
import { isHearing, type Line, lineConfig, openLine, stretchesHeard } from "../support/line.ts";
import { patientClock } from "../support/patient-clock.ts";

const hello = spokenReply(mulaw(400), "Hello.");
const PIN = "4711";

interface Bench {
  readonly line: Line;
  sent(): string;
  stop(): Promise<void>;
}

function openBench(more: Partial<Agent>, reply: (ask: ReplyRequest) => BrainReply): Bench {
  const clock = patientClock(4);
  const brain = { reply, transcribe: () => "" };
  const models = startModelSimulator({ listen: platform.listen, clock, apiKey: "sk-test", behaviourFor: () => ({ brain }) });
  const config = lineConfig();
  const agent: Agent = { ...config.agents.agents[0], ...more };
  const changed: Config = { ...config, agents: { ...config.agents, agents: [agent] } };
  const line = openLine(clock, modelSocket({ type: "openai", apiKey: "sk-test", model: "m", realtimeUrl: models.url }, clock), changed);
  return {
    line,
    sent: () =>
      models
        .connections()
        .flatMap(({ received }) => received.map(({ text }) => text))
        .join("\n"),
    async stop() {
      await line.voice.stop();
      await models.stop();
    },
  };
}

function outputsOf({ input }: ReplyRequest): readonly string[] {
  return input.flatMap((one) => (one.type === "functionOutput" ? [one.output] : []));
}

test("a call: the caller types a PIN; the function gets it, and neither the model nor log nor record does", async () => {
  const bodies: string[] = [];
  const bank = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      bodies.push(body);
      response.end("The balance is 5.");
    });
  });
  await new Promise<void>((resolve) => void bank.listen(0, "127.0.0.1", resolve));
  const balance: HttpTool = {
    name: "balance",
    description: "The balance.",
    parameters: { type: "object", properties: {} },
    method: "POST",
    url: `http://127.0.0.1:${(bank.address() as AddressInfo).port}/balance`,
    headers: {},
    fields: { pin: "{{digits.pin}}" },
    body: "json",
    timeoutMs: 8_000,
    privateHosts: ["127.0.0.1"],
    maxBytes: 8_192,
    keep: [],
  };
  const outputs: string[] = [];
  const bench = openBench(
    { tools: [balance], digits: [{ name: "pin", max: 4, min: 4, terminator: "#", timeoutMs: 8_000, isMasked: true }] },
    (ask) => {
      const [output] = outputsOf(ask);
      if (output !== undefined) outputs.push(output);
      if (output?.includes("typed") === true) return functionCallReply("balance", "call_2", "{}");
      if (output !== undefined) return spokenReply(mulaw(600), "The balance is 5.");
      if (!ask.input.some((one) => one.type === "audio")) return hello;
      const items = [
        { type: "audio", mulaw: mulaw(800), transcript: "Type your PIN." },
        { type: "functionCall", name: "collect_digits", callId: "call_1", arguments: "{}" },
      ] as const;
      return { items, end: { type: "completed" } };
    },
  );
  try {
    const running = bench.line.call();
    await running.until("the greeting", (call) => stretchesHeard(call) >= 1, 60_000);
    running.command({ type: "say", speech: mulaw(1_500, 5) });
    await running.until("the question", (call) => stretchesHeard(call) >= 2, 60_000);
    for (const digit of PIN) running.command({ type: "press", digit });
    await running.until("the balance", (call) => stretchesHeard(call) >= 3, 60_000);
    running.command({ type: "hangUp", requestsAction: true });
    assertEquals((await running.done).problems, []);
    assertEquals(bodies, [JSON.stringify({ pin: PIN })]);
    assertEquals(outputs, ["The caller typed 4 digits. You cannot see them: functions that need pin have them.", "The balance is 5."]);
    const [record] = bench.line.records;
    assertEquals(record?.fallback, "none");
    for (const text of [bench.sent(), JSON.stringify(bench.line.logged), JSON.stringify(record)]) assert(!text.includes(PIN));
    assert(!bench.sent().includes("The caller pressed"));
  } finally {
    await bench.stop();
    bank.closeAllConnections();
    bank.close();
  }
});

test("a call: the model presses keys, and the caller's side hears their tones, each long enough", async () => {
  const digits = "1w59#";
  const bench = openBench({ canSendDigits: true }, (ask) => {
    const [output] = outputsOf(ask);
    if (output !== undefined) return spokenReply(mulaw(600), output);
    return ask.input.some((one) => one.type === "audio") ? functionCallReply("send_digits", "call_1", JSON.stringify({ digits })) : hello;
  });
  try {
    const running = bench.line.call({ keepHeardMs: 60_000 });
    await running.until("the greeting", (call) => stretchesHeard(call) >= 1, 60_000);
    running.command({ type: "say", speech: mulaw(1_500, 5) });
    await running.until("the words after", (call) => stretchesHeard(call) >= 3, 60_000);
    running.command({ type: "hangUp", requestsAction: true });
    const call = await running.done;
    assertEquals(call.problems, []);
    const heard = call.streams[0]?.heard;
    assert(heard !== undefined);
    const samples = decodeMulaw(playedBytes(heard).subarray(400 * 8, (400 + 1_300) * 8));
    assertEquals(keysIn(samples), ["1", "5", "9", "#"]);
    assert(bench.sent().includes('"output":"Sent."'));
  } finally {
    await bench.stop();
  }
});

/** The keys whose tones last at least 40 ms, with a pause of 40 ms between two (ITU-T Q.24). */
function keysIn(samples: Int16Array): readonly string[] {
  const blockSamples = 20 * 8;
  const blocks = Array.from({ length: Math.floor(samples.length / blockSamples) }, (_, at) =>
    detectDtmf(samples.subarray(at * blockSamples, (at + 1) * blockSamples)),
  );
  return blocks.flatMap((key, at) =>
    key !== undefined && blocks[at - 1] !== key && blocks[at + 1] === key && blocks[at - 2] === undefined ? [key] : [],
  );
}

test("a call: a bound key ends it while the agent speaks, without the model's doing", async () => {
  const bench = openBench({ keys: { "9": { type: "hangUp" } } }, () => spokenReply(mulaw(20_000), "A long story."));
  try {
    const running = bench.line.call();
    await running.until("the story", isHearing, 60_000);
    running.command({ type: "press", digit: "9" });
    const call = await running.done;
    assertEquals(call.problems, []);
    assertEquals(bench.line.records[0]?.end, { by: "agent", cause: "hungUp" });
    assert((bench.line.records[0]?.counts.heardMs ?? 0) < 15_000);
    assert(!bench.sent().includes("The caller pressed"));
  } finally {
    await bench.stop();
  }
});
