// `voice serve` from the start to the end of the process, on a real port; the signals are the test's.

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

/** The real platform, but signals come by hand and the port can be asked. */
function startServe(config: Config) {
  let signal: ((name: "SIGTERM" | "SIGINT") => void) | undefined;
  let listening: Listening | undefined;
  const said: string[] = [];
  const fake: Platform = {
    ...platform,
    listen: (options) => {
      listening = platform.listen(options);
      return listening;
    },
    onSignal: (callback) => {
      signal = callback;
    },
    onStray: () => {},
  };
  const done = serve(config, fake, { say: (text) => void said.push(text), isTerminal: true });
  const settled = async (): Promise<number> => {
    while (signal === undefined) await new Promise((resolve) => void setImmediate(resolve));
    return listening?.port ?? 0;
  };
  return { done, said, settled, kill: (): void => signal?.("SIGTERM") };
}

test("serve: says who answers and what to paste, takes calls, and ends with 0 at a signal when none is left", async () => {
  const { done, said, settled, kill } = startServe(quiet);
  const port = await settled();
  assertStringIncludes(said[0] ?? "", "CALLS ARE ANSWERED BY THE BUILT-IN AGENT");
  assertStringIncludes(said[0] ?? "", `127.0.0.1:${port}`);
  assertEquals((await fetch(`http://127.0.0.1:${port}/readyz`)).status, 200);
  kill();
  assertEquals(await done, 0);
  await assertRejects(() => fetch(`http://127.0.0.1:${port}/readyz`));
});

test("serve: while a call goes on it drains; a second signal ends it at once with 1", async () => {
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

test("serve: a port that is taken is the operator's mistake, with a hint", async () => {
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
  assertEquals(error.message, `cannot listen on 127.0.0.1 port ${taken.port}: something else listens there`);
  assertStringIncludes(error.hint, `--port ${taken.port + 1}`);
  await taken.stopNow();
});
