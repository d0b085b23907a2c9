// Transfers on real sockets: the agent hands the caller over, Twilio dials, the person is asked, and the caller is
// connected, or back with the agent. Telephone, voice and model are the real parts; people are scripted.

import { test } from "bun:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import * as platform from "#platform";
import { modelSocket } from "../../src/adapters/model-socket.ts";
import type { TransferPlan } from "../../src/call/machines/transfer.ts";
import type { CallRecord } from "../../src/call/record.ts";
import type { Agent } from "../../src/config/agents/agent.ts";
import type { Config } from "../../src/config/config.ts";
import { type BrainReply, type ReplyRequest, spokenReply } from "../../src/simulators/openai/brains/brain.ts";
import { startModelSimulator } from "../../src/simulators/sockets/model-simulator.ts";
import type { Person } from "../../src/simulators/twilio/telephone/inputs-outputs.ts";
import type { TelephoneCall } from "../../src/simulators/twilio/telephone/telephone-state.ts";
import { scriptTransfers } from "../call/script-transfers.ts";
import { mulaw } from "../simulators/openai/client.ts";
import { type Line, lineConfig, openLine } from "../support/line.ts";
import { patientClock } from "../support/patient-clock.ts";

const DESK = "+15550170001";
const SIP = "sip:desk@pbx.example.com";
const ABOUT = "Ann Lee asks about her invoice.";

/** Greets; transfers when spoken to; and says what it learnt when the caller is back. `learnt` has that. */
function reply({ input }: ReplyRequest, name: string, learnt: string[]): BrainReply {
  const news = input.find((one) => one.type === "text" && one.text.includes("has failed"));
  if (news?.type === "text") {
    learnt.push(news.text);
    return spokenReply(mulaw(500), "No one is free.");
  }
  if (!input.some((one) => one.type === "audio")) return spokenReply(mulaw(400), "Hello.");
  const items = [
    { type: "audio", mulaw: mulaw(600), transcript: "One moment." },
    { type: "functionCall", name: `transfer_to_${name}`, callId: "call_1", arguments: JSON.stringify({ about: ABOUT }) },
  ] as const;
  return { items, end: { type: "completed" } };
}

interface Played {
  readonly call: TelephoneCall;
  readonly record: CallRecord | undefined;
  readonly learnt: readonly string[];
  readonly line: Line;
}

/** Plays one call whose agent transfers to `name`. A caller who is back with the agent hears it, and hangs up. */
async function play(
  name: string,
  people: Readonly<Record<string, Person>>,
  more: Partial<Agent> = {},
  apiKey = "sk-test",
): Promise<Played> {
  const clock = patientClock(8);
  const learnt: string[] = [];
  const brain = { reply: (ask: ReplyRequest) => reply(ask, name, learnt), transcribe: () => "" };
  const models = startModelSimulator({ listen: platform.listen, clock, apiKey: "sk-test", behaviourFor: () => ({ brain }) });
  const config = lineConfig();
  const transfers: readonly TransferPlan[] = scriptTransfers.filter((plan) => plan.name === name);
  const agent: Agent = { ...config.agents.agents[0], transfers, ...more };
  const withTransfers: Config = { ...config, agents: { ...config.agents, agents: [agent] } };
  const dialler = modelSocket({ type: "openai", apiKey, model: "m", realtimeUrl: models.url }, clock);
  const line = openLine(clock, dialler, withTransfers);
  try {
    const running = line.call({ people });
    if (apiKey === "sk-test") {
      await running.until("greeting", (call) => call.line.some(({ kind }) => kind === "audio"), 60_000);
      running.command({ type: "say", speech: mulaw(1_500, 5) });
    }
    const hasHeardNews = (call: TelephoneCall): boolean =>
      call.streams.length > 1 && call.line.some((event) => event.kind === "audio" && event.streamId === call.streams[1]?.id);
    const back = running.until("the agent's news", hasHeardNews, 600_000).then(
      () => running.command({ type: "hangUp", requestsAction: false }),
      () => {},
    );
    const call = await running.done;
    await back;
    return { call, record: line.records[0], learnt, line };
  } finally {
    await line.voice.stop();
    await models.stop();
  }
}

const accepts: Person = { answerMs: 2_000, digits: "1", talkMs: 5_000 };
const heardBy = ({ call }: Played, index = 0): readonly string[] =>
  (call.dialled[index]?.call?.line ?? []).flatMap((event) => (event.kind === "say" ? [event.text] : []));
const connectedTo = ({ call }: Played): readonly string[] =>
  call.line.flatMap((event) => (event.kind === "connected" ? [event.target] : []));

test("a screened transfer is accepted: the person has heard who calls, and the call ends when they hang up", async () => {
  const played = await play("desk", { [DESK]: accepts });
  assertEquals([connectedTo(played), played.call.problems, played.record?.end], [[DESK], [], { by: "agent", cause: "transferred" }]);
  assertEquals(played.record?.transfers, [{ name: "desk", to: "+1555***0001", outcome: "connected" }]);
  assertEquals(heardBy(played)[0], `${ABOUT} Press 1.`);
  // The announcement was heard to its end, and no sentence of Twilio's followed it.
  assertEquals(played.record?.counts.heardMs, played.record?.counts.sentMs);
  assertEquals(
    played.call.line.some(({ kind }) => kind === "say"),
    false,
  );
});

test("a mailbox answers: Twilio says completed, and the caller is back with the agent, which says so", async () => {
  const played = await play("desk", { [DESK]: { answerMs: 2_000 } });
  const action = played.call.exchanges.find(({ params }) => "DialCallStatus" in params)?.params;
  assertEquals([action?.["DialCallStatus"], action?.["DialBridged"]], ["completed", "false"]);
  assertEquals([connectedTo(played), played.record?.transfers[0]?.outcome, played.call.streams.length], [[], "notAccepted", 2]);
  assertEquals(played.learnt.length, 1);
  assertStringIncludes(played.learnt[0] ?? "", "someone or a mailbox answered");
  assertEquals([played.record?.end.cause, played.record?.counts.resumes, played.record?.fallback], ["hangup", 0, "none"]);
});

test("a person declines, with another key: back with the agent", async () => {
  const played = await play("desk", { [DESK]: { answerMs: 2_000, digits: "2" } });
  assertEquals([connectedTo(played), played.record?.transfers[0]?.outcome, played.learnt.length], [[], "declined", 1]);
});

test("no one answers: back with the agent after the time to ring", async () => {
  const played = await play("desk", {});
  assertEquals([connectedTo(played), played.record?.transfers[0]?.outcome], [[], "noAnswer"]);
  assertStringIncludes(played.learnt[0] ?? "", "no one answered");
});

test("cold: whoever answers is connected, and no one is asked", async () => {
  const played = await play("cold", { [DESK]: { answerMs: 2_000, talkMs: 3_000 } });
  assertEquals([connectedTo(played), heardBy(played), played.record?.transfers[0]?.outcome], [[DESK], [], "connected"]);
});

test("one by one: the first is busy, the second accepts", async () => {
  const played = await play("team", { [DESK]: { refuses: "busy" }, [SIP]: accepts });
  assertEquals(
    played.call.dialled.map(({ target }) => target),
    [DESK, SIP],
  );
  assertEquals([connectedTo(played), played.record?.transfers], [[SIP], [{ name: "team", to: SIP, outcome: "connected" }]]);
});

test("all at once: a mailbox answers first, and the person who accepts has the caller", async () => {
  const played = await play("all", { [DESK]: { answerMs: 500 }, [SIP]: { ...accepts, answerMs: 1_500 } });
  assertEquals([connectedTo(played), played.record?.transfers[0]], [[SIP], { name: "all", to: SIP, outcome: "connected" }]);
  assertEquals(played.call.line.filter(({ kind }) => kind === "dial").length, 1);
});

test("on_failure: the model is refused, and the agent's own transfer takes the caller", async () => {
  const played = await play("desk", { [DESK]: accepts }, { onFailure: "desk" }, "sk-wrong");
  assertEquals([connectedTo(played), heardBy(played)[0]], [[DESK], "A call for you. Press 1."]);
  assertEquals([played.record?.end.cause, played.record?.fallback], ["modelRefused", "transferred"]);
});

test("on_failure, and no one takes the call: the apology", async () => {
  const played = await play("desk", {}, { onFailure: "desk" }, "sk-wrong");
  assertEquals([connectedTo(played), played.record?.fallback], [[], "apology"]);
  assertEquals(played.call.line.filter(({ kind }) => kind === "say").length, 2);
});
