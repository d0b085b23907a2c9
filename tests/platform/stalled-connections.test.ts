// Which connections are closed when open files run short, on descriptors that a test opens and closes.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import {
  addressTail,
  DESCRIPTORS_AT_ONCE,
  type Descriptors,
  PATIENCE_MS,
  peerOf,
  StalledConnections,
  URGENT_PATIENCE_MS,
} from "../../src/platform/stalled-connections.ts";

/** Descriptors, each a connection whose peer is 1,000 more, and a clock. */
class Files implements Descriptors {
  readonly open = new Map<number, number | undefined>();
  readonly shut: number[] = [];
  looks = 0;
  readonly limit: number;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Opens this many, each at the lowest number that is free. */
  accept(count: number): this {
    for (let n = 0; n < count; n += 1) {
      const descriptor = this.lowestFree();
      if (descriptor !== undefined) this.open.set(descriptor, 1_000 + descriptor);
    }
    return this;
  }

  lowestFree(): number | undefined {
    for (let n = 0; n < this.limit; n += 1) if (!this.open.has(n)) return n;
    return undefined;
  }

  peerOf(descriptor: number): number | undefined {
    this.looks += 1;
    return this.open.get(descriptor);
  }

  shutDown(descriptor: number): void {
    this.shut.push(descriptor);
    this.open.delete(descriptor);
  }
}

function setUp(limit: number, accepted: number): { files: Files; stalled: StalledConnections } {
  const files = new Files(limit).accept(accepted);
  return { files, stalled: new StalledConnections(limit, () => files) };
}

test("close: nothing while fewer than half of the files are open, however old the connections are", () => {
  const { files, stalled } = setUp(100, 49);
  for (const nowMs of [0, PATIENCE_MS, 1_000_000]) assertEquals(stalled.close(nowMs), 0);
  assertEquals(files.shut, []);
});

test("close: from half on, connections without a request for 2 s; from three quarters on, for 250 ms", () => {
  for (const [accepted, patienceMs] of [
    [50, PATIENCE_MS],
    [74, PATIENCE_MS],
    [75, URGENT_PATIENCE_MS],
    [100, URGENT_PATIENCE_MS],
  ] as const) {
    const { files, stalled } = setUp(100, accepted);
    assertEquals(stalled.close(0), 0, `${accepted} files, first look`);
    assertEquals(stalled.close(patienceMs - 1), 0, `${accepted} files, early`);
    assertEquals(stalled.close(patienceMs), accepted, `${accepted} files`);
    assertEquals(files.shut.length, accepted);
  }
});

test("close: their age counts from a quarter of the files on", () => {
  const { files, stalled } = setUp(100, 25);
  stalled.close(0);
  files.accept(50);
  assertEquals(stalled.close(URGENT_PATIENCE_MS), 25);
  assertEquals(Math.max(...files.shut), 24);
});

test("close: WebSockets and requests being answered stay, until they are released", () => {
  const { files, stalled } = setUp(100, 80);
  const releaseSocket = stalled.keepSocket(1_003);
  stalled.keepSocket(1_003)();
  const releaseRequest = stalled.keepRequest(1_004);
  let nowMs = 0;
  const left = (): number[] => {
    while (files.open.size < 100) files.accept(1);
    stalled.close(nowMs);
    nowMs += URGENT_PATIENCE_MS;
    stalled.close(nowMs);
    return [...files.open.keys()];
  };
  assertEquals(left(), [3, 4]);
  releaseSocket();
  assertEquals(left(), [4]);
  releaseRequest();
  assertEquals(left(), []);
});

test("keepRequest: of more than an eighth of the files, the oldest may be closed", () => {
  for (const [kept, left] of [
    [10, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
    [11, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]],
  ] as const) {
    const { files, stalled } = setUp(80, 80);
    for (let n = 0; n < kept; n += 1) stalled.keepRequest(1_000 + n);
    stalled.close(0);
    stalled.close(URGENT_PATIENCE_MS);
    assertEquals([...files.open.keys()], left as never);
  }
});

test("keepRequest: a release after the same peer came again does not end the new one", () => {
  const { files, stalled } = setUp(80, 80);
  const release = stalled.keepRequest(1_007);
  stalled.keepRequest(1_007);
  release();
  stalled.close(0);
  stalled.close(URGENT_PATIENCE_MS);
  assertEquals([...files.open.keys()], [7]);
});

test("close: a descriptor that another connection took over is new", () => {
  const { files, stalled } = setUp(100, 80);
  stalled.close(0);
  files.open.set(5, 99_999);
  stalled.close(URGENT_PATIENCE_MS);
  assertEquals([...files.open.keys()], [5]);
});

test("close: other descriptors than connections to our port stay", () => {
  const { files, stalled } = setUp(100, 80);
  files.open.set(6, undefined);
  stalled.close(0);
  stalled.close(URGENT_PATIENCE_MS);
  assertEquals([...files.open.keys()], [6]);
});

test("close: looks at a bounded number at once, and reaches all", () => {
  const { files, stalled } = setUp(8_192, 7_000);
  const reached = new Set<number>();
  for (let nowMs = 0; reached.size < 7_000 && nowMs < 10_000; nowMs += 100) {
    files.looks = 0;
    stalled.close(nowMs);
    assert(files.looks <= DESCRIPTORS_AT_ONCE);
    for (const descriptor of files.shut.splice(0)) {
      reached.add(descriptor);
      files.open.set(descriptor, 100_000 + descriptor); // the next stranger
    }
  }
  assertEquals(reached.size, 7_000);
});

test("close: nothing where descriptors cannot be looked at", () => {
  const stalled = new StalledConnections(100, () => undefined);
  assertEquals(
    [0, PATIENCE_MS].map((nowMs) => stalled.close(nowMs)),
    [0, 0],
  );
});

test("peerOf: differs by address and port", () => {
  const tails = ["1.2.3.4", "1.2.3.5", "0.2.3.4", "::1", "::", "2001:db8::a:b", "2001:db8::b:a", "fe80::1:0%eth0"];
  const peers = tails.flatMap((address) => [peerOf(addressTail(address), 1), peerOf(addressTail(address), 65_535)]);
  assertEquals(new Set(peers).size, peers.length);
  assert(peers.every(Number.isSafeInteger));
});

test("addressTail: the last four bytes, however the address is written", () => {
  for (const [address, tail] of [
    ["1.2.3.4", 0x01_02_03_04],
    ["255.255.255.255", 0xff_ff_ff_ff],
    ["::ffff:1.2.3.4", 0x01_02_03_04],
    ["::ffff:102:304", 0x01_02_03_04],
    ["::1", 1],
    ["::", 0],
    ["fe80::", 0],
    ["fe80::1:2%eth0", 0x0001_0002],
    ["2001:db8:0:0:0:0:ABCD:ef01", 0xab_cd_ef_01],
  ] as const) {
    assertEquals(addressTail(address), tail, address);
  }
});
