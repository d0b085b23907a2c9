// The licences of the packages that are in the executable: of those in package.json's dependencies and of all that they
// need. `./compile.sh release` puts them next to the binaries, because most ask for that.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

export interface PackageLicence {
  readonly name: string;
  readonly version: string;
  /** The SPDX expression in its package.json; "" without one. */
  readonly licence: string;
  /** Its licence and notice files, joined; undefined when it has none. */
  readonly text: string | undefined;
  /** Where it comes from. */
  readonly source: string | undefined;
}

interface PackageJson {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  readonly repository?: string | { readonly url: string };
  readonly dependencies?: Readonly<Record<string, string>>;
}

const readPackage = (folder: string): PackageJson => JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as PackageJson;

/** The folder of a package as a file in `from` would import it. */
function findPackage(name: string, from: string): string {
  const folder = join(from, "node_modules", name);
  if (existsSync(folder)) return folder;
  const up = dirname(from);
  if (up === from) throw new Error(`the package ${name} is not installed`);
  return findPackage(name, up);
}

function licenceOf(folder: string): PackageLicence {
  const { name, version, license = "", repository } = readPackage(folder);
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file));
  const text = files.map((file) => readFileSync(join(folder, file), "utf8").trim()).join("\n\n");
  const source = typeof repository === "string" ? repository : repository?.url;
  return { name, version, licence: license, text: text === "" ? undefined : text, source };
}

/** Of every package that the project in `root` needs to run, by name. */
export function licences(root: string): readonly PackageLicence[] {
  const found = new Map<string, PackageLicence>();
  const add = (folder: string): void => {
    for (const name of Object.keys(readPackage(folder).dependencies ?? {})) {
      const needed = findPackage(name, folder);
      if (found.has(needed)) continue;
      found.set(needed, licenceOf(needed));
      add(needed);
    }
  };
  add(root);
  return [...found.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** One text for all, each with its heading. */
export function licencesText(all: readonly PackageLicence[]): string {
  const line = "-".repeat(80);
  const head = "voice contains these packages, under the licences below. The Bun runtime: https://bun.com/docs/project/licensing";
  const parts = all.map(({ name, version, licence, text, source }) =>
    [
      line,
      `${name} ${version} (${licence})${source === undefined ? "" : `\n${source}`}`,
      "",
      text ?? "The package has no licence file.",
    ].join("\n"),
  );
  return `${[head, ...parts].join("\n\n")}\n`;
}
