// The relay passes bytes both ways. Held, it stops reading, and bytes queue at the sender.

import { afterAll, test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import * as platform from "#platform";
import { realClock } from "../../src/adapters/clock.ts";
import { scriptedBrain } from "../../src/simulators/openai/brains/brain.ts";
import { startModelSimulator } from "../../src/simulators/sockets/model-simulator.ts";
import { startSlowRelay } from "./slow-relay.ts";

test("startSlowRelay: while held, bytes wait at the sender; once resumed, all of them arrive", async () => {
  const server = startModelSimulator({ listen: platform.listen, clock: realClock(), behaviourFor: () => ({ brain: scriptedBrain([]) }) });
  const relay = await startSlowRelay(Number(new URL(server.url).port));
  afterAll(async () => {
    await relay.stop();
    await server.stop();
  });
  let opened = () => {};
  const open = new Promise<void>((resolve) => {
    opened = resolve;
  });
  const url = `ws://127.0.0.1:${relay.port}/v1/realtime?model=m`;
  const socket = platform.dial(url, { authorization: "Bearer k" }, { opened: () => opened(), text() {}, closed() {} });
  await open;
  assert(await server.until(({ connections }) => connections().length === 1, 5000));
  relay.hold();
  const frame = JSON.stringify({ type: "input_audio_buffer.append", audio: "/".repeat(400_000) });
  const frames = 40; // 16 MB: more than the system's buffers on loopback hold
  for (let i = 0; i < frames; i++) socket.sendText(frame);
  assert(socket.bufferedBytes() > 1_000_000, `only ${socket.bufferedBytes()} bytes wait`);
  relay.resume();
  const [connection] = server.connections();
  assert(await connection?.until(({ frames: { received } }) => received === frames, 10_000));
  assertEquals(socket.bufferedBytes(), 0);
});
