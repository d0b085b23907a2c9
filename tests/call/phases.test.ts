// The tables of phases.ts: they agree with what calls do, and with the copy that call.ts opens with. And `phase` and
// `deadlines` have one writer.

import { test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { PHASE_CHANGES, PHASE_DEADLINES, type Phase } from "../../src/call/phases.ts";
import { checkProperty } from "../support/properties.ts";
import { anyCall, playDrafts, runDown } from "./any-event.ts";
import { greeted, greetingRequested, type Played, playedSteps } from "./call-script.ts";

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8");

const changes: ReadonlySet<string> = new Set(
  Object.entries(PHASE_CHANGES).flatMap(([from, next]) =>
    Object.entries(next).flatMap(([to, events]) => (events as readonly string[]).map((event) => `${from} -> ${to} on ${event}`)),
  ),
);
const seen = new Set<string>();

function checkTables(played: readonly Played[]): void {
  for (const { before, event, after } of played) {
    for (const name of Object.keys(after.deadlines)) {
      assert((PHASE_DEADLINES[after.phase] as readonly string[]).includes(name), `${name} is set while ${after.phase}`);
    }
    if (before.phase === after.phase) continue;
    const change = `${before.phase} -> ${after.phase} on ${event.type}`;
    assert(changes.has(change), `not in PHASE_CHANGES: ${change}`);
    seen.add(change);
  }
}

test("PHASE_CHANGES, PHASE_DEADLINES: no call does anything else", () => {
  const property = fc.property(anyCall, (drafts) => {
    const played = playDrafts(drafts);
    checkTables(played);
    const last = played.at(-1);
    if (last !== undefined) checkTables(runDown(last.after, last.event.atMs));
  });
  checkProperty(property, { numRuns: 1_000 });
});

const greetedAloud = greeted.slice(0, -2);
const toolRuns = (from: readonly string[], ...more: readonly string[]) => [
  ...from,
  "60 model.responseStarted responseId=r9",
  "70 model.responseDone responseId=r9 calls=c1:look_up",
  "80 budget.spent",
  ...more,
];

const transfers = (setting: string, ...more: readonly string[]) => [`settings ${setting}`, ...more];
/** The agent transfers in its greeting, while that still plays. */
const transferIsAnnounced = transfers(
  "transfers=desk",
  ...greetingRequested,
  "30 model.responseStarted responseId=r1",
  "40 model.audio responseId=r1 itemId=a1",
  "50 model.responseDone responseId=r1 calls=c1:transfer_to_desk",
);
const transferInGreeting = [
  ...greetingRequested,
  "30 model.responseStarted responseId=r1",
  "40 model.responseDone responseId=r1 calls=c1:transfer_to_desk",
];

const OPEN = ["0 caller.started", "10 model.opened"];
const BAD_FORMAT = "20 model.ready outputFormat=audio/pcm";
/** Calls that change phase in ways too rare for random events. */
const rare: readonly (readonly string[])[] = [
  ["0 caller.streamRequested prewarm=yes", "10 model.opened", BAD_FORMAT],
  ["0 caller.streamRequested prewarm=yes", "10 model.errorReported code=invalid_api_key"],
  ["0 caller.streamRequested prewarm=yes", "10 model.lost code=3000"],
  ["0 caller.streamRequested", "10 operator.drained"],
  ["0 caller.streamRequested", "10 server.threw"],
  ["0 caller.started encoding=audio/l16"],
  [...OPEN, BAD_FORMAT],
  ["0 caller.streamRequested", "10 caller.statusReported callStatus=completed"],
  [...greeted, "300 model.errorReported code=insufficient_quota"],
  [...greeted.slice(0, -1), "60 caller.nextRequested callStatus=in-progress"],
  [...greeted.slice(0, -1), "60 caller.disconnected"],
  ["0 caller.started", "5 operator.drained", "10 caller.stopped"],
  [...greetedAloud, "50 budget.spent", "200 caller.markReturned name=v1"],
  [...greetedAloud, "50 budget.spent", "60 caller.disconnected"],
  ["settings transfers=desk keys=0:transfer:desk", ...greetedAloud, "50 caller.keyPressed digit=0"],
  [...greetingRequested, "50 budget.spent"],
  [...greeted, "250 budget.spent"],
  ["settings budgetUsd=1", ...greetingRequested, "50 model.speechTranscribed text=x seconds=9"],
  ["settings budgetUsd=1", ...greeted, "250 model.speechTranscribed text=x seconds=9"],
  toolRuns(greetingRequested, "90 tool.returned callId=c1 output=x"),
  toolRuns(greeted, "90 tool.returned callId=c1 output=x"),
  ["0 caller.started", "5 operator.drained", "10 caller.disconnected"],
  transfers("transfers=desk onFailure=desk", "0 caller.streamRequested prewarm=yes", "10 model.opened", BAD_FORMAT),
  transfers("transfers=desk onFailure=desk", ...OPEN, BAD_FORMAT),
  transfers("transfers=desk onFailure=desk", ...greetingRequested, "30 model.errorReported code=insufficient_quota"),
  transfers("transfers=desk onFailure=desk", ...greeted, "300 model.errorReported code=insufficient_quota"),
  transfers("transfers=desk", ...transferInGreeting),
  transfers("transfers=desk onFailure=desk", ...greeted, "300 model.lost", "900 clock.rang", "910 model.opened", BAD_FORMAT),
  [...transferIsAnnounced, "60 caller.disconnected"],
  [...transferIsAnnounced, "60 caller.nextRequested callStatus=in-progress"],
  [...transferIsAnnounced, "300 caller.markReturned name=v1", "500 caller.markReturned name=v4"],
  ["0 caller.started", "5 operator.drained", "10 caller.statusReported callStatus=completed"],
  ["0 caller.started", "5 operator.drained", "10005 clock.rang"],
  [
    ...OPEN,
    "20 model.speechStarted",
    "30 model.ready",
    "40 model.speechStarted",
    "50 model.lost",
    "200 clock.rang",
    "210 model.opened",
    BAD_FORMAT,
  ],
];

test("PHASE_CHANGES: each change happens in some call", () => {
  for (const lines of rare) checkTables(playedSteps(lines.join("\n")));
  for (const name of readdirSync(new URL("scripts/", import.meta.url))) {
    if (name.endsWith(".call")) checkTables(playedSteps(read(`scripts/${name}`)));
  }
  assertEquals(
    [...changes].filter((change) => !seen.has(change)),
    [],
  );
});

test("enterPhase: deadlines of other phases are cleared, and call.ts opens with these tables", () => {
  const width = 92;
  const table = (rows: readonly (readonly [phase: string, next: string, words: readonly string[]])[], indent: number): string =>
    rows
      .flatMap(([phase, next, words]) => {
        const lines = [""];
        for (const word of words) {
          const line = lines.at(-1) ?? "";
          if (`${line} ${word}`.length > width) lines.push(word);
          else lines[lines.length - 1] = `${line} ${word}`.trim();
        }
        return lines.map((line, at) => `//   ${(at === 0 ? `${phase.padEnd(11)}${next}` : "").padEnd(indent)}${line}`);
      })
      .join("\n");
  const phaseRows = Object.entries(PHASE_CHANGES).flatMap(([from, next]) =>
    Object.entries(next).map(([to, events], at) => [at === 0 ? from : "", to, events] as const),
  );
  const deadlineRows = (Object.keys(PHASE_DEADLINES) as Phase[]).map((phase) => [phase, "", PHASE_DEADLINES[phase]] as const);
  const opening = read("../../src/call/call.ts");
  for (const wanted of [table(phaseRows, 23), table(deadlineRows.slice(0, -1), 11)]) {
    assert(opening.includes(wanted), `call.ts must open with:\n${wanted}`);
  }
});

test("state.ts: only it writes a call: phase and deadlines cannot go through change", () => {
  const folder = new URL("../../src/call/", import.meta.url);
  const sources = (readdirSync(folder, { recursive: true }) as string[]).filter((name) => name.endsWith(".ts"));
  const writers = sources.filter((name) => /\.\.\.(\w+\.)*call\b(?!\.)|\bas Call\b/.test(read(`../../src/call/${name}`)));
  assertEquals(writers, ["state.ts"]);
  assert(read("../../src/call/state.ts").includes('fields: Partial<Omit<Call, "phase" | "deadlines">>'));
});
