// voice in a process of its own: from source under Bun, compiled, or under Deno, and a call to it.

import { randomBytes } from "node:crypto";
import { join } from "node:path";
import denoJson from "../../deno.json" with { type: "json" };
import { realClock } from "../../src/adapters/clock.ts";
import { placeTelephoneCall } from "../../src/simulators/sockets/place-telephone-call.ts";
import { isHearing, stretchesHeard } from "../support/line.ts";
import { AUTH_TOKEN } from "./server-under-test.ts";

const root = join(import.meta.dir, "../..");

/** By name. `home` stands for the user's folder; `binary` is built by the test. */
export function commandsOf(home: string, binary: string): Readonly<Record<string, readonly string[]>> {
  const [deno = "", ...denoArguments] = denoJson.tasks.serve.replaceAll("$HOME", home).split(" ");
  return {
    "from source": [process.execPath, "src/main.ts"],
    compiled: [binary],
    "under Deno": [join(root, ".tools/deno/node_modules/deno", deno), ...denoArguments],
  };
}

export interface VoiceProcess {
  readonly origin: string;
  /** Resolves when the log has this text. */
  logged(text: string): Promise<void>;
  /** Ends it. Returns its exit code and its log. */
  stop(signal?: NodeJS.Signals): Promise<{ readonly exitCode: number; readonly output: string }>;
}

/** Its settings are these only. */
export async function startProcess(
  command: readonly string[],
  home: string,
  settings: Readonly<Record<string, string>>,
): Promise<VoiceProcess> {
  const env = { PATH: process.env["PATH"] ?? "", HOME: home, HOST: "127.0.0.1", PORT: "0", TWILIO_AUTH_TOKEN: AUTH_TOKEN, ...settings };
  const child = Bun.spawn([...command], { cwd: root, env, stdin: "ignore", stdout: "ignore", stderr: "pipe" });
  let output = "";
  let changed = (): void => {};
  const reading = (async () => {
    for await (const part of child.stderr.pipeThrough(new TextDecoderStream())) {
      output += part;
      changed();
    }
    changed();
  })();
  const ended = reading.then(() => true);
  const logged = async (text: string): Promise<void> => {
    while (!output.includes(text)) {
      const more = new Promise<boolean>((resolve) => {
        changed = () => resolve(false);
      });
      if ((await Promise.race([more, ended])) && !output.includes(text)) throw new Error(`it ended without ${text}: ${output}`);
    }
  };
  await logged('"message":"server.started"');
  return {
    origin: `http://${/"message":"server\.started".*?"address":"([\d.:]+)"/.exec(output)?.[1]}`,
    logged,
    async stop(signal = "SIGTERM") {
      child.kill(signal);
      const exitCode = await child.exited;
      await reading;
      return { exitCode, output };
    },
  };
}

/** A call that interrupts the greeting by a key, hears the answer, and hangs up unless `staysUp`. */
export async function callOnce(origin: string, callSid: string, staysUp = false): Promise<void> {
  const clock = realClock();
  const options = { authToken: AUTH_TOKEN, seed: callSid, allowPlainSocket: true, callSid };
  const running = placeTelephoneCall(
    { webhook: { url: `${origin}/twilio/voice` }, ...options },
    { clock, random: (count) => randomBytes(count) },
  );
  await running.until("the greeting", isHearing, 30_000);
  running.command({ type: "press", digit: "7" });
  await running.until("the answer", (call) => stretchesHeard(call) >= 2, 30_000);
  if (staysUp) return;
  running.command({ type: "hangUp", requestsAction: true });
  await running.done;
}
