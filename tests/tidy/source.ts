// A source file as the tidy rules see it: its text, the same text with comments, strings and patterns blanked out, and
// its imports. A scanner, not a parser: it knows where code ends and text begins (ECMA-262, 12), and no grammar
// beyond that.

/** One import, re-export or dynamic import. */
export type Import = {
  /** The text in quotes. */
  readonly specifier: string;
  /** `import type`: gone when the program runs. */
  readonly typeOnly: boolean;
  /** The names between the braces, without `type` and `as`. */
  readonly names: readonly string[];
};

/** A file under the rules. `path` is relative to the project, with slashes. */
export type Source = {
  readonly path: string;
  readonly text: string;
  /** `text` with all comments and the insides of strings, templates and patterns blanked: same length, same lines. */
  readonly code: string;
  /** In the order of the text, with their slashes and stars. A document is one comment. */
  readonly comments: readonly Span[];
  /** Insides of strings and of the parts of templates, without quotes. */
  readonly strings: readonly Span[];
  readonly imports: readonly Import[];
};

/** A stretch of a file's text. */
export type Span = { readonly index: number; readonly text: string };

/** A slash after one of these starts a pattern. After anything else it divides. */
const patternMayFollow = /(?:^|[([{,;:=!&|?+\-*%^~<>]|\b(?:return|typeof|case|in|of|void|delete|throw|new|do|else|await|yield))$/;

/**
 * Where the string, template, pattern or comment that begins at `start` ends (exclusive); a template ends at its first
 * placeholder, too.
 */
function textEnd(text: string, start: number): number {
  const opener = text[start];
  if (text.startsWith("//", start)) return start + (/^.*/.exec(text.slice(start))?.[0].length ?? 0);
  if (text.startsWith("/*", start)) return text.indexOf("*/", start + 2) + 2;
  let inClass = false;
  for (let at = start + 1; at < text.length; at++) {
    const char = text[at];
    if (char === "\\") at++;
    else if (opener === "/" && (char === "[" || char === "]")) inClass = char === "[";
    else if (char === opener && !inClass) return at + 1;
    else if (opener === "`" && char === "$" && text[at + 1] === "{") return at + 2;
  }
  return text.length;
}

/** `text` with everything that is not code blanked out. Quotes and line ends stay, so that positions and lines do. */
export function codeOf(text: string): string {
  return scan(text).code;
}

function scan(text: string): Pick<Source, "code" | "comments" | "strings"> {
  const comments: Span[] = [];
  const strings: Span[] = [];
  let code = "";
  let at = 0;
  /** Depth of braces at which each template that is open goes on. */
  const templates: number[] = [];
  let depth = 0;
  const blank = (end: number, keep: number): void => {
    const inside = text.slice(at + keep, end - keep);
    (keep === 0 ? comments : strings).push({ index: at + keep, text: inside });
    code += text.slice(at, at + keep) + inside.replace(/[^\n]/g, " ") + text.slice(Math.max(end - keep, at + keep), end);
    at = end;
  };
  while (at < text.length) {
    const char = text[at] ?? "";
    const resumed = char === "}" && templates.at(-1) === depth;
    if (resumed) templates.pop();
    if (text.startsWith("//", at) || text.startsWith("/*", at)) blank(textEnd(text, at), 0);
    else if (char === '"' || char === "'") blank(textEnd(text, at), 1);
    else if (char === "`" || resumed) {
      const end = resumed ? textEnd(`\`${text.slice(at + 1)}`, 0) + at : textEnd(text, at);
      if (text[end - 1] === "{") templates.push(depth);
      blank(end, 1);
    } else if (char === "/" && patternMayFollow.test(code.trimEnd().slice(-12))) blank(textEnd(text, at), 1);
    else {
      if (char === "{") depth++;
      if (char === "}") depth--;
      code += char;
      at++;
    }
  }
  return { code, comments, strings };
}

const importStatement = /\b(?:import|export)(\s+type\b)?\s*([\w*$\s{},]*?)\s*\bfrom\s*(?=["'])|\bimport\s*(\()?\s*(?=["'])/g;

function importsOf(text: string, code: string): Import[] {
  return [...code.matchAll(importStatement)].map((match) => {
    const quoteAt = match.index + match[0].length;
    const specifier = text.slice(quoteAt + 1, text.indexOf(text[quoteAt] ?? "", quoteAt + 1));
    const clause = match[2] ?? "";
    const names = (/\{([^}]*)\}/.exec(clause)?.[1] ?? "").split(",").map((name) => name.trim().replace(/^type\s+|\s+as\s.*$/g, ""));
    return { specifier, typeOnly: match[1] !== undefined, names: names.filter((name) => name !== "") };
  });
}

/** Reads one file's text for the rules. What is not TypeScript is all prose: one comment. */
export function readSource(path: string, text: string): Source {
  if (!path.endsWith(".ts")) return { path, text, code: "", comments: [{ index: 0, text }], strings: [], imports: [] };
  const scanned = scan(text);
  return { path, text, ...scanned, imports: importsOf(text, scanned.code) };
}

/** A rule for single files, with examples of both kinds, so that the rule itself is tested. */
export type Rule = {
  readonly name: string;
  /** What is wrong with the file, one line each. */
  readonly check: (source: Source) => string[];
  /** [path, text] of files that must pass. */
  readonly good: readonly (readonly [path: string, text: string])[];
  /** [path, text] of files that must be refused. */
  readonly bad: readonly (readonly [path: string, text: string])[];
};

/** Problems of the rule in all files, as "path: problem". */
export const problemsOf = (rule: Rule, sources: readonly Source[]): string[] =>
  sources.flatMap((source) => rule.check(source).map((problem) => `${source.path}: ${problem}`));

/** The line of `index`, from 1. */
export function lineOf(source: Source, index: number): number {
  return source.text.slice(0, index).split("\n").length;
}

/** One message for each match of `pattern` (global) in the code. */
export function findInCode(source: Source, pattern: RegExp, message: (found: string) => string): string[] {
  return [...source.code.matchAll(pattern)].map((match) => `line ${lineOf(source, match.index)}: ${message(match[1] ?? match[0])}`);
}
