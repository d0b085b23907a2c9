// Installs voice as a systemd service: copies the executable, writes the unit and an env file to fill in, enables and
// starts the unit. The texts: unit.ts.

import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, realpathSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import process from "node:process";
import type { ConfigKey } from "../../config/keys.ts";
import { version } from "../../version.ts";
import { BINARY_PATH, CREDENTIALS_PATH, ENV_FILE_PATH, envFileText, UNIT_PATH, unitText } from "./unit.ts";

/** sd_booted(3): exists exactly when systemd is the init system. */
const BOOTED_PATH = "/run/systemd/system";

/** The machine to install on. Tests use a folder instead. */
export interface Machine {
  /** Prefix of every path; "" for the real machine. */
  readonly root: string;
  readonly isRoot: boolean;
  /** The executable to install; undefined when voice runs from source. */
  readonly executable: string | undefined;
  /** Runs a command. Returns its exit code, or why it did not run. */
  run(command: string, args: readonly string[]): number | string;
}

/** Why the installation failed, and the operator's fix. */
export interface InstallProblem {
  readonly problem: string;
  readonly hint: string;
}

export function thisMachine(): Machine {
  return {
    root: "",
    isRoot: process.getuid?.() === 0,
    executable: version === "dev" ? undefined : process.execPath,
    run(command, args) {
      const { status, error, signal } = spawnSync(command, args, { stdio: ["ignore", "inherit", "inherit"] });
      return status ?? String(error ?? signal);
    },
  };
}

/** Installs or updates executable and unit, and (re)starts the service. An existing env file is kept. */
export function installUnit(machine: Machine, drainMs: number, settings: readonly ConfigKey[]): InstallProblem | undefined {
  const at = (path: string): string => machine.root + path;
  const { executable, run } = machine;
  if (!machine.isRoot) return { problem: "only root can install a unit", hint: "try: sudo ./voice service install" };
  if (!existsSync(at(BOOTED_PATH))) {
    return {
      problem: "systemd does not run on this machine",
      hint: "in a container, start ./voice itself; to save the unit: voice service > voice.service",
    };
  }
  if (executable === undefined) {
    return { problem: "voice runs from source: there is no executable to install", hint: "./compile.sh, then ./voice service install" };
  }
  if (!existsSync(at(BINARY_PATH)) || realpathSync(executable) !== realpathSync(at(BINARY_PATH))) {
    replaceFile(at(BINARY_PATH), 0o755, (path) => copyFileSync(executable, path));
  }
  replaceFile(at(UNIT_PATH), 0o644, (path) => writeFileSync(path, unitText(drainMs)));
  if (!existsSync(at(ENV_FILE_PATH))) replaceFile(at(ENV_FILE_PATH), 0o600, (path) => writeFileSync(path, envFileText(settings)));
  mkdirSync(at(CREDENTIALS_PATH), { recursive: true, mode: 0o700 });
  // Not "enable --now", which keeps an older voice running.
  for (const args of [["daemon-reload"], ["enable", "voice.service"], ["restart", "voice.service"]]) {
    const status = run("systemctl", args);
    if (status !== 0) return { problem: `systemctl ${args.join(" ")}: ${status}`, hint: "see: journalctl -u voice.service -n 50" };
  }
  return undefined;
}

/** Replaces the file atomically: a running executable cannot be overwritten, and systemd must not read half a unit. */
function replaceFile(path: string, mode: number, write: (path: string) => void): void {
  mkdirSync(dirname(path), { recursive: true });
  const fresh = `${path}.new`;
  write(fresh);
  chmodSync(fresh, mode);
  renameSync(fresh, path);
}
