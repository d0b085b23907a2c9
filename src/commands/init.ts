// `voice init` writes a voice.toml to begin with, and the schema for editors beside it. `voice schema` prints that
// schema.

import { existsSync, writeFileSync } from "node:fs";
import process from "node:process";
import { Command, Option } from "commander";
import { jsonSchema } from "../config/agents/schema.ts";
import { templates } from "../config/agents/templates.ts";
import { UsageError } from "../config/usage-error.ts";
import { parseCommand } from "./command-line.ts";

const FILE = "voice.toml";
const SCHEMA_FILE = "voice.schema.json";

/** Returns the exit code. Throws a {@link UsageError} on a wrong argument, and when the file exists. */
export function initCommand(args: readonly string[], print = (text: string): void => void process.stdout.write(text)): number {
  const command = new Command("voice init")
    .description(`Writes ${FILE}, which says who answers the telephone, and ${SCHEMA_FILE}, with which editors complete and check it.`)
    .addOption(new Option("--template <name>", "what to begin with").choices(Object.keys(templates)).default("receptionist"))
    .option("--force", `replace an existing ${FILE}`)
    .allowExcessArguments(false);
  if (!parseCommand(command, args, print)) return 0;
  const { template, force = false } = command.opts<{ template: keyof typeof templates; force?: boolean }>();
  if (existsSync(FILE) && !force) throw new UsageError(`${FILE} exists in this folder`, "edit it, or replace it with voice init --force");
  write(FILE, templates[template]);
  write(SCHEMA_FILE, schemaText());
  print(`wrote ${FILE} and ${SCHEMA_FILE}\nnext: edit ${FILE}, test it with voice check, and start voice in this folder\n`);
  return 0;
}

/** Returns the exit code. */
export function schemaCommand(print = (text: string): void => void process.stdout.write(text)): number {
  print(schemaText());
  return 0;
}

function schemaText(): string {
  return `${JSON.stringify(jsonSchema(), undefined, 2)}\n`;
}

function write(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new UsageError(`cannot write ${path}: ${(error as Error).message}`, "run voice init in a folder that you may write");
  }
}
