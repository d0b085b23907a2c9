// argv -> command -> exit code, nothing else. `voice` alone serves, without loading a command-line parser. Only serving
// is imported here: an `import()` before it listens would take 3 ms.

import process from "node:process";
import { realClock } from "./adapters/clock.ts";
import { stackOf } from "./adapters/log/stack-of.ts";
import type { Task } from "./commands/command-line.ts";
import { serve } from "./commands/serve.ts";
import { type Config, loadConfig } from "./config/config.ts";
import type { Mistake } from "./config/mistake.ts";
import { UsageError } from "./config/usage-error.ts";
import { printable } from "./protocol/printable.ts";

/** For stdout and stderr to be read when the process ends. */
const FLUSH_MS = 1_000;

function print(kind: "error" | "warning", { what, problem, hint }: Mistake): void {
  process.stderr.write(printable(`voice: ${kind}: ${what}: ${problem}\nvoice: hint: ${hint}\n`));
}

/** Reads the configuration and prints its warnings. Undefined when there are mistakes, all of which are printed. */
async function configure(flags: Readonly<Record<string, string>>): Promise<Config | undefined> {
  const result = await loadConfig(flags);
  if ("mistakes" in result) {
    for (const mistake of result.mistakes) print("error", mistake);
    return undefined;
  }
  for (const warning of result.warnings) print("warning", warning);
  return result.config;
}

async function perform(task: Task): Promise<number> {
  if (task.type === "printed") return 0;
  if (task.type === "selftest") {
    const { selftestCommand } = await import("./commands/selftest.ts");
    return selftestCommand(task.args);
  }
  if (task.type === "doctor") {
    const { doctor } = await import("./commands/doctor.ts");
    return doctor(task.args);
  }
  if (task.type === "load") {
    const { loadCommand } = await import("./commands/load.ts");
    return loadCommand(task.args);
  }
  if (task.type === "check") {
    const { checkCommand } = await import("./commands/check.ts");
    return checkCommand(task.args, task.flags, configure);
  }
  if (task.type === "console") {
    const { consoleCommand } = await import("./commands/console.ts");
    return consoleCommand(task.args, task.flags, configure);
  }
  if (task.type === "why") {
    const { whyCommand } = await import("./commands/why.ts");
    return whyCommand(task.args, task.flags, configure);
  }
  if (task.type === "calls") {
    const { callsCommand } = await import("./commands/calls.ts");
    return callsCommand(task.args, task.flags, configure);
  }
  if (task.type === "init" || task.type === "schema") {
    const { initCommand, schemaCommand } = await import("./commands/init.ts");
    return task.type === "init" ? initCommand(task.args) : schemaCommand();
  }
  const config = await configure(task.type === "service" ? {} : task.flags);
  if (config === undefined) return 2;
  if (task.type === "serve") {
    return serve(config, () => loadConfig(task.flags));
  }
  const { serviceCommand } = await import("./commands/service.ts");
  return serviceCommand(task.install, config.drainMs);
}

async function main(args: readonly string[]): Promise<number> {
  try {
    if (args.length === 0) return await perform({ type: "serve", flags: {} });
    const { readCommandLine } = await import("./commands/command-line.ts");
    return await perform(readCommandLine(args));
  } catch (error) {
    if (error instanceof UsageError) {
      process.stderr.write(printable(`voice: error: ${error.message}\nvoice: hint: ${error.hint}\n`));
      return 2;
    }
    process.stderr.write(printable(`voice: error: BUG: ${stackOf(error)}\n`));
    return 1;
  }
}

/** Ends the process when its output has been read, or after {@link FLUSH_MS}. */
function end(exitCode: number): void {
  const exit = (): never => process.exit(exitCode);
  realClock().after(FLUSH_MS, exit);
  process.stdout.write("", () => process.stderr.write("", exit));
}

void main(process.argv.slice(2)).then(end);
