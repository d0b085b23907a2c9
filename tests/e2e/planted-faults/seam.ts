// Puts a fault in the place of an exported function, class or constant of src: the file is found by the symbol, and its
// text stays untouched on disk. The real thing is renamed as the file is loaded, and an export of the old name takes
// its place, so callers in the same file get the faulty one too.

import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Where a fault is planted: the symbol, and what takes its place. */
export interface Seam {
  readonly symbol: string;
  readonly put: (real: never) => unknown;
}

/**
 * A faulty function takes and returns the same, perhaps later. A class keeps its shape. A constant may become anything.
 */
type Faulty<T> = T extends (...args: infer Args) => infer Result
  ? (...args: Args) => Result | Promise<Result>
  : T extends new (
        ...args: never
      ) => unknown
    ? T
    : unknown;

/** A seam with the type of what it replaces: `seam<typeof step>("step", (real) => (call, event) => ...)`. */
export function seam<T>(symbol: string, put: (real: T) => Faulty<T>): Seam {
  return { symbol, put };
}

/** The name under which loaded files find the fault. */
export const FAULT_GLOBAL = "plantedFault";

const declarationOf = (symbol: string): RegExp => new RegExp(`^export ((?:async )?function|const|class) ${symbol}\\b`, "gm");

/** The path, below `root`, of the file that exports the symbol. Throws unless there is exactly one. */
export function fileOf(root: string, symbol: string): string {
  const files = [...new Bun.Glob("src/**/*.ts").scanSync({ cwd: root })].filter((path) => !path.endsWith("/platform/deno.ts"));
  const found = files.filter((path) => declarationOf(symbol).test(readFileSync(join(root, path), "utf8")));
  const [only] = found;
  if (only === undefined || found.length > 1) {
    throw new Error(
      `expected one file in src that exports a function, class or constant ${symbol}, found ${found.length}: ${found.join(", ")}`,
    );
  }
  return only;
}

/** The file's text with the symbol replaced by what the fault makes of it. Throws when it is declared twice. */
export function withFault(text: string, symbol: string): string {
  const declarations = [...text.matchAll(declarationOf(symbol))];
  const [declaration] = declarations;
  if (declaration === undefined || declarations.length > 1)
    throw new Error(`expected one declaration of ${symbol}, found ${declarations.length}`);
  const real = `${symbol}$real`;
  const renamed = text.replace(declaration[0], `${declaration[1]} ${real}`);
  const faulty = `globalThis.${FAULT_GLOBAL}(${real})`;
  // A function may be called while files that import each other are still loading: declarations are hoisted, constants
  // are not.
  const replacement = declaration[1]?.endsWith("function")
    ? `var ${symbol}$faulty;\nexport function ${symbol}(...args) {\n  return (${symbol}$faulty ??= ${faulty})(...args);\n}`
    : `export const ${symbol} = ${faulty};`;
  return `${renamed}\n${replacement}\n`;
}
