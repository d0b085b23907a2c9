// package.json against the imports: what src imports is a dependency, what only tests and scripts import is a
// devDependency, and nothing is unused. Versions are exact, so that a clone gets what was tested.

import type { Source } from "./source.ts";

export type Manifest = { readonly dependencies: Record<string, string>; readonly devDependencies: Record<string, string> };

/** Packages that no file imports, and what uses them. */
export const toolPackages: Readonly<Record<string, string>> = {
  "@biomejs/biome": "run by scripts/gate.ts",
  "axe-core": "read by tests/e2e/console.test.ts and run in the browser",
  "@types/ws": "read by tsc: the types of ws",
  "bun-types": "read by tsc: tsconfig.json, types",
  typescript: "run by compile.sh and scripts/gate.ts",
};

const packageOf = (specifier: string): string => specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");

/** What is missing, unused, in the wrong list, or has no exact version. */
export function checkPackages(sources: readonly Source[], manifest: Manifest, tools: Readonly<Record<string, string>>): string[] {
  const importedBy = (folder: RegExp): Set<string> =>
    new Set(sources.filter(({ path }) => folder.test(path)).flatMap(({ imports }) => imports.map(({ specifier }) => packageOf(specifier))));
  const [bySrc, byOthers] = [importedBy(/^src\//), importedBy(/^(tests|scripts)\//)];
  const { dependencies, devDependencies } = manifest;
  const isPackage = (name: string): boolean => !/^(\.|#|node:|bun(:|$))/.test(name) && name !== "@std/assert";
  return [
    ...[...bySrc]
      .filter((name) => isPackage(name) && !(name in dependencies))
      .map((name) => `${name}: imported by src/, not in dependencies`),
    ...[...byOthers]
      .filter((name) => isPackage(name) && !(name in dependencies) && !(name in devDependencies))
      .map((name) => `${name}: imported by tests/ or scripts/, not in devDependencies`),
    ...Object.keys(dependencies)
      .filter((name) => !bySrc.has(name))
      .map((name) => `${name}: in dependencies, not imported by src/`),
    ...Object.keys(devDependencies)
      .filter((name) => !byOthers.has(name) && !(name in tools))
      .map((name) => `${name}: in devDependencies, not imported by tests/ or scripts/`),
    ...Object.entries({ ...dependencies, ...devDependencies })
      .filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))
      .map(([name, version]) => `${name}: ${version} is not an exact version`),
  ];
}
