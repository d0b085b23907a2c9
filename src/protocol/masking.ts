// What the log and alerts do not show: telephone numbers in full, tokens, keys and signatures.

export const MASK = "[masked]";

/**
 * A telephone number with its middle masked: +15551234567 becomes +1555***4567, shorter ones keep two digits at the
 * end.
 */
export function maskNumber(number: string): string {
  return number.replace(/\d{7,}/g, (digits) =>
    digits.length >= 10 ? `${digits.slice(0, 4)}***${digits.slice(-4)}` : `${digits.slice(0, 2)}***${digits.slice(-2)}`,
  );
}

/** What is recognised by its shape, and what replaces it. */
export const maskedShapes: readonly { readonly pattern: RegExp; readonly replacement: string | ((match: string) => string) }[] = [
  { pattern: /(?:\+|%2B)[1-9]\d{6,14}(?!\d)/gi, replacement: maskNumber }, // E.164, also percent-encoded
  { pattern: /(?<![\w+/])[A-Za-z0-9+/]{27}=(?!=)/g, replacement: MASK }, // X-Twilio-Signature: base64 of a SHA-1
  { pattern: /(?<![\w.])[0-9a-z]{6,10}\.[\w-]{43}(?![\w-])/g, replacement: MASK }, // a stream's token (server/auth/stream-token.ts)
  { pattern: /\bBearer\s+[\w.~+/-]+=*/g, replacement: `Bearer ${MASK}` },
  { pattern: /\b(?:sk|ek)[-_][\w-]{8,}/g, replacement: MASK }, // OpenAI's keys and client secrets
];

/** A text without what {@link maskedShapes} recognises. */
export function maskText(text: string): string {
  return maskedShapes.reduce((masked, { pattern, replacement }) => masked.replace(pattern, replacement as string), text);
}
