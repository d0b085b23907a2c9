// Words and turns of phrase that readers had to read twice, each with what to write instead. They are refused in
// comments, texts, names and documents. A pattern leaves out the uses that are right; a text that must be as it is
// (another program's words, an example) is listed with its file.

import { lineOf, type Rule, type Source } from "./source.ts";

interface Refused {
  readonly words: RegExp;
  readonly write: string;
  /** Also as a word in the name of a variable, function or type. */
  readonly inNames?: true;
}

const refused: readonly Refused[] = [
  { words: /\bmend(s|ed|ing)?\b/gi, write: "recover, fix, repair", inNames: true },
  { words: /\brungs?\b/gi, write: "fallback", inNames: true },
  { words: /\bow(e|es|ed|ing)\b/gi, write: "pending, due", inNames: true },
  {
    words: /\b(nobody|somebody|everybody) (who|that|but|may|is told)\b|\bwhoso?ever\b/gi,
    write: "no caller that, any caller; or name who it is",
  },
  { words: /(?<!\byou )\b(is|are|was|were|be|been|being|gets?) told\b/gi, write: "receives, is notified, is informed" },
  {
    words: /\btells?\b(?! (you|apart|which|whether|if|how|(\S+ ){1,3}(from|apart|which|whether|what|how|why)))(?!(?<=\bto tell)[.;:,)])/gi,
    write: "reports, prints, shows",
  },
  { words: /\b(be|is|was|are|were) had\b/gi, write: "be reached, be available" },
  { words: /\b(bears|borne)\b/gi, write: "has, tolerates" },
  { words: /\b(goes|go) before\b/gi, write: "overrides, precedes" },
  { words: /\b(lies|lie) (here|there|beside|behind)\b/gi, write: "is, was found" },
  { words: /\bfar[- ](ends?|sides?)\b/gi, write: "peer, simulator" },
  { words: /\b(the|its|our) doors?\b/gi, write: "authentication" },
  { words: /\b(the|its|twilio's|openai's) doubles?\b/gi, write: "simulator" },
  { words: /(?<!\bthere )\b(is|was) no (?!longer\b|more\b|less\b|different\b|such\b|one\b)/gi, write: "is not a" },
  {
    words: /\b(thither|whither|withal|hence|anew|unasked|for ever|in vain)\b/gi,
    write: "again, also, forever",
  },
  { words: /\bof its own accord|\bmust needs\b|\bleft away\b/gi, write: "by itself, must, omitted" },
  { words: /\bof (ours|theirs|yours)\b/gi, write: "our, their, your" },
  { words: /\blets? (in|go of)\b/gi, write: "accept, release" },
  { words: /\b(the house|house rules|peers\/)/gi, write: "the project; the folder as it is called now" },
  { words: /\b(end(s|ed)?|told|tells|answer(s|ed)?|refused?|goes) (with|in) words\b/gi, write: "with a spoken message, as text" },
  { words: /\b(knocks?|misfits?)\b/gi, write: "request, mismatch" },
  { words: /\bstands? (beside|behind|before|there|in the way)\b/gi, write: "is next to, precedes" },
  { words: /\bcomes? of (it|this|them)\b/gi, write: "results from" },
  { words: /\bput off\b|\blet go\b/gi, write: "postpone, release" },
  { words: /\bsub-protocols?\b/gi, write: "subprotocol" },
];

/** Texts that are right as they are: [file, what it holds]. */
const rightAsIs: readonly (readonly [path: RegExp, holds: RegExp])[] = [
  // This list and the rules' own examples.
  [/^tests\/tidy(\/|\.test\.ts$)/, /./],
];

/** A name's words with blanks between them, at the same length and position in a file's code. */
const nameWords = (code: string): string => code.replace(/[_$]/g, " ").replace(/([a-z\d])([A-Z])(?=[a-z])/g, "$1 $2");

function checkWords(source: Source): string[] {
  const isRight = (line: string): boolean => rightAsIs.some(([path, holds]) => path.test(source.path) && holds.test(line));
  const lines = source.text.split("\n");
  const problem = (line: number, found: string, write: string): string[] =>
    isRight(lines[line - 1] ?? "") ? [] : [`line ${line}: "${found}": write ${write}`];
  const inTexts = [...source.comments, ...source.strings].flatMap(({ index, text }) =>
    refused.flatMap(({ words, write }) =>
      [...text.matchAll(words)].flatMap((match) => problem(lineOf(source, index + match.index), match[0], write)),
    ),
  );
  const named = source.code.split("\n").map(nameWords);
  const inNames = refused
    .filter(({ inNames }) => inNames === true)
    .flatMap(({ words, write }) =>
      named.flatMap((line, at) => [...line.matchAll(words)].flatMap((match) => problem(at + 1, match[0], write))),
    );
  return [...inTexts, ...inNames];
}

export const wordRules: readonly Rule[] = [
  {
    name: "plain words",
    check: checkWords,
    good: [
      [
        "src/a.ts",
        "// It shows whether the caller hung up. There is no limit. Nothing tells the two apart. It is too short to tell. It is no longer used.",
      ],
      ["docs/a.md", "The call recovers."],
    ],
    bad: [
      ["src/a.ts", "// The model is told."],
      ["src/a.ts", 'log("it was mended");'],
      ["src/a.ts", "const callMended = 1;"],
      ["docs/a.md", "Nobody who knocks is let in."],
      ["docs/a.md", "It is no XML."],
    ],
  },
];
