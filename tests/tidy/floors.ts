// The floors of src: which room may import which, where a package may be imported, and where globals of the runtime may
// be used. docs/architecture.md explains the tables. A new exception needs its reason next to it.

import { posix } from "node:path";
import { findInCode, type Import, type Rule, type Source } from "./source.ts";

/**
 * A file or folder of src/, and what it may import: fully, or only by `import type`. The longest `at` that fits a file
 * counts.
 */
type Place = { readonly at: string; readonly may: readonly string[]; readonly typesOf?: readonly string[] };

const floor0: readonly string[] = [];
const floor1 = ["audio/", "protocol/"];
const floor2 = [...floor1, "call/", "simulators/", "adapters/", "platform/", "config/", "report/", "version.ts"];
/** Types that most rooms need: the configuration, the ports of a call, the runtime's seam. */
const sharedTypes = ["config/", "call/", "platform/seam.ts"];

const places: readonly Place[] = [
  { at: "version.ts", may: [] },
  { at: "source-url.ts", may: [] },
  // Defaults that the call shares (call-settings). Numbers in voice.toml are spelt as webhooks spell them.
  // A tool's URL, the paths into its result and the schema of its arguments are checked as they will be used, and so is
  // whether a model has a price.
  {
    at: "config/",
    may: [
      "protocol/address.ts",
      "protocol/http/public-address.ts",
      "protocol/json-path.ts",
      "protocol/standard-webhooks.ts",
      "protocol/json-schema/",
      "protocol/realtime/prices.ts",
    ],
    typesOf: ["call/", "protocol/"],
  },
  { at: "audio/", may: floor0 },
  { at: "protocol/", may: floor0 },
  { at: "call/", may: floor1 },
  // A machine knows only its own part, never the call's state or a rule.
  {
    at: "call/machines/",
    may: [...floor1, "call/machines/"],
    typesOf: ["call/call-settings.ts", "call/events.ts", "call/effects.ts", "call/end-reason.ts", "call/record.ts"],
  },
  { at: "simulators/", may: floor1 },
  // The simulators on real sockets.
  { at: "simulators/sockets/", may: [...floor1, "platform/", "simulators/"], typesOf: sharedTypes },
  { at: "report/", may: [...floor1, "simulators/"] },
  { at: "report/write-file.ts", may: ["config/"] },
  { at: "platform/", may: [] },
  { at: "adapters/", may: [...floor1, "platform/", "version.ts"], typesOf: sharedTypes },
  // Its worker is loaded by its path.
  { at: "adapters/store/", may: [...floor1, "source-url.ts"], typesOf: sharedTypes },
  // The agent of a server without an API key: the simulator's protocol and echo, in process, without its faults.
  { at: "adapters/built-in-model.ts", may: [...floor1, "simulators/openai/"], typesOf: sharedTypes },
  { at: "server/", may: [...floor1, "call/", "adapters/", "version.ts"], typesOf: sharedTypes },
  // The bundled page, as text.
  { at: "server/console/page.ts", may: ["server/", "console/assets.txt"] },
  ...["doctor", "selftest"].flatMap((room): Place[] => [
    { at: `${room}/`, may: [...floor2, "server/"] },
    // Checks are pure.
    { at: `${room}/checks/`, may: [...floor1, "simulators/", "report/", `${room}/evidence/`, `${room}/causes/`] },
  ]),
  { at: "doctor/evidence/", may: [...floor1, "simulators/", "report/"], typesOf: ["doctor/causes/"] },
  { at: "doctor/causes/", may: [...floor1, "simulators/", "report/", "doctor/evidence/"] },
  { at: "check/", may: [...floor2, "server/"] },
  { at: "load/", may: floor2 },
  // What is measured is pure.
  { at: "load/measure/", may: floor1 },
  { at: "load/report/", may: [...floor1, "report/", "load/measure/"] },
  // In the browser: pure parts, and types of what the API answers.
  { at: "console/", may: ["audio/"], typesOf: ["adapters/store/", "server/console/"] },
  { at: "past-calls/", may: [...floor1, "adapters/", "config/", "report/"] },
  { at: "commands/", may: [""] },
  { at: "main.ts", may: [""] },
];

function placeOf(path: string): Place | undefined {
  const inSrc = path.replace(/^src\//, "");
  return places.filter(({ at }) => covers(at, inSrc)).sort((a, b) => b.at.length - a.at.length)[0];
}

const covers = (place: string, path: string): boolean => place === "" || place === path || (place.endsWith("/") && path.startsWith(place));

/** The path in src/ that an import refers to. Undefined for a package. */
function targetOf(source: Source, { specifier }: Import): string | undefined {
  if (specifier.startsWith("#platform")) return "platform/";
  if (!specifier.startsWith(".")) return undefined;
  return posix.join(posix.dirname(source.path), specifier).replace(/^src\//, "");
}

function checkFloors(source: Source): string[] {
  const place = placeOf(source.path);
  if (!place) return ["is not on any floor: see the table in tests/tidy/floors.ts"];
  const inSrcPath = source.path.replace(/^src\//, "");
  // An adapter never imports another adapter. An adapter that is a folder imports its own files.
  const adapter = inSrcPath.match(/^adapters\/[^/]+\//)?.[0];
  const neighbours = place.at.startsWith("adapters/") ? (adapter === undefined ? [] : [adapter]) : [place.at];
  return source.imports.flatMap((one) => {
    const target = targetOf(source, one);
    if (target === undefined) return [];
    const allowed = [...place.may, ...neighbours, ...(one.typeOnly ? (place.typesOf ?? []) : [])];
    if (target === "simulators/openai/faults.ts" && place.at === "adapters/built-in-model.ts")
      return [`imports ${target}: the product must not contain the simulator's faults`];
    return allowed.some((prefix) => covers(prefix, target))
      ? []
      : [`imports ${target}${one.typeOnly ? " (types)" : ""}: not below ${place.at}`];
  });
}

/** Packages, and where they may be imported. */
const packageOwners: readonly { readonly name: RegExp; readonly at: RegExp }[] = [
  { name: /^hono(\/|$)/, at: /^src\/(server|commands)\// },
  { name: /^twilio\/lib\/twiml\//, at: /^src\/protocol\/twiml\/(?:twiml|dial)\.ts$/ },
  { name: /^openai$/, at: /^src\/check\/model-listing\.ts$/ },
  // Shows how a server refuses a handshake; the runtimes' own clients hide it. Deno's own server cannot drop a socket.
  { name: /^ws$/, at: /^src\/platform\/(dial|deno)\.ts$/ },
  { name: /^preact(\/|$)/, at: /^src\/console\// },
  { name: /^commander$/, at: /^src\/(main\.ts$|commands\/)/ },
  { name: /^@logtape\//, at: /^src\/adapters\/log\/[\w-]+\.ts$/ },
  { name: /^prom-client$/, at: /^src\/adapters\/metrics\/exposition\.ts$/ },
  // Imported only when there is a voice.toml; the positions only when it has a mistake.
  { name: /^(zod|smol-toml|toml-eslint-parser)$/, at: /^src\/config\/agents\// },
  { name: /^@opentelemetry\//, at: /^src\/adapters\/traces\/[\w-]+\.ts$/ },
  // Checks the arguments of tools.
  { name: /^@cfworker\/json-schema$/, at: /^src\/adapters\/tools\/tool-runner\.ts$/ },
  // A pure XML reader.
  { name: /^saxes$/, at: /^src\/protocol\/twiml\/reader\.ts$/ },
  { name: /^bun(:|$)/, at: /^src\/platform\/bun[\w-]*\.ts$/ },
  // Hashes depend on their input only. Below floor 2 only the names in pureCrypto may be imported.
  { name: /^node:crypto$/, at: /^src\/(protocol|simulators)\// },
  // For getBuiltinModule: node:crypto and node:querystring, loaded when they are first needed.
  { name: /^node:process$/, at: /^src\/protocol\/(digest|signature)\.ts$/ },
  // Bytes and base64.
  {
    name: /^node:buffer$/,
    at: /^src\/(audio|protocol|call|simulators\/(?!sockets\/)|(doctor|selftest)\/checks\/|doctor\/(evidence|causes)\/)/,
  },
  {
    name: /^node:/,
    at: /^src\/(config\/|main\.ts|adapters\/|simulators\/sockets\/|server\/|doctor\/|selftest\/|check\/|past-calls\/(past-calls|why\.)|load\/(?!measure\/|report\/)|commands\/|platform\/|report\/write-file)/,
  },
];
/** Names of node:crypto whose result depends on their input only. */
const pureCrypto = ["createHash", "createHmac", "timingSafeEqual"];
const belowFloor2 =
  /^src\/(audio|protocol|call|simulators\/(?!sockets\/)|report\/(?!write-file)|(doctor|selftest)\/checks\/|doctor\/(evidence|causes)\/|load\/(measure|report)\/)/;

function checkPackages(source: Source): string[] {
  return source.imports.flatMap(({ specifier, names }) => {
    if (specifier.startsWith(".") || specifier.startsWith("#")) return [];
    const owners = packageOwners.filter(({ name }) => name.test(specifier));
    if (!owners.some(({ at }) => at.test(source.path)))
      return [`imports ${specifier}: not allowed here, see packageOwners in tests/tidy/floors.ts`];
    if (specifier !== "node:crypto" || !belowFloor2.test(source.path)) return [];
    return names.filter((name) => !pureCrypto.includes(name)).map((name) => `imports ${name} of node:crypto: not pure`);
  });
}

/**
 * Globals of the runtime, and the files that may not use them. After a dot a word is a property, not the global.
 */
const wordOwners: readonly { readonly what: string; readonly word: RegExp; readonly not: RegExp }[] = [
  { what: "the runtime belongs to platform/", word: /(?<![.\w$])(Bun|Deno)\b(?=\s*[.[])/g, not: /^src\/(?!platform\/)/ },
  { what: "the environment belongs to config/", word: /(?<![\w$])(process\.env|import\.meta\.env)\b/g, not: /^src\/(?!config\/)/ },
  { what: "the arguments belong to main.ts", word: /(?<![\w$])(process\.argv)\b/g, not: /^src\/(?!main\.ts)/ },
  {
    what: "time belongs to adapters/clock.ts",
    word: /(?<![.\w$])(setTimeout|setInterval|setImmediate|Date\.now|new Date(?=\(\))|performance\.now)\b/g,
    // console/ runs in the browser, which has its own clock.
    not: /^src\/(?!adapters\/clock\.ts|console\/)/,
  },
  {
    what: "below floor 2 time is an argument",
    word: /(?<![.\w$])(Date|performance|Temporal|queueMicrotask)\b(?!\s*:)/g,
    not: belowFloor2,
  },
  { what: "below floor 2 nothing waits", word: /(?<![.\w$])(async|await|Promise|PromiseLike)\b(?!\s*:)/g, not: belowFloor2 },
  {
    what: "below floor 2 nothing is random: pass a seed",
    word: /(?<![\w$])(Math\.random|crypto\.\w+|randomBytes|randomUUID|getRandomValues)\b/g,
    not: belowFloor2,
  },
  {
    what: "below floor 2 there is no I/O",
    word: /(?<![.\w$])(console|fetch|process(?!\.getBuiltinModule\b)|new WebSocket|XMLHttpRequest)\b(?=\s*[.(])/g,
    not: belowFloor2,
  },
  {
    what: "below floor 2 only digest.ts and signature.ts load a built-in module late",
    word: /\b(getBuiltinModule)\b/g,
    not: /^src\/(?!protocol\/(digest|signature)\.ts$)(audio|protocol|call|simulators\/(?!sockets\/))\//,
  },
  { what: "use import", word: /(?<![.\w$])(require)\(/g, not: /^src\// },
];

const checkWords = (source: Source): string[] =>
  wordOwners
    .filter(({ not }) => not.test(source.path))
    .flatMap(({ what, word }) => findInCode(source, word, (found) => `uses ${found}: ${what}`));

const inSrc =
  (check: Rule["check"]): Rule["check"] =>
  (source) =>
    source.path.startsWith("src/") ? check(source) : [];

/** Entries of the tables above that no file of src needs any more. */
export function needlessFloors(sources: readonly Source[]): string[] {
  const inSrcFiles = sources.filter(({ path }) => path.startsWith("src/"));
  const unusedPlaces = places.filter(({ at }) => !inSrcFiles.some(({ path }) => covers(at, path.replace(/^src\//, ""))));
  const isUsed = ({ name, at }: (typeof packageOwners)[number]): boolean =>
    inSrcFiles.some(({ path, imports }) => at.test(path) && imports.some(({ specifier }) => name.test(specifier)));
  return [
    ...unusedPlaces.map(({ at }) => `${at}: there is no such place in src`),
    ...packageOwners.filter((owner) => !isUsed(owner)).map(({ name }) => `${name}: imported by no file that may import it`),
  ];
}

export const floorRules: readonly Rule[] = [
  {
    name: "imports go down only",
    check: inSrc(checkFloors),
    good: [
      ["src/audio/a.ts", 'import { b } from "./b.ts";'],
      ["src/call/a.ts", 'import { b } from "../protocol/b.ts";'],
      ["src/adapters/a.ts", 'import type { C } from "../config/config.ts";\nimport { listen } from "#platform";'],
      ["src/adapters/built-in-model.ts", 'import { b } from "../simulators/openai/echo.ts";'],
      ["src/server/a.ts", 'import { b } from "../adapters/b.ts";'],
      ["src/main.ts", 'import { b } from "./commands/b.ts";'],
    ],
    bad: [
      ["src/audio/a.ts", 'import { b } from "../protocol/b.ts";'],
      ["src/protocol/a.ts", 'import type { b } from "../audio/b.ts";'],
      ["src/call/a.ts", 'import { b } from "../simulators/b.ts";'],
      ["src/call/machines/a.ts", 'import type { Call } from "../state.ts";'],
      ["src/call/machines/a.ts", 'import { leave } from "../rules/ending.ts";'],
      ["src/simulators/a.ts", 'import type {\n  b,\n} from "../call/b.ts";'],
      ["src/adapters/a.ts", 'import { b } from "./b.ts";'],
      ["src/adapters/a.ts", 'import { readConfig } from "../config/config.ts";'],
      ["src/adapters/a.ts", 'import { b } from "../simulators/openai/echo.ts";'],
      ["src/adapters/built-in-model.ts", 'import { b } from "../simulators/openai/faults.ts";'],
      ["src/server/a.ts", 'import { b } from "../commands/b.ts";'],
      ["src/server/a.ts", 'const b = await import("../simulators/b.ts");'],
      ["src/server/a.ts", 'export { b } from "../simulators/b.ts";'],
      ["src/platform/bun.ts", 'import { b } from "../server/b.ts";'],
      ["src/elsewhere/a.ts", "const a = 1;"],
    ],
  },
  {
    name: "packages have one place",
    check: inSrc(checkPackages),
    good: [
      ["src/server/a.ts", 'import { Hono } from "hono";'],
      ["src/check/model-listing.ts", 'import OpenAI from "openai";'],
      ["src/protocol/a.ts", 'import { createHash } from "node:crypto";'],
    ],
    bad: [
      ["src/adapters/a.ts", 'import { Hono } from "hono";'],
      ["src/adapters/model-socket.ts", 'import OpenAI from "openai";'],
      ["src/protocol/a.ts", 'import twilio from "twilio";'],
      ["src/protocol/a.ts", 'import { createHash, randomBytes } from "node:crypto";'],
      ["src/call/a.ts", 'import { readFileSync } from "node:fs";'],
      ["src/server/a.ts", 'import { dlopen } from "bun:ffi";'],
      ["src/server/a.ts", 'import x from "left-pad";'],
    ],
  },
  {
    name: "globals of the runtime have one owner",
    check: inSrc(checkWords),
    good: [
      ["src/platform/bun.ts", "Bun.serve({});"],
      ["src/call/a.ts", "// async and Date\nconst x = { Date: 1 }; x.Date; const s = `Bun.serve Math.random()`;"],
      ["src/adapters/clock.ts", "setTimeout(f, 1); Date.now();"],
      ["src/protocol/digest.ts", 'process.getBuiltinModule("node:crypto");'],
      ["src/main.ts", "run(process.argv);"],
    ],
    bad: [
      ["src/server/a.ts", "Bun.serve({});"],
      ["src/server/a.ts", "const t = `${Deno.args}`;"],
      ["src/server/a.ts", "process.env.HOME;"],
      ["src/commands/a.ts", "process.argv;"],
      ["src/server/a.ts", "setTimeout(f, 1);"],
      ["src/server/a.ts", "const t = new Date();"],
      ["src/call/a.ts", 'process.getBuiltinModule("node:fs");'],
      ["src/call/a.ts", "async function f() {}"],
      ["src/call/a.ts", "const x: Promise<void> = y;"],
      ["src/simulators/a.ts", "Math.random();"],
      ["src/audio/a.ts", "new Date(5);"],
      ["src/protocol/a.ts", "crypto.randomUUID();"],
      ["src/protocol/a.ts", "console.log(1);"],
      ["src/main.ts", 'require("x");'],
    ],
  },
];
