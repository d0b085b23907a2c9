// Values of voice.toml that a reader of values.ts reads.

import * as z from "zod";
import type { Reader } from "../values.ts";

/** A string that a reader of values.ts accepts. A mistake has the reader's words. */
export function readBy<T>(reader: Reader<T>, examples: readonly string[]): z.ZodType<T, string> {
  const text = z.string().meta({ examples: [...examples] });
  return text.transform((value, context) => {
    const read = reader(value);
    if (typeof read !== "object" || read === null || !("expected" in read)) return read;
    context.issues.push({ code: "custom", message: read.expected, params: { hint: read.hint }, input: value });
    return z.NEVER;
  }) as unknown as z.ZodType<T, string>;
}
