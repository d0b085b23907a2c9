// Files: refused before a run where they cannot be written, whole or not there, and private where they hold audio.

import { afterAll, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assertEquals, assertRejects } from "@std/assert";
import { UsageError } from "../../src/config/usage-error.ts";
import { openFile } from "../../src/report/write-file.ts";

const folder = mkdtempSync(join(tmpdir(), "voice-files-"));
afterAll(() => rmSync(folder, { recursive: true }));
const modeOf = (path: string): number => statSync(path).mode & 0o777;

test("openFile: nothing is there before the bytes are, and nothing else after", async () => {
  const path = join(folder, "a.xml");
  const write = await openFile(path, "public");
  assertEquals(readdirSync(folder), []);
  await write("text");
  assertEquals([readdirSync(folder), readFileSync(path, "utf8")], [["a.xml"], "text"]);
  rmSync(path);
});

test("openFile: an earlier file stays until it is replaced", async () => {
  const path = join(folder, "b.xml");
  writeFileSync(path, "old");
  const write = await openFile(path, "public");
  assertEquals(readFileSync(path, "utf8"), "old");
  await write("new");
  assertEquals(readFileSync(path, "utf8"), "new");
  rmSync(path);
});

test("openFile: private is for the owner only, also where the earlier file was not", async () => {
  const path = join(folder, "c.wav");
  writeFileSync(path, "old", { mode: 0o644 });
  await (await openFile(path, "private"))(Uint8Array.of(1));
  assertEquals([modeOf(path), readFileSync(path).length], [0o600, 1]);
  rmSync(path);
});

test("openFile: a link stays a link", async () => {
  const [path, link] = [join(folder, "d.xml"), join(folder, "link.xml")];
  writeFileSync(path, "old");
  symlinkSync(path, link);
  await (await openFile(link, "public"))("new");
  assertEquals([readFileSync(path, "utf8"), readdirSync(folder).sort()], ["new", ["d.xml", "link.xml"]]);
  for (const one of [path, link]) rmSync(one);
});

test("openFile: a device is written, not replaced", async () => {
  await (await openFile("/dev/null", "private"))("text");
  assertEquals(statSync("/dev/null").isCharacterDevice(), true);
});

for (const [what, path, reason] of [
  ["in a directory that does not exist", join(folder, "no/a.xml"), "the directory does not exist"],
  ["a directory", folder, "it is a directory"],
  ["below a file", "/dev/null/a.xml", "a part of the path is not a directory"],
] as const) {
  test(`openFile: ${what} is wrong use`, async () => {
    await assertRejects(() => openFile(path, "public"), UsageError, `cannot write ${path}: ${reason}`);
  });
}
