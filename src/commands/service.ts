// `voice service install`: copies the executable to its place, writes the unit and an env file to fill in, enables and starts it. Needs root and a running systemd.

import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, realpathSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import process from "node:process";
import { BINARY_PATH, CREDENTIALS_PATH, ENV_FILE_PATH, unitText } from "../adapters/systemd/unit.ts";
import { configKeys } from "../config/config.ts";
import { UsageError } from "../config/usage-error.ts";
import { version } from "../version.ts";

/** Where systemd looks for the administrator's own units: systemd.unit(5). */
export const UNIT_PATH = "/etc/systemd/system/voice.service";
/** sd_booted(3): there exactly when systemd is the init system. */
const BOOTED_PATH = "/run/systemd/system";

/** What the installation does to the machine; tests put a folder of their own in its place. */
export interface Machine {
  /** Put before every path; "" for the real machine. */
  readonly root: string;
  readonly isRoot: boolean;
  /** The executable to install; undefined when run from source. */
  readonly executable: string | undefined;
  /** Runs a command; returns its exit code, or why it did not run. */
  run(command: string, args: readonly string[]): number | string;
}

/** The machine we are on. */
export function thisMachine(): Machine {
  return {
    root: "",
    isRoot: process.getuid?.() === 0,
    executable: version === "dev" ? undefined : process.execPath,
    run(command, args) {
      const ran = spawnSync(command, args, { stdio: ["ignore", "inherit", "inherit"] });
      return ran.status ?? String(ran.error ?? ran.signal);
    },
  };
}

/** Everything there is to set, commented out, each on one line (systemd reads no "\\n"), for the operator to fill in. Secrets have their own files. */
function envFileText(): string {
  const lines = configKeys
    .filter(({ key }) => !["VOICE_ENV_FILE", "TWILIO_AUTH_TOKEN", "OPENAI_API_KEY", "VOICE_DRAIN_MS"].includes(key))
    .flatMap(({ key, default: fallback, what }) => [`# ${what}`, `#${key}=${JSON.stringify(fallback.replaceAll("\n", " "))}`]);
  return ["# Settings of voice.service; after a change: systemctl restart voice.service", ...lines, ""].join("\n");
}

/** Replaces the file in one step: a running executable cannot be written over, and a unit must not be read half-written. */
function replaceFile(path: string, mode: number, write: (path: string) => void): void {
  mkdirSync(dirname(path), { recursive: true });
  const fresh = `${path}.new`;
  write(fresh);
  chmodSync(fresh, mode);
  renameSync(fresh, path);
}

/** Installs or renews the unit, and starts it; returns the lines to tell. Throws a {@link UsageError} where it cannot. */
export function installUnit(machine: Machine, drainMs: number): readonly string[] {
  const at = (path: string): string => machine.root + path;
  const { executable, run } = machine;
  if (!machine.isRoot) throw new UsageError("only root can install a unit", "try: sudo ./voice service install");
  if (!existsSync(at(BOOTED_PATH))) {
    throw new UsageError("systemd does not run this machine", "in a container, start ./voice itself; else: voice service > voice.service");
  }
  if (executable === undefined)
    throw new UsageError("this is voice run from source: there is no executable to install", "./compile.sh, then ./voice service install");
  if (!existsSync(at(BINARY_PATH)) || realpathSync(executable) !== realpathSync(at(BINARY_PATH))) {
    replaceFile(at(BINARY_PATH), 0o755, (path) => copyFileSync(executable, path));
  }
  replaceFile(at(UNIT_PATH), 0o644, (path) => writeFileSync(path, unitText(drainMs)));
  if (!existsSync(at(ENV_FILE_PATH))) replaceFile(at(ENV_FILE_PATH), 0o600, (path) => writeFileSync(path, envFileText()));
  mkdirSync(at(CREDENTIALS_PATH), { recursive: true, mode: 0o700 });
  // Not "enable --now": that leaves an older voice running.
  for (const args of [["daemon-reload"], ["enable", "voice.service"], ["restart", "voice.service"]]) {
    const status = run("systemctl", args);
    if (status !== 0) throw new UsageError(`systemctl ${args.join(" ")}: ${status}`, "see: journalctl -u voice.service -n 50");
  }
  return [
    `voice.service runs ${BINARY_PATH}, and starts with the machine`,
    `settings: ${ENV_FILE_PATH}; secrets: ${CREDENTIALS_PATH}/twilio_auth_token and ${CREDENTIALS_PATH}/openai_api_key (mode 0600)`,
    "after a change: systemctl restart voice.service; its log: journalctl -u voice.service -f",
  ];
}

/** `voice service`: prints the unit; with install, installs it on this machine and tells what there is now. Returns the exit code. */
export function unitCommand(install: boolean, drainMs: number): number {
  console.log(install ? installUnit(thisMachine(), drainMs).join("\n") : unitText(drainMs).trimEnd());
  return 0;
}
