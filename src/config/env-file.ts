// Reads files with settings: the env file (KEY=value lines, as for node's --env-file) and systemd's credentials. Both
// are read within a limit. What the values mean: config.ts.

import type { Stats } from "node:fs";
import process from "node:process";
import type { Mistake } from "./mistake.ts";
import { readSmallFile } from "./small-file.ts";

/** Every setting at its longest fits into half of it. */
export const MAX_ENV_FILE_BYTES = 262_144;
/** Mistakes reported for one file. A file of another kind has one in every line. */
const MAX_MISTAKES = 10;
const OTHERS_READ = 0o004;
const OTHERS_WRITE = 0o002;

export interface EnvFile {
  readonly values: Readonly<Record<string, string>>;
  readonly mistakes: readonly Mistake[];
  readonly warnings: readonly Mistake[];
}

/** UTF-8 text without its byte order mark, with "\n" for every line end. Returns what is wrong with it otherwise. */
function decode(bytes: Uint8Array): { readonly text: string } | { readonly problem: string } {
  const lineOf = (at: number): number => bytes.subarray(0, at).filter((byte) => byte === 0x0a).length + 1;
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return { problem: "is UTF-16, not UTF-8" };
  const nul = bytes.indexOf(0);
  if (nul === 0 || nul === 1) return { problem: "is UTF-16, not UTF-8" }; // without a byte order mark
  if (nul > 0) return { problem: `line ${lineOf(nul)} has a NUL byte: the file is not text` };
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes); // it drops a byte order mark
    return { text: text.replaceAll(/\r\n?/g, "\n") };
  } catch {
    const loose = new TextDecoder("utf-8").decode(bytes);
    return { problem: `line ${loose.slice(0, loose.indexOf("\u{fffd}")).split("\n").length} is not UTF-8` };
  }
}

/** A KEY=value entry, which has several lines when its value is in quotes. `line` counts from 1. */
interface Entry {
  readonly line: number;
  readonly key: string;
  readonly text: string;
}

/** `line`: of the mistake. The line's content is not shown: it may be a secret. */
interface BadLine {
  readonly line: number;
  readonly problem: string;
  readonly hint: string;
}

const entryPattern = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*)$/s;

function readEntry(lines: readonly string[], at: number): (Entry & { readonly lines: number }) | BadLine {
  const line = at + 1;
  const [, key, value = ""] = entryPattern.exec(lines[at] ?? "") ?? [];
  if (key === undefined)
    return { line, problem: "is not KEY=value", hint: "write KEY=value with a name of letters, digits and _, or begin the line with #" };
  const quote = value[0];
  if (quote !== '"' && quote !== "'" && quote !== "`") return { line, key, text: lines[at] ?? "", lines: 1 };
  const rest = [value.slice(1), ...lines.slice(at + 1)].join("\n");
  const end = rest.indexOf(quote);
  if (end < 0) return { line, problem: `opens a quotation mark ${quote} that nothing closes`, hint: `end the value with ${quote}` };
  const count = rest.slice(0, end).split("\n").length;
  const after = rest.slice(end + 1).split("\n")[0] ?? "";
  if (!/^\s*(#.*)?$/.test(after))
    return {
      line,
      problem: "has text after the closing quotation mark",
      hint: "put the whole value in quotation marks that it does not contain",
    };
  return { line, key, text: lines.slice(at, at + count).join("\n"), lines: count };
}

function readEntries(text: string): { readonly entries: readonly Entry[]; readonly bad: readonly BadLine[] } {
  const lines = text.split("\n");
  const entries: Entry[] = [];
  const bad: BadLine[] = [];
  for (let at = 0; at < lines.length; ) {
    if (/^\s*(#|$)/.test(lines[at] ?? "")) {
      at += 1;
      continue;
    }
    const entry = readEntry(lines, at);
    if ("problem" in entry) bad.push(entry);
    else entries.push(entry);
    at += "lines" in entry ? entry.lines : 1;
  }
  return { entries, bad };
}

function findRepeats(entries: readonly Entry[]): readonly BadLine[] {
  const last = new Map(entries.map((entry) => [entry.key, entry.line]));
  return entries.flatMap(({ key, line }) => {
    const counts = last.get(key);
    return counts === line
      ? []
      : [{ line, problem: `sets ${key}, and line ${counts} sets it again: line ${counts} counts`, hint: "remove one of them" }];
  });
}

/** parseEnv ends an unquoted value at a "#", also without a space before it. */
function findCutValues(entries: readonly Entry[]): readonly BadLine[] {
  const cut = entries.filter(({ text }) => /^[^=]*=\s*[^\s"'`#][^#]*[^\s#]#/.test(text));
  return cut.map(({ line, key }) => ({
    line,
    problem: `the value of ${key} ends before the #`,
    hint: "put the value in quotation marks if the # belongs to it",
  }));
}

/** `holdsSecret`: whether the file has a secret in it. */
function checkMode(path: string, { mode }: Stats, holdsSecret: boolean): readonly Mistake[] {
  if (process.platform === "win32") return []; // it has no such modes
  const hint = `chmod ${holdsSecret ? "600" : "o-w"} ${path}`;
  if ((mode & OTHERS_WRITE) !== 0) return [{ what: path, problem: "every user of this machine can change it", hint }];
  if (holdsSecret && (mode & OTHERS_READ) !== 0)
    return [{ what: path, problem: "holds a secret, and every user of this machine can read it", hint }];
  return [];
}

/** Never throws. `secretKeys`: the settings that nobody else should read. */
export function readEnvFile(path: string, secretKeys: readonly string[]): EnvFile {
  const failed = (problem: string, hint: string): EnvFile => ({
    values: {},
    mistakes: [{ what: "--env-file", problem, hint }],
    warnings: [],
  });
  const file = readSmallFile(path, MAX_ENV_FILE_BYTES);
  const shown = JSON.stringify(path);
  if (typeof file === "string") return failed(`${shown} ${file}`, "name a readable file of KEY=value lines");
  const decoded = decode(file.bytes);
  if ("problem" in decoded) return failed(`${shown}: ${decoded.problem}`, "save it as plain UTF-8 text with KEY=value lines");
  const { entries, bad } = readEntries(decoded.text);
  const mistakeOf = ({ line, problem, hint }: BadLine): Mistake => ({ what: `${path}, line ${line}`, problem, hint });
  const more = bad.length - MAX_MISTAKES;
  const others = more > 0 ? [{ what: path, problem: `${more} more lines are wrong`, hint: "is it a file of KEY=value lines?" }] : [];
  const keys = entries.map(({ key }) => key);
  const own = entries.filter(({ key }) => key === "VOICE_ENV_FILE");
  const nested = own.map(({ line }) => ({ line, problem: "VOICE_ENV_FILE has no effect in an env file", hint: "remove the line" }));
  return {
    values: Object.assign({}, ...entries.map(({ text }) => process.getBuiltinModule("node:util").parseEnv(text))),
    mistakes: [...bad.slice(0, MAX_MISTAKES).map(mistakeOf), ...others],
    warnings: [
      ...[...findRepeats(entries), ...findCutValues(entries), ...nested].slice(0, MAX_MISTAKES).map(mistakeOf),
      ...checkMode(
        path,
        file.stats,
        secretKeys.some((key) => keys.includes(key)),
      ),
    ],
  };
}

/** One systemd credential: the file's text without its last line end. Never throws. */
export function readCredential(path: string): { readonly text: string } | { readonly problem: string } {
  const file = readSmallFile(path, MAX_ENV_FILE_BYTES);
  if (typeof file === "string") return { problem: file };
  const decoded = decode(file.bytes);
  return "problem" in decoded ? decoded : { text: decoded.text.replace(/\n$/, "") };
}
