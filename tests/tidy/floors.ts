// The floors of the house: who may import whom, which package may be imported where, and which words of the runtime
// belong to one place. The tables are docs/architecture.md's; a new line in one needs a reason beside it.

import { posix } from "node:path";
import { findInCode, type Import, type Rule, type Source } from "./source.ts";

/**
 * Places in src/, each with the places it may import: fully, or only by `import type`. A place is a file, or a prefix
 * that ends in "/" or "-"; the longest that fits counts.
 */
type Place = { readonly at: string; readonly may: readonly string[]; readonly typesOf?: readonly string[] };

const floor0: readonly string[] = [];
const floor1 = ["audio/", "protocol/"];
const floor2 = [...floor1, "call/", "simulators/", "adapters/", "platform/", "config/", "report/", "version.ts"];
/** Types every wiring floor needs: the shape of the configuration, the ports of a call, the runtime's seam. */
const sharedTypes = ["config/", "call/", "platform/seam.ts"];

const places: readonly Place[] = [
  { at: "version.ts", may: [] },
  // Defaults that the machine shares (call-settings) may use its types.
  { at: "config/", may: [], typesOf: ["call/", "protocol/"] },
  { at: "audio/", may: floor0 },
  { at: "protocol/", may: floor0 },
  { at: "call/", may: floor1 },
  // A small machine knows its own part only: never the call's state, never a rule.
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
  // The agent of a server without a key: the simulator's wire and echo, in process, never its faults.
  { at: "adapters/built-in-model.ts", may: [...floor1, "simulators/openai/"], typesOf: sharedTypes },
  { at: "server/", may: [...floor1, "call/", "adapters/", "version.ts"], typesOf: sharedTypes },
  { at: "console/", may: ["audio/", "protocol/media-streams/", "simulators/twilio/"] },
  ...["doctor", "selftest"].flatMap((room): Place[] => [
    { at: `${room}/`, may: [...floor2, "server/"] },
    // Judging is pure.
    { at: `${room}/checks/`, may: [...floor1, "simulators/", "report/", `${room}/evidence/`, `${room}/causes/`] },
  ]),
  { at: "doctor/evidence/", may: [...floor1, "simulators/", "report/"], typesOf: ["doctor/causes/"] },
  { at: "doctor/causes/", may: [...floor1, "simulators/", "report/", "doctor/evidence/"] },
  { at: "check/", may: [...floor2, "server/"] },
  { at: "load/", may: [...floor2, "server/"] },
  { at: "commands/", may: [""] },
  { at: "main.ts", may: [""] },
];

/** Exceptions by file: what it imports, and why that is right. */
const passes: Readonly<Record<string, { readonly target: string; readonly reason: string }>> = {};

function placeOf(path: string): Place | undefined {
  const inSrc = path.replace(/^src\//, "");
  return places.filter(({ at }) => covers(at, inSrc)).sort((a, b) => b.at.length - a.at.length)[0];
}

const covers = (place: string, path: string): boolean => place === "" || place === path || (/[/-]$/.test(place) && path.startsWith(place));

/** The file in src/ that an import means, or undefined when it is a package. */
function targetOf(source: Source, { specifier }: Import): string | undefined {
  if (specifier.startsWith("#platform")) return "platform/";
  if (!specifier.startsWith(".")) return undefined;
  return posix.join(posix.dirname(source.path), specifier).replace(/^src\//, "");
}

function checkFloors(source: Source): string[] {
  const place = placeOf(source.path);
  if (!place) return ["lies on no floor: see the table in tests/tidy/floors.ts"];
  const inSrcPath = source.path.replace(/^src\//, "");
  // adapters are alone: one outside thing each, put together by the server; one that is a folder may use its own files.
  const adapter = inSrcPath.match(/^adapters\/[^/]+\//)?.[0];
  const neighbours = place.at.startsWith("adapters/") ? (adapter === undefined ? [] : [adapter]) : [place.at];
  return source.imports.flatMap((one) => {
    const target = targetOf(source, one);
    if (target === undefined || passes[source.path]?.target === target) return [];
    const allowed = [...place.may, ...neighbours, ...(one.typeOnly ? (place.typesOf ?? []) : [])];
    if (target === "simulators/openai/faults.ts" && place.at === "adapters/built-in-model.ts")
      return [`imports ${target}: never its faults`];
    return allowed.some((prefix) => covers(prefix, target))
      ? []
      : [`imports ${target}${one.typeOnly ? " (types)" : ""}: not below ${place.at}`];
  });
}

/** Packages and where they may be imported. `types`: only by `import type`. */
const packageOwners: readonly { readonly name: RegExp; readonly at: RegExp; readonly types?: boolean }[] = [
  { name: /^hono(\/|$)/, at: /^src\/(server|commands)\// },
  { name: /^twilio\/lib\/twiml\//, at: /^src\/protocol\/twiml\/twiml\.ts$/ },
  { name: /^twilio\/lib\/webhooks\//, at: /^src\/protocol\/signature\.ts$/ },
  { name: /^twilio$/, at: /^src\/adapters\/twilio-rest\.ts$/ },
  { name: /^openai(\/|$)/, at: /^src\/(protocol\/realtime\/[\w-]+|adapters\/model-socket|simulators\/openai\/[\w-]+)\.ts$/, types: true },
  { name: /^openai$/, at: /^src\/check\/model-listing\.ts$/ },
  { name: /^(zod|smol-toml)(\/|$)/, at: /^src\/(config\/|commands\/)/ },
  { name: /^zod(\/|$)/, at: /^src\/protocol\// },
  // What a server says when it refuses a handshake, which the runtimes' own clients hide.
  { name: /^ws$/, at: /^src\/platform\/dial\.ts$/ },
  { name: /^commander$/, at: /^src\/(main\.ts$|commands\/)/ },
  { name: /^@logtape\//, at: /^src\/adapters\/log\/[\w-]+\.ts$/ },
  { name: /^prom-client$/, at: /^src\/adapters\/meter\.ts$/ },
  // The far ends read TwiML as Twilio does; saxes is a pure reader.
  { name: /^saxes$/, at: /^src\/protocol\/twiml\/reader\.ts$/ },
  { name: /^bun(:|$)/, at: /^src\/platform\/bun[\w-]*\.ts$/ },
  // Hashes are functions of their input; which of node:crypto's names may be taken below floor 2 is pureCrypto's
  // matter.
  { name: /^node:crypto$/, at: /^src\/(protocol|simulators)\// },
  // Bytes and base64, nothing of the world.
  {
    name: /^node:buffer$/,
    at: /^src\/(audio|protocol|call|simulators\/(?!sockets\/)|(doctor|selftest)\/checks\/|doctor\/(evidence|causes)\/)/,
  },
  {
    name: /^node:/,
    at: /^src\/(config\/|main\.ts|adapters\/|simulators\/sockets\/|server\/|doctor\/|selftest\/|check\/|commands\/|platform\/|report\/write-file)/,
  },
];
/** What of node:crypto always gives the same answer. */
const pureCrypto = ["createHash", "createHmac", "timingSafeEqual"];
const belowFloor2 =
  /^src\/(audio|protocol|call|simulators\/(?!sockets\/)|report\/(?!write-file)|(doctor|selftest)\/checks\/|doctor\/(evidence|causes)\/)/;

function checkPackages(source: Source): string[] {
  return source.imports.flatMap(({ specifier, typeOnly, names }) => {
    if (specifier.startsWith(".") || specifier.startsWith("#")) return [];
    const owners = packageOwners.filter(({ name }) => name.test(specifier));
    if (!owners.some(({ at, types }) => at.test(source.path) && (typeOnly || !types))) return [`imports ${specifier}: not its place`];
    if (specifier !== "node:crypto" || !belowFloor2.test(source.path)) return [];
    return names.filter((name) => !pureCrypto.includes(name)).map((name) => `imports ${name} of node:crypto: not pure`);
  });
}

/**
 * Words of the runtime, and the files that may say them. A word after a dot is somebody's property, not the runtime's.
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
    what: "below floor 2 time comes in as an argument",
    word: /(?<![.\w$])(Date|performance|Temporal|queueMicrotask)\b(?!\s*:)/g,
    not: belowFloor2,
  },
  { what: "below floor 2 nothing waits", word: /(?<![.\w$])(async|await|Promise|PromiseLike)\b(?!\s*:)/g, not: belowFloor2 },
  {
    what: "below floor 2 nothing is random; a seed comes in",
    word: /(?<![\w$])(Math\.random|crypto\.\w+|randomBytes|randomUUID|getRandomValues)\b/g,
    not: belowFloor2,
  },
  {
    what: "below floor 2 there is no world",
    word: /(?<![.\w$])(console|fetch|process|new WebSocket|XMLHttpRequest)\b(?=\s*[.(])/g,
    not: belowFloor2,
  },
  { what: "import it", word: /(?<![.\w$])(require)\(/g, not: /^src\// },
];

const checkWords = (source: Source): string[] =>
  wordOwners
    .filter(({ not }) => not.test(source.path))
    .flatMap(({ what, word }) => findInCode(source, word, (found) => `says ${found}: ${what}`));

const inSrc =
  (check: Rule["check"]): Rule["check"] =>
  (source) =>
    source.path.startsWith("src/") ? check(source) : [];

/** The rules of this file. */
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
      ["src/adapters/model-socket.ts", 'import type { R } from "openai/resources";'],
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
    name: "words of the runtime have one owner",
    check: inSrc(checkWords),
    good: [
      ["src/platform/bun.ts", "Bun.serve({});"],
      ["src/call/a.ts", "// async and Date\nconst x = { Date: 1 }; x.Date; const s = `Bun.serve Math.random()`;"],
      ["src/adapters/clock.ts", "setTimeout(f, 1); Date.now();"],
      ["src/main.ts", "run(process.argv);"],
    ],
    bad: [
      ["src/server/a.ts", "Bun.serve({});"],
      ["src/server/a.ts", "const t = `${Deno.args}`;"],
      ["src/server/a.ts", "process.env.HOME;"],
      ["src/commands/a.ts", "process.argv;"],
      ["src/server/a.ts", "setTimeout(f, 1);"],
      ["src/server/a.ts", "const t = new Date();"],
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
