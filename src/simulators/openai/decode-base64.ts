/**
 * Decodes base64 (RFC 4648, 4). Undefined when the text is not base64. Missing padding and white space are accepted.
 */
export function decodeBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.fromBase64(text);
  } catch {
    return undefined; // fromBase64 only throws SyntaxError
  }
}
