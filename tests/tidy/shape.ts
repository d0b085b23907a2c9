// What a file may contain: refused names, open tasks, imports with their file extension, inheritance. Comments have
// rules of their own (comments.ts). What biome.json refuses (length, nesting, any, enum, default exports, ...) is not
// here: tests/tidy.test.ts shows that those rules are on.

import { lineOf, type Rule, type Source } from "./source.ts";

const refused = /^(handlers?|managers?|services?|utils?|helpers?)$/i;
/** "service" is systemd's word, so these may use it. */
const systemdFiles = /^src\/(commands\/service|adapters\/systemd\/unit)\.ts$/;
const isRefused = (word: string, path: string): boolean =>
  refused.test(word) && !(/^services?$/i.test(word) && systemdFiles.test(path.replace(/^tests\/(.*)\.test\.ts$/, "src/$1.ts")));

/** Names that the file declares: variables, functions, types, and members at the start of a line. */
const declared =
  /\b(?:const|let|var|function\*?|class|interface|type)\s+([A-Za-z_$][\w$]*)|^\s+(?:(?:readonly|private|static|async|get|set)\s+)*#?([A-Za-z_$][\w$]*)\??\s*[:(]/gm;
const wordsIn = (name: string): string[] => name.split(/(?=[A-Z])|[_\-./\d$]+/).filter((word) => word !== "");

function checkWords(source: Source): string[] {
  const inPath = wordsIn(source.path).filter((word) => isRefused(word, source.path));
  const names = [...source.code.matchAll(declared)].map((match) => [match[1] ?? match[2] ?? "", match.index] as const);
  const inNames = names.filter(([name]) => wordsIn(name).some((word) => isRefused(word, source.path)));
  return [
    ...inPath.map((word) => `the file's name contains "${word}"`),
    ...inNames.map(([name, index]) => `line ${lineOf(source, index + 1)}: ${name}: say what it does, in a word of the field`),
  ];
}

/** Put together from halves, so that this file does not refuse itself. */
const marks = new RegExp(`\\b(${["TO", "FIX", "XX"].map((head, i) => head + ["DO", "ME", "X"][i]).join("|")})\\b`, "g");

const checkMarks = (source: Source): string[] =>
  [...source.text.matchAll(marks)].map((match) => `line ${lineOf(source, match.index)}: ${match[0]}: do it, or file an issue`);

const checkEndings = (source: Source): string[] =>
  source.imports
    .filter(({ specifier }) => specifier.startsWith(".") && !/\.(tsx?|json|html|js|txt)$/.test(specifier))
    .map(({ specifier }) => `imports ${specifier}: without the file extension`);

const checkInheritance = (source: Source): string[] =>
  [...source.code.matchAll(/\bclass\s+[\w$]+(?:<[^>]*>)?\s+extends\s+([\w$.]+)/g)]
    // A class of an audio thread has to extend this one: https://webaudio.github.io/web-audio-api/#AudioWorkletProcessor
    .filter((match) => !/Error$|^AudioWorkletProcessor$/.test(match[1] ?? ""))
    .map((match) => `line ${lineOf(source, match.index)}: extends ${match[1]}: only Error may be extended`);

const opened = (text: string): string => `// What it is.\n${text}`;

export const shapeRules: readonly Rule[] = [
  {
    name: "names say something",
    check: checkWords,
    good: [
      ["src/call/machines/playout.ts", "// a handler\nconst handled = 1; app.handler(); new ServiceWorker();"],
      ["src/adapters/systemd/unit.ts", "const serviceFile = 1;"],
      ["tests/adapters/systemd/unit.test.ts", "const serviceFile = 1;"],
    ],
    bad: [
      ["src/call-manager.ts", ""],
      ["src/utils/a.ts", ""],
      ["src/a.ts", "const messageHandler = 1;"],
      ["src/a.ts", "class CallManager {}"],
      ["src/a.ts", "type A = {\n  readonly errorHandler: 1;\n};"],
      ["src/a.ts", "function helper() {}"],
      ["src/a.ts", "const callService = 1;"],
    ],
  },
  {
    name: "nothing is left to be done",
    check: checkMarks,
    good: [["src/a.ts", "// todo list"]],
    bad: [["src/a.ts", `// ${"TO"}${"DO"} later`]],
  },
  {
    name: "an import has a file extension",
    check: checkEndings,
    good: [["src/a.ts", 'import { b } from "./b.ts"; import c from "../c.json" with { type: "json" };']],
    bad: [
      ["src/a.ts", 'import { b } from "./b";'],
      ["src/a.ts", 'await import("../b");'],
    ],
  },
  {
    name: "only Error is extended",
    check: checkInheritance,
    good: [["src/a.ts", opened("class UsageError extends Error {}")]],
    bad: [["src/a.ts", opened("class Phone extends Socket {}")]],
  },
];

/** Whether the file contains code that runs. Types and data alone need no test. */
export function hasLogic(source: Source): boolean {
  const script = new Bun.Transpiler({ loader: source.path.endsWith("x") ? "tsx" : "ts" }).transformSync(source.text);
  return /\bfunction\b|=>|\bclass\b/.test(script);
}
