// The transfers of an agent in voice.toml: to whom it may hand a caller over, and how.

import * as z from "zod";
import type { TransferPlan } from "../../call/machines/transfer.ts";
import { addressKey } from "../../protocol/address.ts";
import { phoneNumber, type Reader, transferTarget } from "../values.ts";
import { readBy } from "./read-by.ts";

/** As many as Twilio dials at the same time: https://www.twilio.com/docs/voice/twiml/number */
const MAX_TARGETS = 10;
export const MAX_TRANSFERS = 20;
const DEFAULT_RING_S = 20;
const DEFAULT_INTRO = "A caller is being transferred to you.";
const DEFAULT_ASK = "To take the call, press 1.";
/** Before a transfer's name, where one is meant: on_failure = "transfer:desk". */
export const TRANSFER = "transfer:";

const sentence = z.string().min(1).max(300);

const callerId: Reader<TransferPlan["callerId"]> = (text) => {
  if (text === "caller" || text === "called") return text;
  const number = phoneNumber(text);
  return typeof number === "string"
    ? { number }
    : { expected: "caller, called or a number in E.164 format", hint: "write a number as +15551234567: country code, no spaces" };
};

const nobodyWord: Reader<"agent" | "hang_up"> = (text) =>
  text === "agent" || text === "hang_up"
    ? text
    : { expected: "agent, hang_up or a table with say or instruct", hint: 'try { instruct = "Offer to take a message." }' };

/** "transfer:desk". Whether the agent has it: references.ts. */
export const transferReference: Reader<string> = (text) =>
  /^transfer:./.test(text)
    ? text
    : { expected: "transfer: and the name of a transfer", hint: 'try "transfer:desk", with a table transfers.desk' };

export const transfer = z
  .strictObject({
    to: z
      .array(readBy(transferTarget, ["+15551234567", "sip:desk@pbx.example.com"]))
      .min(1)
      .describe("Who is called: telephone numbers and sip: addresses. No one else ever is."),
    description: z.string().min(1).max(500).optional().describe("When to transfer to them: the model decides by this."),
    mode: z
      .enum(["screened", "cold"])
      .optional()
      .describe(
        "screened (the default): the person hears who calls and why, and presses 1 to take the call. cold: they are connected at once.",
      ),
    ring_s: z.int().min(5).max(120).optional().describe(`Seconds that each telephone rings. Default: ${DEFAULT_RING_S}.`),
    order: z
      .enum(["one_by_one", "all"])
      .optional()
      .describe(
        "one_by_one (the default): the next is called when one has not taken the call. all: at the same time, the first who takes it.",
      ),
    caller_id: readBy(callerId, ["caller", "called", "+15550001111"])
      .optional()
      .describe(
        "What their telephone shows: the caller's number (caller, the default), yours (called), or another one of your Twilio account.",
      ),
    nobody: z
      .union([
        readBy(nobodyWord, ["agent", "hang_up"]),
        z.strictObject({ say: sentence.describe("A sentence that Twilio reads out before it hangs up.") }),
        z.strictObject({ instruct: sentence.describe("Back to the agent, with an instruction: Offer to take a message.") }),
      ])
      .optional()
      .describe("When no one takes the call: back to the agent, which says so (agent, the default), hang_up, or a table."),
    intro: sentence.optional().describe(`What the person hears when the model has not said who calls and why. Default: ${DEFAULT_INTRO}`),
    ask: sentence.optional().describe(`What the person hears after it. Default: ${DEFAULT_ASK}`),
  })
  .superRefine(({ to, mode, intro, ask }, context) => {
    const wrong = (path: readonly (string | number)[], message: string, hint: string): void =>
      void context.addIssue({ code: "custom", path: [...path], message, params: { hint } });
    if (to.length > MAX_TARGETS) wrong(["to"], `at most ${MAX_TARGETS} entries`, "shorten it: Twilio dials no more at the same time");
    const keys = to.map(addressKey);
    for (const [index, key] of keys.entries()) {
      if (keys.indexOf(key) < index) wrong(["to", index], "each target once", "remove one of them");
    }
    if (mode !== "cold") return;
    if (intro !== undefined) wrong(["intro"], 'no intro with mode = "cold"', "remove it: no one is asked");
    if (ask !== undefined) wrong(["ask"], 'no ask with mode = "cold"', "remove it: no one is asked");
  });

export type TransferEntry = z.output<typeof transfer>;

export function transferPlans(entries: Readonly<Record<string, TransferEntry>>): readonly TransferPlan[] {
  return Object.entries(entries).map(([name, entry]) => ({
    name,
    to: entry.to,
    description: entry.description,
    isScreened: entry.mode !== "cold",
    ringMs: (entry.ring_s ?? DEFAULT_RING_S) * 1_000,
    order: entry.order ?? "one_by_one",
    callerId: entry.caller_id ?? "caller",
    nobody: nobodyOf(entry.nobody),
    intro: entry.intro ?? DEFAULT_INTRO,
    ask: entry.ask ?? DEFAULT_ASK,
  }));
}

function nobodyOf(entry: TransferEntry["nobody"] = "agent"): TransferPlan["nobody"] {
  if (entry === "agent") return { type: "agent", instructions: undefined };
  if (entry === "hang_up") return { type: "hangUp" };
  return "say" in entry ? { type: "say", words: entry.say } : { type: "agent", instructions: entry.instruct };
}

/** The name in "transfer:NAME"; undefined: something else. */
export function transferName(text: string): string | undefined {
  return text.startsWith(TRANSFER) ? text.slice(TRANSFER.length) : undefined;
}
