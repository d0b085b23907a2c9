// Env files as people make them: well formed, damaged, and things that are not files at all.

import { test } from "bun:test";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assert, assertEquals } from "@std/assert";
import { MAX_ENV_FILE_BYTES, readCredential, readEnvFile } from "../../src/config/env-file.ts";

const folder = mkdtempSync(join(tmpdir(), "voice-env-"));
process.on("exit", () => rmSync(folder, { recursive: true }));
const secrets = ["OPENAI_API_KEY"];

function file(content: string | Uint8Array, mode = 0o600): string {
  const path = join(folder, "voice.env");
  rmSync(path, { force: true });
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

const read = (content: string | Uint8Array, mode?: number) => readEnvFile(file(content, mode), secrets);

const good: readonly [name: string, content: string | Uint8Array, values: Readonly<Record<string, string>>][] = [
  ["a byte order mark", "\u{feff}PORT=1\n", { PORT: "1" }],
  ["CRLF", "PORT=1\r\nHOST=::1\r\n", { PORT: "1", HOST: "::1" }],
  ["CR alone", "PORT=1\rHOST=::1\r", { PORT: "1", HOST: "::1" }],
  ["comments, blank lines and export", "# a\n\n  # b = c\nexport PORT = 1\n", { PORT: "1" }],
  ["a value in quotation marks over several lines", 'A="b\nc # d\n= e"\nPORT=1', { A: "b\nc # d\n= e", PORT: "1" }],
  ["a comment after quotation marks", "A='b' # c", { A: "b" }],
  ["an empty value", "PORT=\n", { PORT: "" }],
  ["an empty file", "", {}],
];
for (const [name, content, values] of good) {
  test(`readEnvFile: ${name} is read without a word`, () => {
    assertEquals(read(content), { values: { ...values }, mistakes: [], warnings: [] });
  });
}

const bad: readonly [name: string, content: string | Uint8Array, said: readonly RegExp[]][] = [
  ["a line without =", "PORT=1\n\nsk-secret-key\nHOST=::1\n", [/line 3.*is not KEY=value/]],
  ["a name that no shell could set", "voice-name=x\n=y\n1A=z", [/line 1/, /line 2/, /line 3/]],
  ["a quotation mark that nothing closes", "PORT=1\nA='b\nc\n", [/line 2.*nothing closes/, /line 3/]],
  ["text after the closing quotation mark", "A='it's'\n", [/line 1.*after the closing/]],
  ["UTF-16 with a byte order mark", Buffer.from("\u{feff}PORT=1\n", "utf16le"), [/UTF-16/]],
  ["UTF-16, big endian", Uint8Array.of(0xfe, 0xff, 0, 0x41, 0, 0x3d), [/UTF-16/]],
  ["UTF-16 without a byte order mark", Buffer.from("PORT=1\n", "utf16le"), [/UTF-16/]],
  ["a NUL byte", "PORT=1\nA=b\0c\n", [/line 2 has a NUL byte/]],
  ["bytes that are not UTF-8", Uint8Array.of(0x41, 0x3d, 0x0a, 0x42, 0x3d, 0xff), [/line 2 is not UTF-8/]],
  ["a file without an end", "A".repeat(MAX_ENV_FILE_BYTES + 1), [/longer than/]],
];
for (const [name, content, said] of bad) {
  test(`readEnvFile: ${name} is a mistake with its line, and without the line's content`, () => {
    const { mistakes } = read(content);
    const lines = mistakes.map(({ what, problem, hint }) => `${what}: ${problem}; ${hint}`);
    assertEquals(lines.length, said.length, lines.join("\n"));
    for (const [at, pattern] of said.entries()) assert(pattern.test(lines[at] ?? ""), lines[at]);
    assert(!lines.join().includes("secret-key"), "a line that cannot be read may be a secret");
  });
}

test("readEnvFile: of many wrong lines the first ten are reported, and the number of the others", () => {
  const { mistakes } = read("junk\n".repeat(25));
  assertEquals([mistakes.length, mistakes.at(-1)?.problem], [11, "15 more lines are wrong"]);
});

const warned: readonly [name: string, content: string, mode: number, said: RegExp][] = [
  ["a key that is set twice", "PORT=1\nHOST=::1\nPORT=2\n", 0o600, /line 1.*line 3 counts/],
  ["a value that ends at a #", "A=one#two\n", 0o600, /line 1.*before the #/],
  ["VOICE_ENV_FILE", "PORT=1\nVOICE_ENV_FILE=a\n", 0o600, /line 2.*no effect/],
  ["a secret that everyone can read", "OPENAI_API_KEY=sk-1\n", 0o644, /can read it.*chmod 600/],
  ["a file that everyone can change", "PORT=1\n", 0o646, /can change it.*chmod o-w/],
];
for (const [name, content, mode, said] of warned) {
  test(`readEnvFile: ${name} is a warning`, () => {
    const { mistakes, warnings } = read(content, mode);
    assertEquals([mistakes.length, warnings.length], [0, 1]);
    const [{ what = "", problem = "", hint = "" } = {}] = warnings;
    assert(said.test(`${what}: ${problem}; ${hint}`), `${what}: ${problem}; ${hint}`);
  });
}

test("readEnvFile: the last of two lines counts, and the group may read a secret", () => {
  assertEquals(read("PORT=1\nPORT=2\n").values, { PORT: "2" });
  assertEquals(read("OPENAI_API_KEY=sk-1\n", 0o640).warnings, []);
  assertEquals(read("PORT=1\n", 0o644).warnings, []);
});

test("readEnvFile and readCredential: a path that is not a file is a mistake", () => {
  assertEquals(
    readEnvFile("/dev/zero", secrets).mistakes.map(({ problem }) => problem),
    ['"/dev/zero" is a device, not a file'],
  );
  assertEquals(readCredential("/dev/zero"), { problem: "is a device, not a file" });
});

test("readCredential: the text without its last line end and byte order mark", () => {
  assertEquals(readCredential(file("\u{feff}abc\r\n")), { text: "abc" });
});
