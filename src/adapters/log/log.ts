// The log: one event with flat fields per line, to stderr; pretty for people, JSON lines for machines. Secrets and
// telephone numbers are masked, and unprintable characters escaped, here, once, for every line. Formats and masking are
// LogTape's (https://logtape.org).

import process from "node:process";
import { getJsonLinesFormatter, type LogRecord, type TextFormatter } from "@logtape/logtape";
import { type RedactionPattern, redactByField, redactByPattern } from "@logtape/redaction";
import type { LogLevel } from "../../call/effects.ts";
import type { Clock, Log } from "../../call/ports.ts";
import { MASK, maskedShapes, maskNumber } from "../../protocol/masking.ts";
import { printable, printableColored } from "../../protocol/printable.ts";

/** Unwritten bytes while nothing reads stderr: about 5,000 lines. */
export const MAX_WAITING_BYTES = 1_048_576;
/** Masking a shorter value would mask ordinary words. */
const MIN_SECRET_CHARS = 8;
const rank: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warning: 2, error: 3 };

export interface LogOptions {
  readonly clock: Clock;
  /** auto: pretty when stderr is a terminal, else JSON lines. */
  readonly format: "pretty" | "json" | "auto";
  readonly level: LogLevel;
  /** Whether pretty lines may be coloured. */
  readonly colors: boolean;
  /** Values to mask wherever they occur. The list may grow, as voice.toml is read again. */
  readonly secrets: readonly string[];
  /** Writes one line with its line feed; false when it was lost. Must not block. Default: stderr. */
  readonly write?: (line: string) => boolean;
}

const escapePattern = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");

/** What is masked wherever it occurs in a line. */
function patterns(secrets: readonly string[]): RedactionPattern[] {
  const values = secrets.filter((secret) => secret.length >= MIN_SECRET_CHARS);
  // Unescaped, and escaped as in a JSON string.
  const spellings = new Set(values.flatMap((value) => [value, JSON.stringify(value).slice(1, -1)]));
  return [...[...spellings].map((value) => ({ pattern: new RegExp(escapePattern(value), "g"), replacement: MASK })), ...maskedShapes];
}

/** Fields whose number may lack its "+", and fields that hold only a secret. */
const numberFields = /^(from|to|caller|called|forwardedFrom)$/i;
const secretFields = /^(token|authorization|authToken|apiKey|password|secret|cookie|x-twilio-signature)$/i;

const inText = (value: unknown, mask: (text: string) => string): unknown => (typeof value === "string" ? mask(value) : value);

/** One line: the event, then its fields. */
async function prettyFormatter(colors: boolean): Promise<TextFormatter> {
  const { getPrettyFormatter } = await import("@logtape/pretty"); // loaded only for a terminal
  const pretty = getPrettyFormatter({ timestamp: "time", icons: false, colors, wordWrap: false, categoryWidth: 0 });
  return (record) => {
    const fields = Object.entries(record.properties).flatMap(([name, value]) => (value === undefined ? [] : [` ${name}=`, value]));
    // LogTape's message alternates text and values.
    const [first = "", ...rest] = fields;
    return pretty({ ...record, message: [`${record.rawMessage}${first}`, ...rest, ...(rest.length % 2 === 1 ? [""] : [])] });
  };
}

/**
 * Writes to stderr without ever waiting for its reader: unwritten bytes are counted, and lines beyond a limit are lost.
 * (Bun buffers what a pipe does not accept in memory, without limit; Deno blocks.)
 */
function stderrWriter(): (line: string) => boolean {
  let waitingBytes = 0;
  // The reader may go away (`voice | head`). Without a listener that error would end the process and every call.
  process.stderr.on("error", () => {});
  return (line) => {
    if (waitingBytes > MAX_WAITING_BYTES) return false;
    waitingBytes += line.length;
    process.stderr.write(line, () => {
      waitingBytes -= line.length;
    });
    return true;
  };
}

/**
 * Below `level` a line costs one comparison. When lines were lost, `log.linesLost` precedes the next line that is
 * written.
 */
export async function makeLog({ clock, format, level, colors, secrets, write = stderrWriter() }: LogOptions): Promise<Log> {
  const isPretty = format === "pretty" || (format === "auto" && process.stderr.isTTY === true);
  const plain = isPretty ? await prettyFormatter(colors) : getJsonLinesFormatter({ properties: "flatten", message: "template" });
  let formatter = redactByPattern(plain, patterns(secrets));
  let masked = secrets.length;
  let lost = 0;
  const bare = (record: LogRecord): void => {
    // A pretty line's own colours stay: in values, an escape character is escaped already.
    if (secrets.length > masked) formatter = redactByPattern(plain, patterns(secrets));
    masked = secrets.length;
    const line = formatter(record);
    if (!write(isPretty ? printableColored(line) : printable(line))) lost++;
  };
  const numbersMasked = redactByField(bare, { fieldPatterns: [numberFields], action: (value) => inText(value, maskNumber) });
  const sink = redactByField(numbersMasked, { fieldPatterns: [secretFields], action: (value) => inText(value, () => MASK) });
  const category = isPretty ? [] : ["voice"];
  const log: Log = (at, event, fields) =>
    sink({ category, level: at, message: [event], rawMessage: event, timestamp: clock.nowMs(), properties: fields });
  return (at, event, fields) => {
    if (rank[at] < rank[level]) return;
    const lines = lost;
    if (lines > 0) {
      log("warning", "log.linesLost", { lines });
      if (lost > lines) return; // lost too; the count does not include this line
      lost = 0;
    }
    log(at, event, fields);
  };
}
