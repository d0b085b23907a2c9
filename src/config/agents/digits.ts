// What an agent may have the caller type ([agents.NAME.digits.KIND] of voice.toml), and where a tool's request has it:
// {{digits.KIND}}.

import * as z from "zod";
import type { DigitsKind } from "../../call/call-settings.ts";
import type { DescribedIssue } from "./describe-issue.ts";
import { COLLECT_DIGITS, placeholdersOf } from "./tool-values.ts";

const MAX_DIGITS = 64;
const DEFAULT_TIMEOUT_S = 5;
const DEFAULT_TERMINATOR = "#";
/** Of an agent that names none. */
const ANY: DigitsKind = {
  name: "digits",
  max: 32,
  min: 1,
  terminator: DEFAULT_TERMINATOR,
  timeoutMs: DEFAULT_TIMEOUT_S * 1_000,
  isMasked: false,
};
/** Each is one more thing that the model must tell apart. */
const MAX_KINDS = 20;

const kind = z
  .strictObject({
    max: z.int().min(1).max(MAX_DIGITS).optional().describe("So many digits are complete. Default: 32."),
    min: z.int().min(1).max(MAX_DIGITS).optional().describe("Fewer are not used. Default: 1."),
    terminator: z.enum(["#", "*", "none"]).optional().describe("The key that ends them. Default: #."),
    timeout_s: z
      .number()
      .min(1)
      .max(60)
      .optional()
      .describe(`Without a key for so long, they are complete as they are. Default: ${DEFAULT_TIMEOUT_S}.`),
    masked: z
      .boolean()
      .optional()
      .describe(
        "The model, the log and the records get only how many digits were typed. Tools get them as {{digits.NAME}}. Default: false.",
      ),
  })
  .superRefine(({ max = ANY.max, min = ANY.min }, context) => {
    if (min <= max) return;
    context.addIssue({ code: "custom", path: ["min"], message: `at most max, ${max}`, params: { hint: `try ${max}` } });
  });

export const digits = z
  .record(z.string().regex(/^[a-z][a-z0-9_]{0,31}$/), kind)
  .refine((kinds) => Object.keys(kinds).length <= MAX_KINDS, { message: `at most ${MAX_KINDS} kinds`, params: { hint: "remove some" } });

/** `tools`: what the agent may do. */
export function digitsOf(kinds: z.output<typeof digits> = {}, tools: readonly string[] = []): readonly DigitsKind[] {
  if (!tools.includes(COLLECT_DIGITS)) return [];
  const named = Object.entries(kinds).map(([name, entry]): DigitsKind => {
    const {
      max = ANY.max,
      min = ANY.min,
      terminator = DEFAULT_TERMINATOR,
      timeout_s: timeoutS = DEFAULT_TIMEOUT_S,
      masked = false,
    } = entry;
    return { name, max, min, terminator: terminator === "none" ? undefined : terminator, timeoutMs: timeoutS * 1_000, isMasked: masked };
  });
  return named.length === 0 ? [ANY] : named;
}

const PREFIX = "digits.";

/** Placeholders of tools for digits that no agent collects, and kinds of digits that no agent may collect. */
export function digitsProblems(document: Readonly<Record<string, unknown>>): readonly DescribedIssue[] {
  const agents = Object.entries(tableOf(document["agents"])).map(([name, agent]) => {
    const { digits: kinds, tools } = tableOf(agent);
    return { name, kinds: Object.keys(tableOf(kinds)), collects: Array.isArray(tools) && tools.includes(COLLECT_DIGITS) };
  });
  const named = agents.flatMap(({ kinds }) => kinds);
  const collectsAny = agents.some(({ kinds, collects }) => collects && kinds.length === 0);
  const known = [...new Set([...named, ...(collectsAny ? [ANY.name] : [])])];
  const unused = agents
    .filter(({ kinds, collects }) => kinds.length > 0 && !collects)
    .map(
      ({ name }): DescribedIssue => ({
        path: ["agents", name, "digits"],
        expected: `no digits without ${COLLECT_DIGITS} in tools`,
        hint: `add "${COLLECT_DIGITS}" to the agent's tools`,
      }),
    );
  const ofTools = Object.entries(tableOf(document["tools"])).flatMap(([name, tool]) => {
    const http = tableOf(tableOf(tool)["http"]);
    const places: readonly (readonly [DescribedIssue["path"], unknown])[] = [
      [["tools", name, "http", "url"], http["url"]],
      ...Object.entries(tableOf(http["fields"])).map(([field, text]) => [["tools", name, "http", "fields", field], text] as const),
    ];
    return places.flatMap(([path, text]) => unknownDigits(path, text, known));
  });
  return [...unused, ...ofTools];
}

function unknownDigits(path: DescribedIssue["path"], text: unknown, known: readonly string[]): readonly DescribedIssue[] {
  if (typeof text !== "string") return [];
  const names = placeholdersOf(text).flatMap((one) => (one.startsWith(PREFIX) ? [one.slice(PREFIX.length)] : []));
  const unknown = names.find((one) => !known.includes(one));
  if (unknown === undefined) return [];
  const expected = known.length === 0 ? `an agent with ${COLLECT_DIGITS} in its tools` : `digits of this file (${known.join(", ")})`;
  return [{ path, expected, hint: `add [agents.NAME.digits.${unknown}], or write the name of other digits` }];
}

function tableOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : {};
}
