// What happened on a call reaches another system, signed: also when that was away, and when voice was killed before
// the call had ended.

import { test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assert, assertEquals } from "@std/assert";
import { Webhook } from "standardwebhooks";
import { callSidOf } from "../server/fakes.ts";
import { callOnce, startProcess } from "./voice-process.ts";

const secret = `whsec_${Buffer.alloc(32, 3).toString("base64")}`;

interface Received {
  readonly id: string;
  readonly event: {
    readonly type: string;
    readonly data: { readonly callSid: string; readonly end: { readonly by: string; readonly cause: string } };
  };
}

/** Takes what the standard's own library accepts; answers 503 while `isAway`. */
function startReceiver() {
  const received: Received[] = [];
  const state = { isAway: false, refused: 0 };
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      if (state.isAway) {
        state.refused += 1;
        return new Response("later", { status: 503, headers: { "Retry-After": "1" } });
      }
      const event = new Webhook(secret).verify(await request.text(), Object.fromEntries(request.headers)) as Received["event"];
      received.push({ id: request.headers.get("webhook-id") ?? "", event });
      return new Response(null, { status: 204 });
    },
  });
  const until = async (isTrue: () => boolean): Promise<void> => {
    while (!isTrue()) await Bun.sleep(20);
  };
  return { url: `http://127.0.0.1:${server.port}/hook`, received, state, until, stop: () => server.stop(true) };
}

test("after_call: a call is delivered once its receiver is back, and one that was cut by SIGKILL too", async () => {
  const home = mkdtempSync(join(tmpdir(), "after-call-"));
  const receiver = startReceiver();
  const config = join(home, "voice.toml");
  const table = `[after_call]\nurl = "${receiver.url}"\nsecret = "\${HOOK_SECRET}"\nevents = ["call.ended", "call.failed"]\n`;
  writeFileSync(config, `[agents.reception]\ninstructions = "You answer."\n${table}`);
  const settings = { VOICE_CONFIG: config, HOOK_SECRET: secret };
  const command = [process.execPath, "src/main.ts"];
  const voice = await startProcess(command, home, settings);
  receiver.state.isAway = true;
  await callOnce(voice.origin, callSidOf(1));
  await receiver.until(() => receiver.state.refused > 0);
  await callOnce(voice.origin, callSidOf(2), true);
  // What was written is at most 250 ms behind.
  await Bun.sleep(400);
  await voice.stop("SIGKILL");
  receiver.state.isAway = false;
  const again = await startProcess(command, home, settings);
  await receiver.until(() => receiver.received.length >= 3);
  const { exitCode, output } = await again.stop();
  assertEquals(exitCode, 0, output);
  assert(!output.includes(secret.slice(6)), "the secret is in the log");
  const told = receiver.received.map(({ event: { type, data } }) => `${data.callSid} ${type} ${data.end.by}: ${data.end.cause}`).sort();
  assertEquals(told, [
    `${callSidOf(1)} call.ended caller: hangup`,
    `${callSidOf(2)} call.ended server: processEnded`,
    `${callSidOf(2)} call.failed server: processEnded`,
  ]);
  const order = receiver.received.filter(({ event }) => event.data.callSid === callSidOf(2)).map(({ event }) => event.type);
  assertEquals(order, ["call.ended", "call.failed"]);
  assertEquals(new Set(receiver.received.map(({ id }) => id)).size, 3);
  receiver.stop();
  rmSync(home, { recursive: true });
}, 60_000);
