// The record store: what reaches the file, and what happens when the disk is slow, full or hangs.

import { test } from "bun:test";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { type Append, fileStore, findRecordsProblem, MAX_WAITING_RECORDS } from "../../src/adapters/records-file.ts";
import type { CallRecord } from "../../src/call/record.ts";

const record = (callSid: string): CallRecord => ({
  identity: { callSid, accountSid: "AC1", from: "+15551234567", to: "+15557654321" },
  createdAtMs: 1,
  startedAtMs: undefined,
  endedAtMs: 2,
  end: { by: "caller", cause: "hangup" },
  fallback: "none",
  longestWaitMs: 0,
  twilioCode: undefined,
  costUsd: 0,
  transfers: [],
  turns: [],
  counts: {} as CallRecord["counts"], // the store does not read them
});
const sids = (text: string): string[] => [...text.matchAll(/"callSid":"(\w+)"/g)].map((match) => match[1] ?? "");

test("fileStore: one JSON line per record, in order, with complete numbers, readable by the owner only", async () => {
  const folder = mkdtempSync(join(tmpdir(), "records-"));
  const path = join(folder, "calls.jsonl");
  const store = fileStore(path, () => {});
  for (const sid of ["CA1", "CA2", "CA3"]) store.save(record(sid));
  await store.flush();
  store.save(record("CA4"));
  await store.flush();
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  assertEquals(
    lines.map((line) => JSON.parse(line).identity.callSid),
    ["CA1", "CA2", "CA3", "CA4"],
  );
  assertEquals(JSON.parse(lines[0] ?? "").identity.from, "+15551234567");
  assertEquals(statSync(path).mode & 0o777, 0o600);
  rmSync(folder, { recursive: true });
});

function rig(append: Append) {
  const logged: string[] = [];
  const store = fileStore("/records", (level, event, { records }) => logged.push(`${level} ${event} ${records}`), append);
  return { store, logged };
}

test("fileStore: when the disk hangs, the oldest records beyond the bound are dropped and counted, and nothing waits", async () => {
  const { promise: repaired, resolve: fix } = Promise.withResolvers<void>();
  const written: string[] = [];
  const { store, logged } = rig((_path, text) => {
    written.push(...sids(text));
    return repaired;
  });
  store.save(record("CA0")); // hangs
  for (let i = 1; i <= MAX_WAITING_RECORDS + 2; i++) store.save(record(`CA${i}`));
  assertEquals([written, logged], [["CA0"], [`error records.queueFilled ${MAX_WAITING_RECORDS}`]]);
  fix();
  await store.flush();
  assertEquals([written.length, written[1], written.at(-1)], [1 + MAX_WAITING_RECORDS, "CA3", `CA${MAX_WAITING_RECORDS + 2}`]);
  assertEquals(logged.slice(1), ["error records.lost 2"]);
});

test("fileStore: a failed write is logged with the number of lost records; later records are written", async () => {
  const written: string[] = [];
  let full = true;
  const { store, logged } = rig(async (_path, text) => {
    if (full) throw new Error("ENOSPC");
    written.push(...sids(text));
  });
  store.save(record("CA1"));
  await store.flush();
  full = false;
  store.save(record("CA2"));
  await store.flush();
  assertEquals([written, logged], [["CA2"], ["error records.writeFailed 1"]]);
});

test("findRecordsProblem: a new file, an old one and none are fine; the old one keeps its records", async () => {
  const folder = mkdtempSync(join(tmpdir(), "records-"));
  const path = join(folder, "calls.jsonl");
  assertEquals(await findRecordsProblem(undefined), undefined);
  assertEquals(await findRecordsProblem(path), undefined);
  assertEquals(statSync(path).mode & 0o777, 0o600);
  writeFileSync(path, "{}\n");
  assertEquals(await findRecordsProblem(path), undefined);
  assertEquals(readFileSync(path, "utf8"), "{}\n");
  rmSync(folder, { recursive: true });
});

test("findRecordsProblem: a folder, a missing folder, a pipe that nobody reads", async () => {
  const folder = mkdtempSync(join(tmpdir(), "records-"));
  assertEquals(spawnSync("mkfifo", [join(folder, "pipe")]).status, 0);
  for (const [path, code] of [
    [folder, "EISDIR"],
    [join(folder, "absent", "calls"), "ENOENT"],
    [join(folder, "pipe"), "ENXIO"],
  ] as const)
    assertStringIncludes((await findRecordsProblem(path)) ?? "", code);
  rmSync(folder, { recursive: true });
});
