// How long a regular expression may search, before it runs. Backtracking is bounded by the number of ways in which its
// repetitions can share a text: a pattern with too many of them is refused.

/** Why a pattern is refused. */
export interface PatternProblem {
  readonly expected: string;
  readonly hint: string;
}

/** Longer values do not fit a pattern: adapters/tools/tool-runner.ts. */
export const MAX_PATTERN_TEXT_CHARS = 256;
/** Ways to try: tenths of a second. */
const MAX_WAYS = 30_000_000;
/** No pattern of a telephone's arguments is longer. */
const MAX_PATTERN_CHARS = 500;

const invalid: PatternProblem = {
  expected: "a regular expression (ECMAScript) without look-around and backreferences",
  hint: "try ^[0-9]{6}$; check it at https://regex101.com",
};
const slow: PatternProblem = {
  expected: "a pattern that is quick for every text",
  hint: "begin it with ^, write {1,20} instead of + and *, and repeat no group that repeats something itself",
};

/** The pattern itself when it is valid and quick for texts of {@link MAX_PATTERN_TEXT_CHARS}. */
export function boundedPattern(pattern: string): string | PatternProblem {
  if (pattern.length > MAX_PATTERN_CHARS) return { expected: `at most ${MAX_PATTERN_CHARS} characters`, hint: "shorten it" };
  try {
    new RegExp(pattern, "u");
  } catch {
    return invalid;
  }
  if (/\(\?(?:[=!]|<[=!])/.test(pattern) || /\\[1-9k]/.test(pattern)) return invalid;
  const start = pattern.startsWith("^") && !hasTopLevelChoice(pattern) ? 1 : MAX_PATTERN_TEXT_CHARS;
  return waysOf(pattern) * start <= MAX_WAYS ? pattern : slow;
}

/** "^a|b" is anchored in one half only. */
function hasTopLevelChoice(pattern: string): boolean {
  let depth = 0;
  for (const part of partsOf(pattern)) {
    if (part.startsWith("(")) depth++;
    else if (part === ")") depth--;
    else if (part === "|" && depth === 0) return true;
  }
  return false;
}

/** Escapes, classes, openings and ends of groups, quantifiers, and single characters. */
function partsOf(pattern: string): readonly string[] {
  return pattern.match(/\\.|\[(?:\\.|[^\]\\])*\]|\((?:\?(?::|<\w+>))?|\{\d+(?:,\d*)?\}\??|[*+?]\??|[\s\S]/gu) ?? [];
}

/** Ways of a sequence: the product of its parts'. A choice has those of all its branches. */
interface Group {
  ways: number;
  branches: number;
  last: number;
}

/** In how many ways a pattern can match parts of one text. Infinite: more than is worth to count. */
function waysOf(pattern: string): number {
  const groups: Group[] = [{ ways: 1, branches: 0, last: 1 }];
  for (const part of partsOf(pattern)) {
    const group = groups.at(-1) as Group;
    if (part.startsWith("(")) groups.push({ ways: 1, branches: 0, last: 1 });
    else if (part === ")") {
      groups.pop();
      take(groups.at(-1) as Group, group.branches + group.ways * group.last);
    } else if (part === "|") {
      group.branches += group.ways * group.last;
      group.ways = 1;
      group.last = 1;
    } else if (/^(?:[*+?]|\{\d)/.test(part)) group.last = repeated(group.last, part);
    else take(group, 1);
  }
  const [whole] = groups;
  return whole === undefined ? 1 : whole.branches + whole.ways * whole.last;
}

function take(group: Group, ways: number): void {
  group.ways *= group.last;
  group.last = ways;
}

/** Ways of a part with a quantifier. */
function repeated(ways: number, quantifier: string): number {
  const [, low = "0", comma, high] = /^\{(\d+)(,?)(\d*)\}/.exec(quantifier) ?? [undefined, quantifier.startsWith("+") ? "1" : "0", ","];
  const min = Number(low);
  const unbounded = quantifier.startsWith("?") ? 1 : MAX_PATTERN_TEXT_CHARS;
  const max = comma === "" ? min : high ? Number(high) : unbounded;
  return (ways === 1 ? 1 : ways ** max) * Math.max(1, Math.min(max, MAX_PATTERN_TEXT_CHARS) - min + 1);
}
