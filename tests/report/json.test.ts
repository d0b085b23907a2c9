// JSON: the same fields for every tool, all of them documented. That each tool's real output fits: its own test.

import { test } from "bun:test";
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { LEVELS } from "../../src/report/finding.ts";
import { jsonReport } from "../../src/report/json.ts";
import { madeFinding, madeReport } from "./made.ts";
import { doctorFieldsSchema, findingSchema, parseReport, reportSchema } from "./schema.ts";

const fix = { text: "do this", stacks: { flask: "do that" } };
const full = madeFinding("a.b", "error", { cause: "x", twilioCode: 31_920, fix, evidence: ["one"] });

test("jsonReport: every field, null or empty where there is nothing", () => {
  const { ms: _, ...bare } = madeFinding("a.c", "untested");
  const { checks, ok, exitCode } = parseReport(jsonReport(madeReport({ exitCode: 1, findings: [full, bare] })));
  assertEquals([ok, exitCode], [false, 1]);
  const rest = { stage: "media", expected: 'a "b"', actual: "<c> & \u001b", source: "RFC 1" };
  const has = { ok: false, cause: "x", twilioError: 31_920, fix: "do this", stackFixes: { flask: "do that" }, evidence: ["one"], ms: 12 };
  const none = { ok: null, cause: null, twilioError: null, fix: null, stackFixes: {}, evidence: [], ms: null };
  assertEquals(checks, [
    { id: "a.b", level: "error", requirement: "The requirement of a.b.", ...rest, ...has },
    { id: "a.c", level: "untested", requirement: "The requirement of a.c.", ...rest, ...none },
  ]);
});

test("jsonReport: ok is null when something could not be reached; a tool's own fields may override it", () => {
  assertEquals(parseReport(jsonReport(madeReport({ findings: [full] }))).ok, true);
  assertEquals(parseReport(jsonReport(madeReport({ exitCode: 3, findings: [full] }))).ok, null);
  const { ok, target } = JSON.parse(jsonReport(madeReport({ tool: "doctor", exitCode: 3 }), { ok: false, target: "t" }));
  assertEquals([ok, target], [false, "t"]);
  assertThrows(() => parseReport(jsonReport(madeReport({ findings: [full] }), { more: 1 })));
});

test("jsonReport: unprintable characters are escaped, and mean the same to a reader", () => {
  const actual = "\u{202e}\u{9b}\u{e0041}";
  const text = jsonReport(madeReport({ findings: [madeFinding("a.b", "error", { actual })] }));
  assertEquals(/[\u{7f}-\u{9f}\p{Cf}]/u.test(text), false);
  assertEquals(parseReport(text).checks[0]?.actual, actual);
});

const doc = await Bun.file(new URL("../../docs/reports.md", import.meta.url)).text();
const fields = [
  ...reportSchema.options.flatMap(({ shape }) => Object.keys(shape)),
  ...Object.keys(findingSchema.shape),
  ...Object.keys(doctorFieldsSchema.shape),
];
for (const name of new Set([...fields, ...LEVELS])) {
  test(`docs/reports.md: has a row for \`${name}\``, () => assertStringIncludes(doc, `| \`${name}\` |`));
}

test("docs/reports.md: its examples fit the schema", () => {
  const examples = [...doc.matchAll(/```json\n(.*?)```/gs)].map(([, text = ""]) => reportSchema.parse(JSON.parse(text)).tool);
  assertEquals(examples, ["selftest", "doctor", "check"]);
});
