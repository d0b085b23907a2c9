// New calls under the rules of voice.toml: who is rejected, who hears that the line is closed, and who gets a stream.

import { test } from "bun:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import type { TransferPlan } from "../../../src/call/machines/transfer.ts";
import type { AgentBook } from "../../../src/config/agents/agent.ts";
import { KEEP_ENDED_MS } from "../../../src/server/calls/call-registry.ts";
import { agentsWith, callSidOf, makeDesk, voiceForm } from "../fakes.ts";

const one = agentsWith({ type: "builtIn" });
const rules = (callers: Partial<AgentBook["callers"]>): AgentBook => ({ ...one, callers: { ...one.callers, ...callers } });

type Form = Readonly<Record<string, string>>;

/** Answers webhooks one after the other, and gives the first verb of each answer, and the reasons in the log. */
async function answer(
  agents: AgentBook,
  ...forms: readonly Form[]
): Promise<{ readonly verbs: readonly string[]; readonly reasons: unknown }> {
  const desk = makeDesk({}, { agents });
  const verbs: string[] = [];
  for (const [index, form] of forms.entries()) {
    const response = await desk.post("/twilio/voice", { ...voiceForm(index + 1), ...form });
    verbs.push(/<Response>(?:<(\w+)[^>]*>)?/.exec(await response.text())?.[1] ?? "nothing");
  }
  const answered = desk.lines.filter(({ event }) => event === "webhook.answered");
  return {
    verbs,
    reasons: answered.map(({ level, fields }) => (fields["reason"] === undefined ? "taken" : `${level} ${fields["reason"]}`)),
  };
}

const ringing = { CallStatus: "ringing" };

test("answerNewCall: a caller on the list is rejected while it rings, and hung up on later", async () => {
  const denied = { From: "+19005551234" };
  assertEquals(await answer(rules({ deny: ["+1900"] }), { ...denied, ...ringing }, { ...denied, CallStatus: "in-progress" }), {
    verbs: ["Reject", "nothing"],
    reasons: ["info denied", "info denied"],
  });
});

test("answerNewCall: withheld numbers are taken, unless the file says otherwise", async () => {
  assertEquals((await answer(rules({}), { From: "anonymous" })).verbs, ["Connect"]);
  assertEquals((await answer(rules({ anonymous: "reject" }), { From: "anonymous", ...ringing })).verbs, ["Reject"]);
});

test("answerNewCall: one number may hold as many lines as the file says; others are not affected", async () => {
  const [first, other] = [
    { From: "+15550000001", ...ringing },
    { From: "+15550000002", ...ringing },
  ];
  assertEquals(await answer(rules({ perNumber: 2 }), first, { ...first, From: "+1 (555) 000-0001" }, first, other), {
    verbs: ["Connect", "Connect", "Reject", "Connect"],
    reasons: ["taken", "taken", "info busyCaller", "taken"],
  });
});

test("answerNewCall: callers who withhold their number are not one caller", async () => {
  const withheld = { From: "anonymous", ...ringing };
  assertEquals((await answer(rules({ perNumber: 1 }), withheld, withheld)).verbs, ["Connect", "Connect"]);
});

test("answerNewCall: a repeated webhook of a call that was taken is answered as the first one", async () => {
  const desk = makeDesk({}, { agents: rules({ perNumber: 1 }) });
  for (let time = 0; time < 2; time++) {
    const response = await desk.post("/twilio/voice", voiceForm(1));
    assertStringIncludes(await response.text(), "<Stream");
  }
});

test("answerNewCall: outside of the opening hours the caller hears the sentence of the file", async () => {
  const hours = { timeZone: "UTC", open: [], closed: { type: "say", words: "We open at nine." } } as const;
  const agents = { ...one, numbers: new Map([["*", { agent: "agent", hours }]]) };
  const desk = makeDesk({}, { agents });
  const text = await (await desk.post("/twilio/voice", voiceForm(1))).text();
  assertStringIncludes(text, "We open at nine.</Say><Hangup/>");
});

const [agent] = one.agents;
const desk: TransferPlan = {
  name: "desk",
  to: ["+15550170001", "+15550170002"],
  description: undefined,
  isScreened: true,
  ringMs: 20_000,
  order: "one_by_one",
  callerId: "caller",
  nobody: { type: "agent", instructions: undefined },
  intro: "A call for you.",
  ask: "Press 1.",
};

test("answerNewCall: a call that is not taken goes to the agent's person for failures, who is not asked first", async () => {
  const agents: AgentBook = { ...one, agents: [{ ...agent, transfers: [desk], onFailure: "desk" }] };
  for (const more of [{ isOverBudget: true }, { maxCalls: 0 }]) {
    const text = await (await makeDesk({}, { agents, ...more }).post("/twilio/voice", voiceForm(1))).text();
    assertStringIncludes(text, '<Dial action="after"');
    assertStringIncludes(text, ">+15550170001</Number></Dial>");
    assertEquals([text.includes("+15550170002"), text.includes("screen")], [false, false]);
  }
});

test("answerNewCall: without a transfer for failures, a call that is not taken hears that the lines are busy", async () => {
  const agents: AgentBook = { ...one, agents: [{ ...agent, transfers: [desk], onFailure: undefined }] };
  const text = await (await makeDesk({}, { agents, isOverBudget: true }).post("/twilio/voice", voiceForm(1))).text();
  assertStringIncludes(text, "<Say");
});

test("answerNewCall: a webhook of a call that is over makes no telephone ring", async () => {
  const agents: AgentBook = { ...one, agents: [{ ...agent, transfers: [desk], onFailure: "desk" }] };
  const server = makeDesk({}, { agents });
  await server.post("/twilio/voice", voiceForm(1));
  server.made.get(callSidOf(1))?.finish();
  server.clock.advance(KEEP_ENDED_MS + 1);
  assertStringIncludes(await (await server.post("/twilio/voice", voiceForm(1))).text(), "<Say");
});
