// Pieces of byte arrays put together and read as text. Not numbers of audio (audio/) and not base64 (media-streams.ts).

/** Puts byte arrays behind one another, into a new one. */
export function concatBytes(...pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return joinBytes(pieces);
}

/** The same of a list, which may be too long to be arguments: a call's frames. */
export function joinBytes(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** Reads each byte as the character of its number (ISO 8859-1), as header fields are read: never fails, loses nothing. */
export function latin1Text(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** Reads bytes as UTF-8, a byte order mark kept; undefined when they are not. */
export function utf8Text(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined; // A fatal TextDecoder throws a TypeError for bad UTF-8, and nothing else.
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
