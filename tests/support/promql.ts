// Finds what a PromQL expression refers to: metrics, the labels it selects or groups by, and the values it selects.
// Not a parser: it knows what examples/ use, and throws on a word that it does not know.
// https://prometheus.io/docs/prometheus/latest/querying/basics/

export interface Reference {
  readonly metric: string;
  /** Selected by `{...}`; `values` of "a" or a pattern such as "a|b", undefined when it has a variable in it. */
  readonly selected: readonly { readonly label: string; readonly isNegative: boolean; readonly values: string | undefined }[];
}

export interface References {
  readonly metrics: readonly Reference[];
  /** Of `by (...)`. */
  readonly grouped: readonly string[];
}

const FUNCTIONS = new Set(["sum", "min", "max", "avg", "count", "rate", "increase", "histogram_quantile", "label_values"]);
const WORDS = new Set(["and", "or", "unless", "bool"]);
const token = /"(?:[^"\\]|\\.)*"|\[[^\]]*\]|\{[^}]*\}|\b(?:by|on)\s*\([^)]*\)|[a-zA-Z_:][\w:]*|\d[\w.]*|[^\s\w]/g;
const matcher = /([a-zA-Z_]\w*)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"/g;

function selectedIn(braces: string): Reference["selected"] {
  return [...braces.matchAll(matcher)].map(([, label = "", operator = "", value = ""]) => ({
    label,
    isNegative: operator.startsWith("!"),
    values: value.includes("$") ? undefined : value,
  }));
}

export function referencesOf(expression: string): References {
  const metrics: { metric: string; selected: Reference["selected"] }[] = [];
  const grouped: string[] = [];
  for (const [word] of expression.matchAll(token)) {
    if (/^(by|on)\b/.test(word)) grouped.push(...[...word.replace(/^\w+/, "").matchAll(/\w+/g)].map(([label]) => label));
    else if (word.startsWith("{")) {
      const last = metrics.at(-1);
      if (last === undefined) throw new Error(`a selector without a metric: ${expression}`);
      last.selected = selectedIn(word);
    } else if (/^[a-zA-Z_:]/.test(word) && !FUNCTIONS.has(word) && !WORDS.has(word)) metrics.push({ metric: word, selected: [] });
  }
  return { metrics, grouped };
}
