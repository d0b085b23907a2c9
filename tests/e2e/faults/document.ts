// docs/reliability.md's table, made of the matrix. Its words around the table stand in the document itself.

import type { FaultRow } from "./cells.ts";
import { cells, matrix } from "./matrix.ts";
import { type Cell, heardBefore, type Moment, momentMeaning, moments } from "./moments.ts";

/** Where the generated part begins. */
export const BEGIN = "<!-- made by tests/e2e/faults.test.ts: UPDATE_RELIABILITY=1 -->";
/** Where it ends. */
export const END = "<!-- end of what is made -->";

const legs: Readonly<Record<FaultRow["leg"], string>> = {
  model: "The model",
  caller: "The caller's stream",
  voice: "voice itself",
  webhook: "Who asks at the door",
};

/** The document with its generated part made anew. Throws when the marks are missing. */
export function renderDocument(document: string): string {
  const [before, rest] = document.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`docs/reliability.md: expected the marks ${BEGIN} and ${END}`);
  return [before, BEGIN, "\n\n", generated(), "\n", END, after].join("");
}

function generated(): string {
  const meanings = moments.map((moment) => `- **${headings[moment]}**: ${momentMeaning[moment]}`);
  const reasons = new Map<string, string>();
  const tables = Object.entries(legs).map(([leg, title]) =>
    table(
      title,
      matrix.filter((row) => row.leg === leg),
      reasons,
    ),
  );
  const notes = [...reasons].map(([why, mark]) => `${mark} ${why}.`);
  const count = `${matrix.length} faults, ${cells.length} cells.`;
  return [count, "", ...meanings, "", ...tables, "### Why some cells cannot be", "", ...notes.map((note) => `- ${note}`), ""].join("\n");
}

const headings: Readonly<Record<Moment, string>> = {
  webhook: "webhook",
  handshake: "handshake",
  beforeStart: "before start",
  greeting: "greeting",
  callerSpeaking: "caller speaks",
  modelSpeaking: "model speaks",
  keyPressed: "key pressed",
  goodbye: "goodbye",
};

function table(title: string, rows: readonly FaultRow[], reasons: Map<string, string>): string {
  const head = ["fault", ...moments.map((moment) => headings[moment]), "on record", "logged"];
  const lines = rows.map((row) => {
    const shown = moments.map((moment) => {
      const cell = row.cells[moment];
      return typeof cell === "string" ? mark(cell, reasons) : `${tell(cell, moment)}, ${cell.wait}`;
    });
    const real = moments.flatMap((moment) => (typeof row.cells[moment] === "string" ? [] : [row.cells[moment] as Cell]));
    const unique = (values: readonly (string | undefined)[]): string =>
      [...new Set(values.filter((value) => value !== undefined))].map((value) => `\`${value}\``).join(", ");
    return [
      `${row.fault} (\`${row.id}\`)`,
      ...shown,
      unique(real.map(({ end }) => end)) || "-",
      unique(real.map(({ logged }) => logged)) || "-",
    ];
  });
  const text = [head, head.map(() => "---"), ...lines].map((columns) => `| ${columns.join(" | ")} |`);
  return [`### ${title}`, "", ...text, ""].join("\n");
}

function mark(why: string, reasons: Map<string, string>): string {
  const known = reasons.get(why) ?? `[${reasons.size + 1}]`;
  reasons.set(why, known);
  return known;
}

/** What is heard from the fault on. */
function tell(cell: Cell, moment: Moment): string {
  if (cell.fate === "mended" || cell.fate === "anew") return cell.fate === "mended" ? "goes on" : "is taken anew";
  if (cell.fate === "hangsUp") return "nothing is left";
  return cell.hears
    .slice(heardBefore(moment).length)
    .map((sound) => (sound === "dial" ? "a person" : `“${sound}”`))
    .join(", then ");
}
