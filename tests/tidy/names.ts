// Names of files in comments and documents must be names of files that are there. A type's name means one thing in all
// of src.

import { lineOf, type Rule, type Source } from "./source.ts";

/** A file's name, alone or with folders before it. */
const fileName = /(?<![\w./@<{}$*-])(?:\.\.?\/)*((?:[\w@-][\w@.-]*\/)*[\w-][\w.-]*\.(?:ts|md|sh|py|json|toml|call))(?![\w/*-]|\.\w)/g;
/** A folder, or a file without its ending, in a folder of ours. */
const folderName =
  /(?<![\w./@<{}$*-])((?:src|tests|docs|scripts|adapters|call|check|commands|config|doctor|load|platform|protocol|report|selftest|server|simulators)\/[\w-]+(?:\/[\w-]+)*)(?![\w/.*-])/g;
/** Placeholders, files written at run time, and files of other projects. */
const elsewhere =
  /^(LEG\.ts|LEG\.test\.ts|NAME\.call|voice\.toml|body\.json|records?\.jsonl?|IncomingPhoneNumbers\.json|[a-cx](\.test)?\.ts)$/;

function mentions({ comments }: Source): { readonly path: string; readonly index: number }[] {
  return comments.flatMap(({ index, text }) => {
    // Links, and code between backticks that is more than a name, are not ours to judge.
    const own = text
      .replace(/https?:\/\/\S+/g, (link) => " ".repeat(link.length))
      .replace(/```[\s\S]*?```/g, (code) => code.replace(/\S/g, " "));
    return [...own.matchAll(fileName), ...own.matchAll(folderName)].map((match) => ({ path: match[1] ?? "", index: index + match.index }));
  });
}

/** `files`: the paths of all files of the project. */
export function checkMentions(source: Source, files: readonly string[]): string[] {
  const exists = (path: string): boolean =>
    files.some((file) => [path, `${path}.ts`].some((one) => file === one || file.endsWith(`/${one}`)) || `/${file}`.includes(`/${path}/`));
  return mentions(source)
    .filter(({ path }) => !elsewhere.test(path.split("/").at(-1) ?? "") && !exists(path))
    .map(({ path, index }) => `line ${lineOf(source, index)}: ${path}: there is no such file`);
}

/** The rule over a tree whose files are `files`. */
export function mentionRule(files: readonly string[]): Rule {
  return {
    name: "comments and documents name files that exist",
    check: (source) => checkMentions(source, source.path === "src/example.ts" ? ["src/call/state.ts", "tests/call/state.test.ts"] : files),
    good: [
      ["src/example.ts", "// As state.ts, call/state.ts and src/call say. See https://example.com/no.ts and call/*.ts."],
      ["src/example.ts", "// audio/x-mulaw is a media type."],
      ["src/example.ts", 'const a = "no.ts";'],
    ],
    bad: [
      ["src/example.ts", "// As no.ts says."],
      ["src/example.ts", "/** See call/no.ts. */"],
      ["src/example.ts", "// See docs/no.md"],
      ["src/example.ts", "// See server/call"],
    ],
  };
}

const exportedType = /^export (?:declare )?(?:abstract )?(?:type|interface|class) ([\w$]+)/gm;

/** Names that more than one file of src exports as a type, interface or class. */
export function sharedTypeNames(sources: readonly Source[]): string[] {
  const owners = new Map<string, string[]>();
  for (const { path, code } of sources) {
    if (!path.startsWith("src/")) continue;
    const names = new Set([...code.matchAll(exportedType)].map((match) => match[1] ?? ""));
    for (const name of names) owners.set(name, [...(owners.get(name) ?? []), path]);
  }
  return [...owners].filter(([, paths]) => paths.length > 1).map(([name, paths]) => `${name}: exported by ${paths.join(" and ")}`);
}
