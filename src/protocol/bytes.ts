// Joins byte arrays and reads them as text. Audio samples: audio/. Base64: fields.ts and media-streams.ts.

export function concatBytes(...pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return joinBytes(pieces);
}

/** For lists that may be too long for an argument list, such as a call's frames. */
export function joinBytes(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** ISO 8859-1, as for HTTP header fields: every byte is the character of its number. Never fails, loses nothing. */
export function latin1Text(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** Undefined for bytes that are not UTF-8. A byte order mark stays. */
export function utf8Text(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined; // a fatal TextDecoder throws a TypeError for bad UTF-8, and nothing else
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
