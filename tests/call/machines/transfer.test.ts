// Who is asked, who accepts, and how a transfer ended; and what of the model's words a person hears.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import {
  ABOUT_MAX_CHARS,
  askLeg,
  currentTargets,
  newTransfer,
  nextAttempt,
  outcomeOf,
  pressKey,
  readAbout,
  spokenText,
  type Transfer,
  type TransferPlan,
  transferRecord,
} from "../../../src/call/machines/transfer.ts";
import { scriptTransfers } from "../script-transfers.ts";

const planOf = (name: string): TransferPlan => {
  const plan = scriptTransfers.find((one) => one.name === name);
  if (plan === undefined) throw new Error(name);
  return plan;
};
const ringing = (name: string): Transfer => ({ ...newTransfer(planOf(name), undefined), state: "ringing" });
const asked = (transfer: Transfer, leg: string): Transfer => askLeg(transfer, leg) ?? transfer;

test("nextAttempt: one by one each target has its turn; all at once there is one attempt", () => {
  const second = nextAttempt(ringing("team"));
  assertEquals([second?.attempt, second === undefined ? [] : currentTargets(second)], [1, ["sip:desk@pbx.example.com"]]);
  assertEquals(second === undefined ? undefined : nextAttempt(second), undefined);
  assertEquals(nextAttempt(ringing("all")), undefined);
  assertEquals(currentTargets(ringing("all")).length, 2);
});

test("askLeg: each leg once, no more than were dialled, no one without screening or after someone has accepted", () => {
  const one = asked(ringing("desk"), "CA2");
  assertEquals([askLeg(one, "CA2"), askLeg(one, "CA3"), askLeg(ringing("cold"), "CA2")], [undefined, undefined, undefined]);
  const accepted = pressKey(asked(ringing("all"), "CA2"), "CA2", "1", "+15550170001");
  assertEquals(askLeg(accepted, "CA3"), undefined);
  assertEquals(askLeg({ ...ringing("desk"), state: "closing" }, "CA2"), undefined);
});

test("pressKey: only 1, only of a person who was asked, and only the first", () => {
  const both = asked(asked(ringing("all"), "CA2"), "CA3");
  assertEquals(pressKey(both, "CA9", "1", "x"), both);
  const first = pressKey(both, "CA3", "1", "sip:desk@pbx.example.com");
  assertEquals(first.accepted, { leg: "CA3", to: "sip:desk@pbx.example.com" });
  assertEquals(pressKey(first, "CA2", "1", "+15550170001"), first);
  for (const digits of ["2", "#", "11", "", "01"]) assertEquals(pressKey(both, "CA2", digits, "x").accepted, undefined, digits);
});

const answered = asked(ringing("desk"), "CA2");
const accepted = pressKey(answered, "CA2", "1", "+15550170001");
const declined = pressKey(answered, "CA2", "2", "+15550170001");
const outcomes: readonly [Transfer, status: string, bridged: boolean | undefined, outcome: string][] = [
  [accepted, "completed", true, "connected"],
  [accepted, "answered", undefined, "connected"],
  [accepted, "completed", false, "failed"],
  [answered, "completed", false, "notAccepted"],
  // Twilio would have bridged without our "accepted": not by us.
  [answered, "completed", true, "notAccepted"],
  [declined, "completed", false, "declined"],
  [ringing("cold"), "completed", true, "connected"],
  [ringing("cold"), "completed", undefined, "connected"],
  [ringing("cold"), "completed", false, "failed"],
  [ringing("desk"), "busy", undefined, "busy"],
  [ringing("desk"), "no-answer", undefined, "noAnswer"],
  [answered, "no-answer", undefined, "notAccepted"],
  [ringing("desk"), "failed", undefined, "failed"],
  [ringing("desk"), "nonsense", undefined, "failed"],
];
for (const [transfer, status, bridged, outcome] of outcomes) {
  const state = transfer.accepted !== undefined ? "accepted" : transfer.isDeclined ? "declined" : `asked ${transfer.legs.length}`;
  test(`outcomeOf(${transfer.plan.name} ${state}, ${status}, bridged ${bridged}): ${outcome}`, () =>
    assertEquals(outcomeOf(transfer, status, bridged), outcome));
}

test("transferRecord: numbers are masked, and the one who accepted is named", () => {
  assertEquals(transferRecord(accepted, "connected"), { name: "desk", to: "+1555***0001", outcome: "connected" });
  assertEquals(transferRecord(ringing("all"), "noAnswer").to, "+1555***0001, sip:desk@pbx.example.com");
});

const abouts: readonly [args: string, about: string | undefined][] = [
  ['{"about":"Ann Lee asks about her invoice."}', "Ann Lee asks about her invoice."],
  ['{"about":"  one\\n\\ttwo  "}', "one two"],
  ['{"about":"a\\u0000b\\u001b[31mc\\u202ed"}', "ab[31mcd"],
  ['{"about":""}', undefined],
  ['{"about":7}', undefined],
  ['{"to":"+15550199999"}', undefined],
  ["[]", undefined],
  ["null", undefined],
  ['{"about":"cut', undefined],
  ["", undefined],
];
for (const [args, about] of abouts) test(`readAbout(${args})`, () => assertEquals(readAbout(args), about));

test("spokenText: at most so many characters, and no half of one", () => {
  assertEquals(spokenText("x".repeat(10_000))?.length, ABOUT_MAX_CHARS);
  const cut = spokenText(`${"x".repeat(ABOUT_MAX_CHARS - 1)}😀`) ?? "";
  assertEquals(cut.isWellFormed(), true);
});
