// A call whose agent looks something up and hangs up, on real sockets: telephone, voice, model and the tool's server.

import { test } from "bun:test";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { assertEquals, assertStringIncludes } from "@std/assert";
import * as platform from "#platform";
import { modelSocket } from "../../src/adapters/model-socket.ts";
import type { Agent } from "../../src/config/agents/agent.ts";
import type { Config } from "../../src/config/config.ts";
import { type BrainReply, functionCallReply, type ReplyRequest, spokenReply } from "../../src/simulators/openai/brains/brain.ts";
import { startModelSimulator } from "../../src/simulators/sockets/model-simulator.ts";
import { mulaw } from "../simulators/openai/client.ts";
import { lineConfig, openLine } from "../support/line.ts";
import { patientClock } from "../support/patient-clock.ts";

const hello = spokenReply(mulaw(400), "Hello.");
const goodbye = mulaw(600);

/** Greets; when spoken to, looks up; with the result, says goodbye and hangs up. `results` has what it got. */
function reply({ input }: ReplyRequest, results: string[]): BrainReply {
  const result = input.find((one) => one.type === "functionOutput");
  if (result?.type === "functionOutput") {
    results.push(result.output);
    const items = [
      { type: "audio", mulaw: goodbye, transcript: "At six. Goodbye." },
      { type: "functionCall", name: "hang_up", callId: "call_2", arguments: "{}" },
    ] as const;
    return { items, end: { type: "completed" } };
  }
  return input.some((one) => one.type === "audio") ? functionCallReply("find_booking", "call_1", '{"phone":"+1555"}') : hello;
}

test("a call: the agent looks up a booking, says it, and hangs up when the caller has heard it", async () => {
  const asked: string[] = [];
  const bookings = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.authorization}`);
    response.end('{"at":"six","internal":"x"}');
  });
  await new Promise<void>((resolve) => void bookings.listen(0, "127.0.0.1", resolve));
  const { port } = bookings.address() as AddressInfo;
  const clock = patientClock(4);
  const results: string[] = [];
  const brain = { reply: (ask: ReplyRequest) => reply(ask, results), transcribe: () => "" };
  const models = startModelSimulator({ listen: platform.listen, clock, apiKey: "sk-test", behaviourFor: () => ({ brain }) });
  const config = lineConfig();
  const agent: Agent = {
    ...config.agents.agents[0],
    canHangUp: true,
    tools: [
      {
        name: "find_booking",
        description: "Finds a booking.",
        parameters: { type: "object", properties: { phone: { type: "string" } }, required: ["phone"] },
        method: "GET",
        url: `http://127.0.0.1:${port}/bookings/{{phone}}`,
        headers: { Authorization: "Bearer key" },
        fields: {},
        body: "none",
        timeoutMs: 8_000,
        privateHosts: ["127.0.0.1"],
        maxBytes: 8_192,
        keep: ["$.at"],
      },
    ],
  };
  const withTools: Config = { ...config, agents: { ...config.agents, agents: [agent] } };
  const dialler = modelSocket({ type: "openai", apiKey: "sk-test", model: "m", realtimeUrl: models.url }, clock);
  const line = openLine(clock, dialler, withTools);
  try {
    const running = line.call();
    await running.until("greeting", (call) => call.line.some(({ kind }) => kind === "audio"), 60_000);
    running.command({ type: "say", speech: mulaw(1_500, 5) });
    const call = await running.done;
    assertEquals([asked, results], [["GET /bookings/%2B1555 Bearer key"], ['{"at":"six"}']]);
    assertEquals(call.problems, []);
    const [record] = line.records;
    assertEquals([record?.end, record?.fallback], [{ by: "agent", cause: "hungUp" }, "none"]);
    // The goodbye was heard to its end before the call was over.
    assertEquals(record?.counts.heardMs, record?.counts.sentMs);
    const session =
      models
        .connections()[0]
        ?.received.map(({ text }) => text)
        .find((text) => text.includes("session.update")) ?? "";
    assertStringIncludes(session, '"name":"find_booking"');
    assertStringIncludes(session, '"name":"hang_up"');
  } finally {
    await line.voice.stop();
    await models.stop();
    bookings.closeAllConnections();
    bookings.close();
  }
});
