// examples/receptionist and examples/booking: each file is read as it is, and a call is played with it. Only the hosts
// of its tools are replaced by one on this machine.

import { test } from "bun:test";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assert, assertEquals } from "@std/assert";
import * as platform from "#platform";
import { modelSocket } from "../../src/adapters/model-socket.ts";
import { type Config, loadConfig } from "../../src/config/config.ts";
import { type BrainReply, functionCallReply, type ReplyRequest, spokenReply } from "../../src/simulators/openai/brains/brain.ts";
import { startModelSimulator } from "../../src/simulators/sockets/model-simulator.ts";
import { mulaw } from "../simulators/openai/client.ts";
import { AUTH_TOKEN, isHearing, openLine } from "../support/line.ts";
import { patientClock } from "../support/patient-clock.ts";

const examples = join(import.meta.dir, "../../examples");
const env = {
  HOST: "127.0.0.1",
  PORT: "0",
  VOICE_STATE: "off",
  TWILIO_AUTH_TOKEN: AUTH_TOKEN,
  OPENAI_API_KEY: "sk-test",
  BOOKING_KEY: "booking-key-1",
  AFTER_CALL_SECRET: `whsec_${Buffer.alloc(32, 1).toString("base64")}`,
};

/** The example's file, with parts of its text replaced. */
async function readExample(name: string, replaced: Readonly<Record<string, string>> = {}): Promise<Config> {
  const folder = mkdtempSync(join(tmpdir(), "example-"));
  cpSync(join(examples, name), folder, { recursive: true });
  const file = join(folder, "voice.toml");
  let text = readFileSync(file, "utf8");
  for (const [from, to] of Object.entries(replaced)) {
    assert(text.includes(from), from);
    text = text.replaceAll(from, to);
  }
  writeFileSync(file, text);
  const read = await loadConfig({ VOICE_CONFIG: file }, env);
  rmSync(folder, { recursive: true });
  assert("config" in read, JSON.stringify(read));
  return read.config;
}

/** Plays a call in which the model answers with `reply`. */
async function play(config: Config, reply: (ask: ReplyRequest) => BrainReply) {
  const clock = patientClock(4);
  const models = startModelSimulator({
    listen: platform.listen,
    clock,
    apiKey: "sk-test",
    behaviourFor: () => ({ brain: { reply, transcribe: () => "" } }),
  });
  const diallerFor = () => modelSocket({ type: "openai", apiKey: "sk-test", model: "gpt-realtime-2.1", realtimeUrl: models.url }, clock);
  const line = openLine(clock, diallerFor, config);
  const running = line.call();
  await running.until("the greeting", isHearing, 60_000);
  running.command({ type: "say", speech: mulaw(1_500, 5) });
  const call = await running.done;
  const [record] = line.records;
  await line.voice.stop();
  await models.stop();
  return { call, record };
}

const goodbye: BrainReply = {
  items: [
    { type: "audio", mulaw: mulaw(600), transcript: "Goodbye." },
    { type: "functionCall", name: "hang_up", callId: "call_9", arguments: "{}" },
  ],
  end: { type: "completed" },
};
const hasSpoken = ({ input }: ReplyRequest): boolean => input.some((one) => one.type === "audio");

test("examples/receptionist: greets, says goodbye and hangs up", async () => {
  const config = await readExample("receptionist", { 'hours = { tz = "America/New_York"': '# hours = { tz = "America/New_York"' });
  assertEquals(
    config.agents.agents.map(({ name }) => name),
    ["reception", "night"],
  );
  const { record, call } = await play(config, (ask) => (hasSpoken(ask) ? goodbye : spokenReply(mulaw(400), "Thank you for calling.")));
  assertEquals([record?.end, call.problems], [{ by: "agent", cause: "hungUp" }, []]);
});

test("examples/booking: looks a booking up by HTTP, with its key, and gets only what it keeps", async () => {
  const asked: string[] = [];
  const results: string[] = [];
  const bookings = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch(request) {
      asked.push(`${request.method} ${new URL(request.url).pathname} ${request.headers.get("authorization")}`);
      return Response.json({ name: "Ann", at: "seven", internal: "not for the caller" });
    },
  });
  const host = `127.0.0.1:${bookings.port}`;
  const config = await readExample("booking", {
    'https://bookings.example.com/bookings/{{phone}}", headers': `http://${host}/bookings/{{phone}}", private_hosts = ["${host}"], headers`,
  });
  const { record } = await play(config, (ask) => {
    const result = ask.input.find((one) => one.type === "functionOutput");
    if (result?.type === "functionOutput") results.push(result.output);
    if (result !== undefined) return goodbye;
    return hasSpoken(ask) ? functionCallReply("find_booking", "call_1", '{"phone":"+1555"}') : spokenReply(mulaw(400), "Good day.");
  });
  bookings.stop(true);
  assertEquals([asked, results], [["GET /bookings/%2B1555 Bearer booking-key-1"], ['{"name":"Ann","at":"seven"}']]);
  assertEquals(record?.end, { by: "agent", cause: "hungUp" });
});
