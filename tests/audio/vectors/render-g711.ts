// Renders the G.711 vectors in this folder. Run by hand, after apt-get install sox:
//   bun tests/audio/vectors/render-g711.ts
// g711-sox.json: the results of sox (Debian, 14.4.2) for all 256 codes and all 65,536 samples, the latter as runs
// [first sample, code]: encoders are monotonic, so 256 runs hold 65,536 results. g711-differences.json: where our
// encoder differs from sox or ITU-T G.191, as [first sample, last sample, ours, theirs].

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { encodeAlaw, encodeMulaw } from "../../../src/audio/g711.ts";
import { allSamples, differences, ituAlaw, ituMulaw, type Run, tableOfRuns } from "../g711-reference.ts";

const linear = ["-t", "raw", "-e", "signed", "-b", "16", "-L", "-r", "8000", "-c", "1"];

function sox(input: Uint8Array, from: readonly string[], to: readonly string[]): Buffer {
  // -D: no dither, which would make the results random.
  return execFileSync("sox", ["-D", ...from, "-", ...to, "-"], { input, maxBuffer: 1 << 20, stdio: ["pipe", "pipe", "ignore"] });
}

function vectorsOf(type: "ul" | "al"): { decoded: number[]; encodedRuns: Run[] } {
  const coded = ["-t", type, "-r", "8000", "-c", "1"];
  const everyCode = Uint8Array.from({ length: 256 }, (_, code) => code);
  const bytes = sox(everyCode, coded, linear);
  const decoded = Array.from({ length: 256 }, (_, code) => bytes.readInt16LE(code * 2));
  const codes = sox(new Uint8Array(allSamples.buffer), linear, coded);
  const encodedRuns: [number, number][] = [];
  for (const [i, code] of codes.entries()) {
    if (encodedRuns.at(-1)?.[1] !== code) encodedRuns.push([i - 32_768, code]);
  }
  return { decoded, encodedRuns };
}

function write(name: string, value: unknown): void {
  writeFileSync(new URL(name, import.meta.url), `${JSON.stringify(value).replaceAll("],[", "],\n[")}\n`);
}

const vectors = { mulaw: vectorsOf("ul"), alaw: vectorsOf("al") };
write("g711-sox.json", vectors);
const [ourMulaw, ourAlaw] = [encodeMulaw(allSamples), encodeAlaw(allSamples)];
write("g711-differences.json", {
  mulaw: {
    itu: differences(ourMulaw, Uint8Array.from(allSamples, ituMulaw)),
    sox: differences(ourMulaw, tableOfRuns(vectors.mulaw.encodedRuns)),
  },
  alaw: {
    itu: differences(ourAlaw, Uint8Array.from(allSamples, ituAlaw)),
    sox: differences(ourAlaw, tableOfRuns(vectors.alaw.encodedRuns)),
  },
});
