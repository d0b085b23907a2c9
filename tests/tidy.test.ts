// The project's rules as tests. The rules are in tests/tidy/*.ts and biome.json; for each there is a file here that it
// must refuse, so that no rule can stop working unnoticed.

import { afterAll, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import packageJson from "../package.json" with { type: "json" };
import { commentRules } from "./tidy/comments.ts";
import { compareTable, docTables, exitCodes, firstColumn, logEvents } from "./tidy/docs.ts";
import { floorRules, needlessFloors } from "./tidy/floors.ts";
import { compareLogRows, loggedEvents, logRows } from "./tidy/log-table.ts";
import { checkMirror, testedElsewhere } from "./tidy/mirror.ts";
import { mentionRule, sharedTypeNames } from "./tidy/names.ts";
import { checkPackages, toolPackages } from "./tidy/packages.ts";
import { unreached } from "./tidy/reach.ts";
import { shapeRules } from "./tidy/shape.ts";
import { codeOf, problemsOf, type Rule, readSource, type Source } from "./tidy/source.ts";
import { wordRules } from "./tidy/words.ts";

const root = resolve(import.meta.dir, "..");
const filesOf = (...patterns: string[]): string[] =>
  patterns.flatMap((pattern) => [...new Bun.Glob(pattern).scanSync({ cwd: root, dot: true })]).sort();
const read = (path: string): Source => readSource(path, readFileSync(join(root, path), "utf8"));
const sources = filesOf("{src,tests,scripts}/**/*.ts").map(read);
/** Of a view only the imports are read: the scanner does not know JSX. */
function readView(path: string): Source {
  const imports = [...readFileSync(join(root, path), "utf8").matchAll(/^import (type )?.* from "([^"]+)";$/gm)];
  return {
    ...readSource(path, ""),
    imports: imports.map(([, type, specifier = ""]) => ({ specifier, names: [], typeOnly: type !== undefined })),
  };
}

const withViews = [...sources, ...filesOf("src/console/**/*.tsx").map(readView)];
/** What people read beside the sources. CHANGELOG.md may name what is gone. */
const documents = filesOf("*.md", "docs/**/*.md", "tests/**/*.{md,call,sh}", "scripts/**/*.sh", "examples/**/*.yml", "compile.sh", ".ci/*")
  .filter((path) => path !== "CHANGELOG.md")
  .map(read);
const projectFiles = filesOf("*", ".ci/*", "{src,tests,scripts,docs,examples}/**/*");

/** Fails with all problems, one per line. */
function assertNone(problems: readonly string[]): void {
  assert(problems.length === 0, `\n${problems.join("\n")}`);
}

test("tidy: the files are found (a rule over no files would always pass)", () => {
  assert(sources.some(({ path }) => path === "src/version.ts"));
  assert(sources.some(({ path }) => path === "tests/tidy.test.ts"));
});

const fenced = "const a = `x${ { b: `}` } }y`; // c\nconst d = /[/]'/ ; const e = 4 / 2; 'f'";
const blanked = "const a = `  { { b: ` ` } } `;     \nconst d = /    / ; const e = 4 / 2; ' '";
test("codeOf: blanks comments, strings, templates and patterns, and keeps code in placeholders", () => {
  assertEquals(codeOf(fenced), blanked);
});

/** Rules for files of TypeScript, and rules for whatever people read. */
const rulesOf: readonly (readonly [readonly Rule[], readonly Source[]])[] = [
  [[...floorRules, ...commentRules, ...shapeRules], sources],
  [
    [mentionRule(projectFiles), ...wordRules],
    [...sources, ...documents],
  ],
];
for (const [rules, files] of rulesOf) {
  for (const rule of rules) {
    // This test's own files hold examples of what is refused, but as strings.
    test(`tidy: ${rule.name}`, () => assertNone(problemsOf(rule, files)));
    test(`tidy: the rule "${rule.name}" refuses what it should, and only that`, () => {
      for (const [path, text] of rule.bad) assert(rule.check(readSource(path, text)).length > 0, `accepted: ${path}: ${text}`);
      for (const [path, text] of rule.good) assertEquals(rule.check(readSource(path, text)), [], `refused: ${path}: ${text}`);
    });
  }
}

test("tidy: every file of src is used by the program", () => {
  assertNone(unreached(withViews));
});

test("unreached: finds a file that only tests import; imports of types count", () => {
  const tree = [
    readSource("src/main.ts", 'import type { a } from "./a/b.ts";'),
    readSource("src/a/b.ts", 'const c = await import("../c.ts");'),
    readSource("src/c.ts", 'startThread("e/f.ts", {});'),
    readSource("src/d.ts", ""),
    readSource("src/e/f.ts", ""),
    readSource("tests/d.test.ts", 'import { d } from "../src/d.ts";'),
  ];
  assertEquals(unreached(tree), ["src/d.ts: src/main.ts never imports it"]);
});

test("tidy: a type's name is exported once in src", () => {
  assertNone(sharedTypeNames(sources));
});

test("sharedTypeNames: finds a type and a class of one name; functions and tests do not count", () => {
  const tree = [
    readSource("src/a.ts", "export interface Frame {}\nexport function read() {}"),
    readSource("src/b.ts", "export class Frame {}\nexport function read() {}\ninterface Own {}"),
    readSource("src/c.ts", "export type Own = 1;"),
    readSource("tests/a.ts", "export interface Frame {}"),
  ];
  assertEquals(sharedTypeNames(tree), ["Frame: exported by src/a.ts and src/b.ts"]);
});

test("tidy: tests/tidy/floors.ts has no needless entry", () => {
  assertNone(needlessFloors(withViews));
});

test("tidy: tests mirror src", () => {
  assertNone(checkMirror(sources, testedElsewhere));
});

test("checkMirror: refuses a file without test, a stray test, and a needless or stale exception", () => {
  const tree = (...paths: string[]): Source[] => paths.map((path) => readSource(path, "export const f = () => 1;"));
  assertEquals(checkMirror(tree("src/a.ts", "tests/a.test.ts"), {}), []);
  assertEquals(checkMirror(tree("src/a.ts", "tests/a-table.test.ts"), {}), []);
  assertEquals(checkMirror([readSource("src/a.ts", "export type A = () => 1;")], {}), []);
  assertEquals(checkMirror(tree("src/a.ts"), { "src/a.ts": "reason" }), []);
  assertEquals(checkMirror(tree("src/a/b.ts", "src/a/c.ts"), { "src/a/": "reason" }), []);
  assertEquals(checkMirror(tree("src/a.ts"), {}).length, 1);
  assertEquals(checkMirror(tree("src/a.ts", "src/a-b.ts", "tests/a-b.test.ts"), {}).length, 1);
  assertEquals(checkMirror(tree("tests/b.test.ts"), {}).length, 1);
  assertEquals(checkMirror(tree("src/a.ts", "tests/a.test.ts"), { "src/a.ts": "reason" }).length, 1);
  assertEquals(checkMirror(tree(), { "src/a.ts": "reason" }).length, 1);
});

test("tidy: package.json lists what is imported, and nothing else", () => {
  assertNone(checkPackages(withViews, packageJson, toolPackages));
});

test("checkPackages: refuses a missing, an unused, a misplaced and an inexact package", () => {
  const files = [
    readSource("src/a.ts", 'import { a } from "@a/b/c";'),
    readSource("tests/a.test.ts", 'import { d } from "d"; import "bun:test";'),
  ];
  const manifest = { dependencies: { "@a/b": "1.0.0" }, devDependencies: { d: "1.0.0", tool: "1.0.0" } };
  const tools = { tool: "reason" };
  assertEquals(checkPackages(files, manifest, tools), []);
  assertEquals(checkPackages(files, { ...manifest, dependencies: {} }, tools).length, 1);
  assertEquals(checkPackages(files, { ...manifest, devDependencies: {} }, tools).length, 1);
  assertEquals(checkPackages(files, manifest, {}).length, 1);
  assertEquals(checkPackages(files, { ...manifest, dependencies: { "@a/b": "1.0.0", d: "1.0.0" } }, tools).length, 1);
  assertEquals(checkPackages(files, { ...manifest, dependencies: { "@a/b": "^1.0.0" } }, tools).length, 1);
});

for (const { doc, section, code } of docTables) {
  test(`tidy: ${doc}, ${section}: the table agrees with the code`, async () => {
    const table = firstColumn(readFileSync(join(root, doc), "utf8"), section);
    assert(table, `${doc} has no table under the heading "${section}"`);
    const inCode = await code(sources);
    assert(inCode.size > 0, "found nothing in the code: the pattern in tests/tidy/docs.ts is out of date");
    assertNone(compareTable(table, inCode));
  });
}

test("firstColumn: names between backticks, only of the section's table", () => {
  const markdown = "# A\n| x |\n|---|\n| `no` |\n## B\ntext\n| key | what |\n|---|---|\n| `a` | `n` |\n| `b`, `c` | n |\n| 2 | n |\n# C\n";
  assertEquals(firstColumn(markdown, "B"), ["a", "b", "c", "2"]);
  assertEquals(firstColumn(markdown, "C"), undefined);
  assertEquals(firstColumn(markdown, "D"), undefined);
});

test("compareTable: reports what either side lacks, and what is listed twice", () => {
  assertEquals(compareTable(["a"], new Set(["a"])), []);
  assertEquals(compareTable(["a", "b", "a"], new Set(["a", "c"])).length, 3);
});

test("logEvents, exitCodes: found in the code", () => {
  const logs = readSource(
    "src/server/a.ts",
    'log("info", "call.started", {});\nreturn { type: "log", level, event: "call.ended", fields: {} };',
  );
  assertEquals(logEvents([logs]), new Set(["call.started", "call.ended"]));
  assertEquals(exitCodes([readSource("src/main.ts", "return 3;\nreturn isBad ? 1 : 0;\nreturn count;")]), new Set(["3", "1", "0"]));
});

test("tidy: docs/operations.md, Log events: levels and fields agree with the code", () => {
  const rows = logRows(readFileSync(join(root, "docs/operations.md"), "utf8"));
  const code = loggedEvents(sources);
  assertEquals(new Set(rows.flatMap(({ events }) => events)), new Set(code.keys()));
  assertNone(compareLogRows(rows, code));
});

test("compareLogRows: reports a level that either side lacks, and a field that the code does not have", () => {
  const code = loggedEvents([
    readSource("src/a.ts", 'log(isBad(a) ? "error" : "info", "a.done", { reason });\nlog(level, "b.done", {});'),
    readSource("src/b.ts", 'order({ type: "log", level: by === "x" ? "info" : "debug", event: "c.done", fields: {} });'),
    readSource("src/e.ts", 'import { fields } from "./x/fields.ts";\nwrite("warning", "e.done", fields); // counts'),
    readSource("src/x/fields.ts", "export const fields = { count: 1 };"),
    readSource("src/c.ts", 'order({ type: "log", level, event: "d.done", fields: {} });'),
  ]);
  const problems = (row: string) => compareLogRows(logRows(`## Log events\n\n| a | b |\n|---|---|\n${row}\n\n## More\n`), code);
  assertEquals(problems("| `a.done` | error, info | why: `reason`; `HTTP 500` | |"), []);
  assertEquals(problems("| `a.done` | error | `detail` | |").length, 2);
  assertEquals(problems("| `a.done` | error, info, debug | | |").length, 1);
  assertEquals(problems("| `c.done` | info, debug | | |"), []);
  assertEquals(problems("| `c.done` | debug | | |").length, 1);
  assertEquals(problems("| `e.done` | warning | `count` | |"), []);
  assertEquals(problems("| `e.done` | warning | `counts` | |").length, 1);
  assertEquals(problems("| `b.done`, `d.done` | error, info | | |"), []);
});

/** [rule of biome.json, path, text that it must refuse]. */
const refusedByBiome: readonly (readonly [rule: string, path: string, text: string])[] = [
  ["complexity/noExcessiveLinesPerFunction", "src/a.ts", `export function a(): void {\n${"  a();\n".repeat(61)}}`],
  ["style/noExcessiveLinesPerFile", "src/a.ts", "a();\n".repeat(401)],
  ["nursery/noExcessiveNestedBlocks", "src/a.ts", "if (a) { for (;;) { while (b) { if (c) { d(); } } } }"],
  ["nursery/noFloatingPromises", "src/a.ts", "async function a(): Promise<void> {}\na();"],
  ["nursery/noMisusedPromises", "src/a.ts", "async function a(): Promise<boolean> { return true; }\nif (a()) b();"],
  ["nursery/useExhaustiveSwitchCases", "src/a.ts", 'const a: "x" | "y" = b();\nswitch (a) { case "x": c(); }'],
  ["style/useFilenamingConvention", "src/aB.ts", "a();"],
  ["style/useFilenamingConvention", "src/a_b.ts", "a();"],
  ["style/noDefaultExport", "src/a.ts", "export default 1;"],
  ["style/noEnum", "src/a.ts", "export enum A { B }"],
  ["style/noNamespace", "src/a.ts", "export namespace A { export const b = 1; }"],
  ["style/noParameterProperties", "src/a.ts", "export class A { constructor(readonly b: number) {} }"],
  ["style/noNonNullAssertion", "src/a.ts", "a!.b();"],
  ["style/noProcessEnv", "src/a.ts", "a(process.env);"],
  ["style/useThrowOnlyError", "src/a.ts", 'throw "a";'],
  ["style/useImportType", "src/a.ts", 'import { A } from "./b.ts";\nexport const a: A = b();'],
  ["performance/noBarrelFile", "src/index.ts", 'export { a } from "./a.ts";\nexport { b } from "./b.ts";'],
  ["performance/noReExportAll", "src/index.ts", 'export * from "./a.ts";'],
  ["suspicious/noExplicitAny", "src/a.ts", "export const a: any = 1;"],
  ["suspicious/noConsole", "src/server/a.ts", "console.log(1);"],
  ["suspicious/noFocusedTests", "tests/a.test.ts", 'test.only("a", () => {});'],
];
const biome = [process.execPath, join(root, "node_modules/@biomejs/biome/bin/biome")];
const scratch = mkdtempSync(join(tmpdir(), "voice-tidy-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** The rules of biome.json that `text` at `path` breaks, as errors. */
function lint(path: string, text: string, name: string): string[] {
  const folder = join(scratch, name);
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, "biome.json"), readFileSync(join(root, "biome.json")));
  writeFileSync(join(folder, path), `${text}\n`);
  const run = Bun.spawnSync([...biome, "lint", "--reporter=json", "."], { cwd: folder, stderr: "ignore" });
  const report = JSON.parse(run.stdout.toString()) as { diagnostics: { category: string; severity: string }[] };
  return report.diagnostics.filter(({ severity }) => severity === "error").map(({ category }) => category);
}

for (const [index, [rule, path, text]] of refusedByBiome.entries()) {
  test(`biome.json: ${rule} refuses ${path}: ${text.slice(0, 30).replaceAll("\n", " ")}`, () => {
    assertStringIncludes(lint(path, text, String(index)).join("\n"), `lint/${rule}`);
  });
}

test("biome.json: an owner may do what others may not", () => {
  assertEquals(lint("src/config/config.ts", "a(process.env);", "owner-env"), []);
  assertEquals(lint("src/adapters/log/log.ts", "console.log(1);", "owner-console"), []);
});
