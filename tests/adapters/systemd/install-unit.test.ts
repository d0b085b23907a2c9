// The installation, into a folder instead of the machine, with a fake systemctl.

import { afterEach, beforeEach, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { installUnit, type Machine } from "../../../src/adapters/systemd/install-unit.ts";
import { BINARY_PATH, CREDENTIALS_PATH, ENV_FILE_PATH, UNIT_PATH, unitText } from "../../../src/adapters/systemd/unit.ts";
import { configKeys, readConfig } from "../../../src/config/config.ts";

let root: string;
let ran: string[];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "install-"));
  ran = [];
  mkdirSync(join(root, "run/systemd/system"), { recursive: true });
  writeFileSync(join(root, "built"), "the executable");
});
afterEach(() => rmSync(root, { recursive: true }));

const machine = (more: Partial<Machine> = {}): Machine => ({
  root,
  isRoot: true,
  executable: join(root, "built"),
  run(command, args) {
    ran.push([command, ...args].join(" "));
    return 0;
  },
  ...more,
});
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const mode = (path: string): number => statSync(join(root, path)).mode & 0o777;

test("installUnit: copies the executable, writes the unit and the env file, then reloads, enables and restarts", () => {
  const failed = installUnit(machine(), 5_000, configKeys);
  assertEquals([read(BINARY_PATH), mode(BINARY_PATH)], ["the executable", 0o755]);
  assertEquals([read(UNIT_PATH), mode(UNIT_PATH)], [unitText(5_000), 0o644]);
  assertEquals([mode(ENV_FILE_PATH), mode(CREDENTIALS_PATH)], [0o600, 0o700]);
  assertEquals(ran, ["systemctl daemon-reload", "systemctl enable voice.service", "systemctl restart voice.service"]);
  assertEquals(failed, undefined);
});

test("installUnit: the env file, uncommented, is a valid configuration", () => {
  installUnit(machine(), 5_000, configKeys);
  const path = join(root, "all.env");
  writeFileSync(path, read(ENV_FILE_PATH).replaceAll(/^#(?=[A-Z_]+=)/gm, ""));
  const result = readConfig({ VOICE_ENV_FILE: path }, {});
  const plain = readConfig({}, {});
  if ("mistakes" in result || "mistakes" in plain) throw new Error("mistakes");
  const [agent] = plain.config.agents.agents;
  const onOneLine = { ...agent, instructions: agent.instructions.replaceAll("\n", " ") };
  assertEquals(result.config, { ...plain.config, agents: { ...plain.config.agents, agents: [onOneLine] }, envFileIgnored: false });
});

test("installUnit: a second run updates executable and unit, and keeps the settings", () => {
  installUnit(machine(), 5_000, configKeys);
  writeFileSync(join(root, ENV_FILE_PATH), "PORT=1\n");
  writeFileSync(join(root, "built"), "a newer one");
  installUnit(machine(), 6_000, configKeys);
  assertEquals([read(BINARY_PATH), read(UNIT_PATH), read(ENV_FILE_PATH)], ["a newer one", unitText(6_000), "PORT=1\n"]);
});

test("installUnit: the installed executable installs itself", () => {
  installUnit(machine(), 5_000, configKeys);
  installUnit(machine({ executable: join(root, BINARY_PATH) }), 5_000, configKeys);
  assertEquals(read(BINARY_PATH), "the executable");
});

for (const [what, more, message] of [
  ["not root", { isRoot: false }, "only root"],
  ["run from source", { executable: undefined }, "from source"],
  ["a systemctl that fails", { run: () => 1 }, "systemctl daemon-reload: 1"],
  ["no systemctl", { run: () => "ENOENT" }, "ENOENT"],
] as const) {
  test(`installUnit: ${what} is reported with a hint`, () => {
    const failed = installUnit(machine(more), 5_000, configKeys);
    assertStringIncludes(failed?.problem ?? "", message);
    assertEquals((failed?.hint ?? "").length > 0, true);
  });
}

test("installUnit: without systemd nothing is written", () => {
  rmSync(join(root, "run"), { recursive: true });
  assertStringIncludes(installUnit(machine(), 5_000, configKeys)?.problem ?? "", "systemd does not run");
  assertEquals([existsSync(join(root, UNIT_PATH)), existsSync(join(root, BINARY_PATH))], [false, false]);
});
