// Real speech for the audio tests; source: tests/data/README.md.

import { readFileSync } from "node:fs";

/** Reads 11 s of a man speaking, G.711 mu-law at 8 kHz, 88,000 bytes. */
export function readSpeech(): Uint8Array {
  return new Uint8Array(readFileSync(new URL("../data/jfk.ulaw", import.meta.url)));
}
