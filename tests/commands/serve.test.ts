// `voice` from the start to the end of its process, on a real port, with signals from the test.

import { test } from "bun:test";
import { assertEquals, assertInstanceOf, assertRejects, assertStringIncludes } from "@std/assert";
import * as platform from "#platform";
import { type Reload, serve } from "../../src/commands/serve.ts";
import type { Config, ConfigResult } from "../../src/config/config.ts";
import { UsageError } from "../../src/config/usage-error.ts";
import type { Listening, Platform, Signal } from "../../src/platform/seam.ts";
import { signRequest } from "../../src/protocol/signature.ts";
import { AUTH_TOKEN, testConfig } from "../e2e/server-under-test.ts";
import { voiceForm } from "../server/fakes.ts";

const quiet: Config = { ...testConfig, logLevel: "error" };

/** The real platform, except that the test sends the signals and reads the port. */
function startServe(
  config: Config,
  isTerminal = true,
  {
    onListen = () => {},
    reload = () => Promise.resolve({ config, warnings: [] }),
  }: { onListen?: (port: number) => void; reload?: Reload } = {},
) {
  let signal: ((name: Signal) => void) | undefined;
  let listening: Listening | undefined;
  const printed: string[] = [];
  const fake: Platform = {
    ...platform,
    listen: (options) => {
      const opened = platform.listen(options);
      listening ??= opened;
      onListen(opened.port);
      return opened;
    },
    onSignal: (callback) => {
      signal = callback;
    },
    onUncaught: () => {},
  };
  const done = serve(config, reload, fake, { print: (text) => void printed.push(text), isTerminal });
  const settled = async (): Promise<number> => {
    while (signal === undefined) await new Promise((resolve) => void setImmediate(resolve));
    return listening?.port ?? 0;
  };
  return { done, printed, settled, kill: (name: Signal = "SIGTERM"): void => signal?.(name) };
}

test("serve: prints who answers and what to paste, accepts calls, and exits with 0 after a signal when no call is left", async () => {
  const { done, printed, settled, kill } = startServe(quiet);
  const port = await settled();
  assertStringIncludes(printed[0] ?? "", "CALLS ARE ANSWERED BY THE BUILT-IN AGENT");
  assertStringIncludes(printed[0] ?? "", `127.0.0.1:${port}`);
  assertEquals((await fetch(`http://127.0.0.1:${port}/readyz`)).status, 200);
  kill();
  assertEquals(await done, 0);
  await assertRejects(() => fetch(`http://127.0.0.1:${port}/readyz`));
});

test("serve: it drains while a call is running; a second signal ends it at once with exit code 1", async () => {
  const { done, printed, settled, kill } = startServe({ ...quiet, drainMs: 60_000 });
  const origin = `http://127.0.0.1:${await settled()}`;
  const headers = { "x-twilio-signature": signRequest(AUTH_TOKEN, `${origin}/twilio/voice`, voiceForm(1)) };
  await fetch(`${origin}/twilio/voice`, { method: "POST", headers, body: new URLSearchParams(voiceForm(1)) });
  assertEquals(
    printed.some((text) => text.includes("Ctrl-C")),
    false,
  );
  kill();
  assertStringIncludes(printed.at(-1) ?? "", "1 call is running and may go on for up to 60 s; press Ctrl-C again to stop now");
  assertEquals((await fetch(`${origin}/readyz`)).status, 503);
  assertEquals((await fetch(`${origin}/healthz`)).status, 200);
  const late = { "x-twilio-signature": signRequest(AUTH_TOKEN, `${origin}/twilio/voice`, voiceForm(2)) };
  const answer = await fetch(`${origin}/twilio/voice`, { method: "POST", headers: late, body: new URLSearchParams(voiceForm(2)) });
  assertStringIncludes(await answer.text(), ">Draining.</Say>");
  kill();
  assertEquals(await done, 1);
});

test("serve: one Ctrl-C that arrives twice, as under deno task, does not cut the drain short", async () => {
  const { done, settled, kill } = startServe({ ...quiet, drainMs: 60_000 });
  const origin = `http://127.0.0.1:${await settled()}`;
  const headers = { "x-twilio-signature": signRequest(AUTH_TOKEN, `${origin}/twilio/voice`, voiceForm(1)) };
  await fetch(`${origin}/twilio/voice`, { method: "POST", headers, body: new URLSearchParams(voiceForm(1)) });
  kill("SIGINT");
  kill("SIGINT");
  assertEquals((await fetch(`${origin}/readyz`)).status, 503);
  kill("SIGTERM");
  assertEquals(await done, 1);
});

test("serve: SIGHUP drains when the terminal was closed; a second one does not cut the drain short", async () => {
  const { done, settled, kill } = startServe({ ...quiet, drainMs: 60_000 });
  const origin = `http://127.0.0.1:${await settled()}`;
  const sign = (path: string): RequestInit => {
    const headers = { "x-twilio-signature": signRequest(AUTH_TOKEN, `${origin}${path}`, voiceForm(1)) };
    return { method: "POST", headers, body: new URLSearchParams(voiceForm(1)) };
  };
  await fetch(`${origin}/twilio/voice`, sign("/twilio/voice"));
  kill("SIGHUP");
  kill("SIGHUP");
  assertEquals((await fetch(`${origin}/readyz`)).status, 503);
  kill("SIGINT");
  assertEquals(await done, 1);
});

test("serve: SIGHUP reads voice.toml again; a file with a mistake, or none, changes nothing", async () => {
  const config: Config = { ...quiet, agentsFile: "voice.toml", agents: { ...quiet.agents, file: "voice.toml" } };
  const named = (name: string): Config => {
    const [agent] = config.agents.agents;
    return { ...config, agents: { ...config.agents, agents: [{ ...agent, name }] } };
  };
  const mistakes = [{ what: "voice.toml:3:1: agents.a.voice", problem: "is wrong", hint: "" }];
  const results: ConfigResult[] = [
    { config: named("second"), warnings: [] },
    { mistakes },
    { config: quiet, warnings: [] },
    { config: named("third"), warnings: [] },
  ];
  const reload = () => Promise.resolve(results.shift() ?? { mistakes });
  const { done, settled, kill } = startServe(config, false, { reload });
  const origin = `http://127.0.0.1:${await settled()}`;
  const agents = async (): Promise<unknown> => {
    const { agents, agentsProblem } = (await (await fetch(`${origin}/readyz`)).json()) as Record<string, unknown>;
    return { agents, agentsProblem };
  };
  const seen: unknown[] = [];
  for (let time = 0; time < 4; time++) {
    const left = results.length;
    kill("SIGHUP");
    while (results.length === left) await new Promise((resolve) => void setImmediate(resolve));
    await new Promise((resolve) => void setImmediate(resolve));
    seen.push(await agents());
  }
  assertEquals(seen, [
    { agents: ["second"], agentsProblem: undefined },
    { agents: ["second"], agentsProblem: "voice.toml:3:1: agents.a.voice: is wrong" },
    { agents: ["second"], agentsProblem: "voice.toml: does not exist" },
    { agents: ["third"], agentsProblem: undefined },
  ]);
  kill();
  assertEquals(await done, 0);
});

test("serve: SIGHUP without a terminal changes nothing", async () => {
  const { done, settled, kill } = startServe(quiet, false);
  const origin = `http://127.0.0.1:${await settled()}`;
  kill("SIGHUP");
  assertEquals((await fetch(`${origin}/readyz`)).status, 200);
  kill();
  assertEquals(await done, 0);
});

for (const [host, reason] of [
  ["192.0.2.1", "this machine does not have that address"],
  ["no-such-host.invalid", "that name does not resolve"],
] as const) {
  test(`serve: HOST=${host} is a usage error that names the reason`, async () => {
    const error = await assertRejects(() => startServe({ ...quiet, host }).done);
    assertInstanceOf(error, UsageError);
    assertStringIncludes(error.message, reason);
  });
}

test("serve: records that cannot be written are reported at the start, and calls are accepted", async () => {
  const { done, printed, settled, kill } = startServe({ ...quiet, recordsFile: "/absent/calls.jsonl" });
  const origin = `http://127.0.0.1:${await settled()}`;
  assertStringIncludes(printed.join("\n"), "VOICE_RECORDS: /absent/calls.jsonl cannot be written, so calls are not recorded");
  assertEquals((await fetch(`${origin}/readyz`)).status, 200);
  kill();
  assertEquals(await done, 0);
});

test("serve: a port in use is a usage error with a hint", async () => {
  const taken = platform.listen({
    hostname: "127.0.0.1",
    port: 0,
    maxMessageBytes: 1,
    fetch: () => new Response(null),
    failed: () => new Response(null),
    threw: () => {},
  });
  const error = await assertRejects(() => startServe({ ...quiet, port: taken.port }).done);
  assertInstanceOf(error, UsageError);
  assertEquals(error.message, `cannot listen on 127.0.0.1 port ${taken.port}: another process listens there`);
  assertStringIncludes(error.hint, `--port ${taken.port + 1}`);
  await taken.stopNow();
});

test("serve: with --metrics-listen, /metrics is served there, and nothing else", async () => {
  const ports: number[] = [];
  const config: Config = { ...quiet, metricsListen: { host: "127.0.0.1", port: 0 } };
  const { done, settled, kill } = startServe(config, true, { onListen: (port) => void ports.push(port) });
  await settled();
  const origin = `http://127.0.0.1:${ports[1]}`;
  assertStringIncludes(await (await fetch(`${origin}/metrics`)).text(), "voice_calls_active 0");
  assertEquals((await fetch(`${origin}/healthz`)).status, 404);
  kill();
  assertEquals(await done, 0);
  await assertRejects(() => fetch(`${origin}/metrics`));
});

test("serve: an address of --metrics-listen that is in use is a usage error, and the server does not stay", async () => {
  const ports: number[] = [];
  const taken = platform.listen({
    hostname: "127.0.0.1",
    port: 0,
    maxMessageBytes: 1,
    fetch: () => new Response(null),
    failed: () => new Response(null),
    threw: () => {},
  });
  const config: Config = { ...quiet, metricsListen: { host: "127.0.0.1", port: taken.port } };
  const error = await assertRejects(() => startServe(config, true, { onListen: (port) => void ports.push(port) }).done);
  assertInstanceOf(error, UsageError);
  assertStringIncludes(error.hint, `--metrics-listen 127.0.0.1:${taken.port + 1}`);
  await taken.stopNow();
  await assertRejects(() => fetch(`http://127.0.0.1:${ports[0]}/readyz`));
});
