// The Debian packages that some tests need, from .ci/debian-packages: what to install is written in that one place.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";

const file = resolve(import.meta.dir, "../.ci/debian-packages");

/** Package names, in the file's order. The rest of a line after `#` says what needs it. */
export function debianPackages(text: string = readFileSync(file, "utf8")): readonly string[] {
  return text.split("\n").flatMap((line) => line.replace(/#.*/, "").trim() || []);
}

/**
 * The command that installs these packages: for a test that is skipped without them. Throws on one that CI does not
 * install.
 */
export function installCommand(...packages: readonly string[]): string {
  const unknown = packages.filter((name) => !debianPackages().includes(name));
  if (unknown.length > 0) throw new Error(`not in .ci/debian-packages: ${unknown.join(", ")}`);
  return `apt-get install ${packages.join(" ")}`;
}

/** One command for everything that the messages of skipped tests ask for; undefined when they ask for nothing. */
export function combinedInstall(messages: readonly string[]): string | undefined {
  const named = messages.flatMap((message) => /apt-get install ([\w.+ -]+)/.exec(message)?.[1]?.split(" ") ?? []);
  const packages = debianPackages().filter((name) => named.includes(name));
  return packages.length === 0 ? undefined : `apt-get install ${packages.join(" ")}`;
}
