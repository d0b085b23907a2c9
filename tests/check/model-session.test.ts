// The session that is tested, against the model simulator on a real socket.

import { afterAll, test } from "bun:test";
import { assertEquals, assertMatch } from "@std/assert";
import { listen } from "#platform";
import { realClock } from "../../src/adapters/clock.ts";
import { modelSocket } from "../../src/adapters/model-socket.ts";
import type { ModelListener } from "../../src/call/ports.ts";
import { checkSession } from "../../src/check/model-session.ts";
import type { Level } from "../../src/report/finding.ts";
import { scriptedBrain } from "../../src/simulators/openai/brains/brain.ts";
import { type ModelBehaviour, startModelSimulator } from "../../src/simulators/sockets/model-simulator.ts";
import { oneSecond } from "../simulators/openai/client.ts";
import { manualClock } from "../support/manual-clock.ts";

const clock = realClock();
const config = { instructions: "Be brief.", voice: "marin", transcriptionModel: null };
let treatment: Partial<ModelBehaviour> = {};
const server = startModelSimulator({
  listen,
  clock,
  behaviourFor: () => ({ brain: scriptedBrain([oneSecond]), speedUp: 1_000, ...treatment }),
});
afterAll(() => server.stop());
const dialler = modelSocket({ type: "openai", apiKey: "sk-test", model: "gpt-realtime-2.1", realtimeUrl: server.url }, clock);

const cases: readonly (readonly [
  promise: string,
  treatment: Partial<ModelBehaviour>,
  speak: boolean,
  expected: readonly (readonly [string, Level, RegExp, RegExp?])[],
])[] = [
  ["a good one", {}, false, [["openai.session", "ok", /accepted its settings in \d+ ms$/]]],
  [
    "one that speaks",
    {},
    true,
    [
      ["openai.session", "ok", /./],
      ["openai.speech", "ok", /first audio after \d+ ms$/],
    ],
  ],
  [
    "a wrong key at the handshake",
    { handshake: "401" },
    false,
    [["openai.session", "error", /invalid_api_key.*HTTP 401$/, /OPENAI_API_KEY/]],
  ],
  ["a rate limit at the handshake", { handshake: "429" }, false, [["openai.session", "error", /retry after 20 s.*HTTP 429$/, /limits/]]],
  ["an overloaded server", { handshake: "503" }, false, [["openai.session", "unreachable", /HTTP 503$/, /status\.openai/]]],
  ["a wrong key after the 101", { faults: ["invalid-key"] }, false, [["openai.session", "error", /invalid_api_key/, /OPENAI_API_KEY/]]],
  ["a model that does not exist, not asked to speak", { faults: ["model-not-found"] }, false, [["openai.session", "ok", /./]]],
  [
    "a model that does not exist",
    { faults: ["model-not-found"] },
    true,
    [
      ["openai.session", "ok", /./],
      ["openai.speech", "error", /model_not_found/, /OPENAI_MODEL/],
    ],
  ],
  [
    "no credit",
    { faults: ["quota-exceeded"] },
    true,
    [
      ["openai.session", "ok", /./],
      ["openai.speech", "error", /insufficient_quota/, /credit/],
    ],
  ],
];
for (const [promise, treated, speak, expected] of cases) {
  test(`checkSession: ${promise}${speak ? ", speaking" : ""}: ${expected.map(([id, level]) => `${id} is ${level}`).join(", ")}`, async () => {
    treatment = treated;
    const findings = await checkSession(config, dialler, clock, speak);
    assertEquals(
      findings.map(({ id, level }) => [id, level]),
      expected.map(([id, level]) => [id, level]),
    );
    for (const [at, [, , what, fix = /^/]] of expected.entries()) {
      assertMatch(findings[at]?.actual ?? "", what);
      assertMatch(findings[at]?.fix?.text ?? "", fix);
    }
  });
}

test("checkSession: the session is closed in order when all is seen", async () => {
  treatment = {};
  const before = server.connections().length;
  await checkSession(config, dialler, clock, false);
  const closed = await server.until(({ connections }) => connections()[before]?.ended !== undefined, 5_000);
  assertEquals([closed, server.connections()[before]?.ended?.code], [true, 1000]);
});

test("checkSession: a server that never takes the settings is given up", async () => {
  const manual = manualClock();
  let far: ModelListener | undefined;
  const sent: string[] = [];
  const silent = {
    name: "silent",
    dial: (_callSid: string, _safetyIdentifier: string, listener: ModelListener) => {
      far = listener;
      return { send: (text: string) => sent.push(JSON.parse(text).type), close: () => sent.push("close") };
    },
  };
  const findings = checkSession(config, silent, manual, false);
  far?.opened();
  manual.advance(8_000);
  assertEquals(
    (await findings).map(({ id, level, actual }) => [id, level, actual]),
    [["openai.session", "unreachable", "no answer within 8 s"]],
  );
  assertEquals([sent, manual.pending], [["session.update", "close"], 0]);
});

/** How another server may answer the settings, and the fix. */
const refused: readonly (readonly [message: object, what: RegExp, fix: RegExp, level?: "warning"])[] = [
  [
    {
      type: "error",
      error: { type: "t", code: "unknown_parameter", message: "Unknown.", param: "session.audio.input.noise_reduction" },
    },
    /rejected: unknown_parameter: Unknown\.$/,
    /go on without noise_reduction/,
    "warning",
  ],
  [
    {
      type: "error",
      error: { type: "t", code: "invalid_value", message: "No such model.", param: "session.audio.input.transcription.model" },
    },
    /rejected: invalid_value: No such model\.$/,
    /OPENAI_TRANSCRIPTION_MODEL/,
  ],
  [
    { type: "error", error: { type: "t", code: "invalid_value", message: "No such voice.", param: "session.audio.output.voice" } },
    /No such voice\.$/,
    /VOICE_NAME/,
  ],
  [
    {
      type: "session.updated",
      session: { audio: { input: { format: { type: "audio/pcm" } }, output: { format: { type: "audio/pcmu" } } } },
    },
    /audio\/pcm in and audio\/pcmu out/,
    /audio\/pcmu/,
  ],
];
for (const [message, what, fix, level = "error"] of refused) {
  test(`checkSession: the answer ${JSON.stringify(message).slice(0, 90)} is a problem, with a fix`, async () => {
    let far: ModelListener | undefined;
    const other = {
      name: "other",
      dial: (_callSid: string, _safetyIdentifier: string, listener: ModelListener) => {
        far = listener;
        return { send: () => {}, close: () => {} };
      },
    };
    const findings = checkSession(config, other, manualClock(), false);
    far?.opened();
    far?.text(JSON.stringify(message));
    const [finding] = await findings;
    assertEquals(finding?.level, level);
    assertMatch(finding?.actual ?? "", what);
    assertMatch(finding?.fix?.text ?? "", fix);
  });
}
