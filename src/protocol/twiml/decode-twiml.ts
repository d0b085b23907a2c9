// The text of a TwiML document's bytes: which encoding they are in, and who says so.
// Follows RFC 7303 section 3 (byte order mark, then charset, then the XML declaration) and XML 1.0 section 4.3.3.

import type { Bad } from "../bad.ts";
import { latin1Text } from "../bytes.ts";

export interface DecodedTwiml {
  readonly text: string;
  /** Lower case: "utf-8", "iso-8859-1". */
  readonly encoding: string;
  /** The encoding that the XML declaration names although the bytes are UTF-8; UTF-16 is the usual one. */
  readonly wronglyDeclared?: string;
}

const byteOrderMarks: readonly (readonly [hex: string, encoding: string])[] = [
  ["efbbbf", "utf-8"],
  ["feff", "utf-16be"],
  ["fffe", "utf-16le"],
];

/** Bad: the encoding is unknown, or the bytes are not in it. */
export function decodeTwiml(body: Uint8Array, contentType: string | undefined): DecodedTwiml | Bad {
  const start = body.subarray(0, 4).toHex();
  const marked = byteOrderMarks.find(([hex]) => start.startsWith(hex))?.[1];
  const charset = /;\s*charset\s*=\s*["']?([\w.:-]+)/i.exec(contentType ?? "")?.[1]?.toLowerCase();
  const declared = /^\s*<\?xml\s[^>]*\bencoding\s*=\s*["']([\w.:-]+)["']/i.exec(latin1Text(body.subarray(0, 200)))?.[1]?.toLowerCase();
  // Bytes in which the declaration can be read one by one are not UTF-16.
  const isFalse = declared !== undefined && /^(?:utf-?16|ucs-?2|utf-?32)/.test(declared) && marked === undefined;
  const encoding = marked ?? charset ?? (isFalse ? undefined : declared) ?? "utf-8";
  const decoder = decoderOf(encoding);
  if (decoder === undefined) return { bad: `encoding: expected one that is known, got ${encoding}` };
  try {
    return { text: decoder.decode(body), encoding, ...(isFalse ? { wronglyDeclared: declared } : {}) };
  } catch {
    // A fatal TextDecoder throws a TypeError for bytes that are not in its encoding, and nothing else.
    const who =
      marked === undefined && charset === undefined && declared === undefined ? ", which is what XML without a declaration is in" : "";
    return { bad: `not ${encoding.toUpperCase()}${who}` };
  }
}

function decoderOf(encoding: string): TextDecoder | undefined {
  try {
    // The type lists only the labels that Bun documents.
    return new TextDecoder(encoding as "utf-8", { fatal: true, ignoreBOM: true });
  } catch {
    return undefined; // A RangeError: the label is not in the Encoding Standard.
  }
}
