// `voice` from the start to the end of its process, on a real port, with signals from the test.

import { test } from "bun:test";
import { assertEquals, assertInstanceOf, assertRejects, assertStringIncludes } from "@std/assert";
import * as platform from "#platform";
import { serve } from "../../src/commands/serve.ts";
import type { Config } from "../../src/config/config.ts";
import { UsageError } from "../../src/config/usage-error.ts";
import type { Listening, Platform } from "../../src/platform/seam.ts";
import { signRequest } from "../../src/protocol/signature.ts";
import { AUTH_TOKEN, testConfig } from "../e2e/server-under-test.ts";
import { voiceForm } from "../server/fakes.ts";

const quiet: Config = { ...testConfig, logLevel: "error" };

/** The real platform, except that the test sends the signals and reads the port. */
function startServe(config: Config) {
  let signal: ((name: "SIGTERM" | "SIGINT") => void) | undefined;
  let listening: Listening | undefined;
  const printed: string[] = [];
  const fake: Platform = {
    ...platform,
    listen: (options) => {
      listening = platform.listen(options);
      return listening;
    },
    onSignal: (callback) => {
      signal = callback;
    },
    onUncaught: () => {},
  };
  const done = serve(config, fake, { print: (text) => void printed.push(text), isTerminal: true });
  const settled = async (): Promise<number> => {
    while (signal === undefined) await new Promise((resolve) => void setImmediate(resolve));
    return listening?.port ?? 0;
  };
  return { done, printed, settled, kill: (): void => signal?.("SIGTERM") };
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
  const { done, settled, kill } = startServe({ ...quiet, drainMs: 60_000 });
  const origin = `http://127.0.0.1:${await settled()}`;
  const headers = { "x-twilio-signature": signRequest(AUTH_TOKEN, `${origin}/twilio/voice`, voiceForm(1)) };
  await fetch(`${origin}/twilio/voice`, { method: "POST", headers, body: new URLSearchParams(voiceForm(1)) });
  kill();
  assertEquals((await fetch(`${origin}/readyz`)).status, 503);
  assertEquals((await fetch(`${origin}/healthz`)).status, 200);
  const late = { "x-twilio-signature": signRequest(AUTH_TOKEN, `${origin}/twilio/voice`, voiceForm(2)) };
  const answer = await fetch(`${origin}/twilio/voice`, { method: "POST", headers: late, body: new URLSearchParams(voiceForm(2)) });
  assertStringIncludes(await answer.text(), ">Draining.</Say>");
  kill();
  assertEquals(await done, 1);
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
