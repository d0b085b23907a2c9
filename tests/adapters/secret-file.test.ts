// A secret that is made once, and stays.

import { test } from "bun:test";
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { readOrMakeSecret } from "../../src/adapters/secret-file.ts";
import { inScratch } from "./store/scratch.ts";

test("readOrMakeSecret: 32 random bytes for this user only, the same the second time", () => {
  inScratch((folder) => {
    const path = join(folder, "state/key");
    const secret = readOrMakeSecret(path);
    assertEquals(secret.length, 32);
    assertEquals(statSync(path).mode & 0o777, 0o600);
    assertEquals(Buffer.from(readOrMakeSecret(path)), Buffer.from(secret));
    assertNotEquals(Buffer.from(readOrMakeSecret(join(folder, "state/other"))), Buffer.from(secret));
  });
});

test("readOrMakeSecret: a file of another length is replaced; a folder in its place is an error", () => {
  inScratch((folder) => {
    const path = join(folder, "key");
    writeFileSync(path, "short");
    assertEquals(readOrMakeSecret(path).length, 32);
    mkdirSync(join(folder, "dir"));
    assertThrows(() => readOrMakeSecret(join(folder, "dir")));
  });
});
