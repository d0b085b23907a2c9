// Reads a file that an argument or a setting names, within a limit: the path may be wrong, a device never ends, and a
// pipe without a writer never begins.

import { closeSync, openSync, readSync, type Stats, statSync } from "node:fs";

export interface SmallFile {
  readonly bytes: Uint8Array;
  readonly stats: Stats;
}

/** Open files of this process: `<(command)` of a shell is such a pipe, and has a writer. */
const ownFile = /^\/(dev|proc\/self)\/(fd\/\d+|stdin)$/;
const CHUNK_BYTES = 65_536;

function kindOf(stats: Stats, path: string): string | undefined {
  if (stats.isFile() || (stats.isFIFO() && ownFile.test(path))) return undefined;
  if (stats.isDirectory()) return "a directory";
  if (stats.isFIFO()) return "a pipe";
  return stats.isSocket() ? "a socket" : "a device";
}

/** Reads at most `maxBytes`. Returns, as text that follows the path, why it cannot. Never throws. */
export function readSmallFile(path: string, maxBytes: number): SmallFile | string {
  try {
    const stats = statSync(path); // before it is opened: opening a pipe waits for its writer
    const kind = kindOf(stats, path);
    if (kind !== undefined) return `is ${kind}, not a file`;
    const file = openSync(path, "r");
    try {
      const bytes = readUpTo(file, maxBytes + 1);
      return bytes.length > maxBytes ? `is longer than ${maxBytes} bytes` : { bytes, stats };
    } finally {
      closeSync(file);
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === "ENOENT" ? "does not exist" : `cannot be read: ${message}`;
  }
}

function readUpTo(file: number, maxBytes: number): Uint8Array {
  const chunks: Uint8Array[] = [];
  for (let length = 0; length < maxBytes; ) {
    const chunk = new Uint8Array(Math.min(CHUNK_BYTES, maxBytes - length));
    const count = readSync(file, chunk, 0, chunk.length, null);
    if (count === 0) break;
    chunks.push(chunk.subarray(0, count));
    length += count;
  }
  return new Uint8Array(Buffer.concat(chunks));
}
