// The helpers that build a telephone call's step, and the limit of its notes.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { createTelephoneCall } from "../../../../src/simulators/twilio/telephone/telephone-call.ts";
import { change, emit, MAX_NOTES, note, report, updateStreamLog } from "../../../../src/simulators/twilio/telephone/telephone-state.ts";
import { plainOptions } from "../virtual-line.ts";

const start = { call: createTelephoneCall(plainOptions), outputs: [] };

test("note, report: stop at MAX_NOTES", () => {
  let step = start as ReturnType<typeof note>;
  const full = change(step, { line: Array(MAX_NOTES - 1).fill({ kind: "verb", atMs: 0, name: "x" }) });
  step = note(note(full, { kind: "verb", atMs: 1, name: "last" }), { kind: "verb", atMs: 2, name: "over" });
  assertEquals([step.call.line.length, step.call.line.at(-1)?.atMs], [MAX_NOTES, 1]);
  const faulty = change(start, { problems: Array(MAX_NOTES).fill({ twilioCode: 1, what: "", atMs: 0, level: "error" }) });
  assertEquals(report(faulty, 1, "error", { twilioCode: 2, what: "" }).call.problems.length, MAX_NOTES);
});

test("emit: keeps the order; updateStreamLog changes one stream only", () => {
  const ordered = emit(start, { type: "wake", atMs: 1 }, { type: "done" });
  assertEquals(ordered.outputs, [{ type: "wake", atMs: 1 }, { type: "done" }]);
  const log = { streamSid: "MZ", url: "", parameters: {}, dialledAtMs: 0, pings: 0 };
  const logged = updateStreamLog(
    change(start, {
      streams: [
        { ...log, id: 1 },
        { ...log, id: 2 },
      ],
    }),
    2,
    { pings: 3 },
  );
  assertEquals(
    logged.call.streams.map(({ pings }) => pings),
    [0, 3],
  );
});
