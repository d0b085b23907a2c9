// Calls to a model whose server refuses noise reduction, on real sockets: the first one learns it, the next ones do not
// send it, and after an hour it is tried again.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import * as platform from "#platform";
import { modelSocket } from "../../src/adapters/model-socket.ts";
import type { Agent } from "../../src/config/agents/agent.ts";
import { REMEMBERED_MS } from "../../src/server/calls/refused-settings.ts";
import { spokenReply } from "../../src/simulators/openai/brains/brain.ts";
import { type ModelConnection, startModelSimulator } from "../../src/simulators/sockets/model-simulator.ts";
import { mulaw } from "../simulators/openai/client.ts";
import { lineConfig, openLine, stretchesHeard } from "../support/line.ts";
import { patientClock } from "../support/patient-clock.ts";

const refusal = JSON.stringify({
  type: "error",
  event_id: "event_x",
  error: { type: "invalid_request_error", code: "unknown_parameter", message: "Unknown.", param: "session.audio.input.noise_reduction" },
});
const brain = { reply: () => spokenReply(mulaw(400), "Hello."), transcribe: () => "" };

/** For each update that the connection received: whether it has noise reduction. */
function updatesOf({ received }: ModelConnection): readonly boolean[] {
  const updates = received.map(({ text }) => JSON.parse(text)).filter(({ type }) => type === "session.update");
  return updates.map(({ session }) => "noise_reduction" in session.audio.input);
}

test("a call: what the model's server refused to an earlier call is not sent, until an hour later", async () => {
  const patient = patientClock(4);
  let aheadMs = 0;
  const clock = { ...patient, nowMs: () => patient.nowMs() + aheadMs };
  const models = startModelSimulator({
    listen: platform.listen,
    clock,
    apiKey: "sk-test",
    behaviourFor: () => ({
      brain,
      tamper: (frame, send) => {
        const last = models.connections().at(-1);
        const isRefused = JSON.parse(frame).type === "session.updated" && last !== undefined && updatesOf(last).at(-1) === true;
        send(isRefused ? refusal : frame);
      },
    }),
  });
  const config = lineConfig();
  const agent: Agent = {
    ...config.agents.agents[0],
    models: [{ type: "openai", apiKey: "sk-test", model: "gpt-realtime", realtimeUrl: models.url }],
  };
  const line = openLine(
    clock,
    (model) => {
      assert(model.type === "openai");
      return modelSocket(model, clock);
    },
    { ...config, agents: { ...config.agents, agents: [agent] } },
  );
  /** Places a call and hears the greeting. Returns the updates of its session, and how often it logged a refusal. */
  const greet = async (seed: string) => {
    const loggedBefore = line.logged.length;
    const running = line.call({ seed });
    await running.until("the greeting", (call) => stretchesHeard(call) >= 1, 60_000);
    running.command({ type: "hangUp", requestsAction: true });
    assertEquals((await running.done).problems, []);
    const last = models.connections().at(-1);
    assert(last !== undefined);
    const refused = line.logged.slice(loggedBefore).filter(({ event }) => event === "model.settingRefused");
    return { updates: updatesOf(last), refused: refused.map(({ fields }) => fields["settings"]) };
  };
  try {
    assertEquals(await greet("one"), { updates: [true, false], refused: ["noise_reduction"] });
    assertEquals(await greet("two"), { updates: [false], refused: [] });
    aheadMs = REMEMBERED_MS;
    assertEquals(await greet("three"), { updates: [true, false], refused: ["noise_reduction"] });
    assertEquals(await greet("four"), { updates: [false], refused: [] });
    assertEquals(models.connections().length, 4);
  } finally {
    await line.voice.stop();
    await models.stop();
  }
});
