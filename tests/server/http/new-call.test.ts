// New calls under the rules of voice.toml: who is rejected, who hears that the line is closed, and who gets a stream.

import { test } from "bun:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import type { AgentBook } from "../../../src/config/agents/agent.ts";
import { agentsWith, makeDesk, voiceForm } from "../fakes.ts";

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
