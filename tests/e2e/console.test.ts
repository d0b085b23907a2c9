// The console in a real browser (Debian's chromium): a call with a fake microphone that speaks, judged by the sound
// that returns; keys, hanging up from both sides, a page that follows another's call, a restart of the server, and
// what axe says of the pages.

import { afterAll, beforeAll, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assert, assertEquals } from "@std/assert";
import { type Browser, chromium, type Page } from "playwright-core";
import { buildConsole } from "../../scripts/build-console.ts";
import { installCommand } from "../../scripts/debian-packages.ts";
import { readOrMakeSecret } from "../../src/adapters/secret-file.ts";
import { decodeMulaw } from "../../src/audio/g711.ts";
import { createUpsampler } from "../../src/audio/resample.ts";
import { formatWav } from "../../src/audio/wav.ts";
import { makeLoginToken } from "../../src/server/console/login-link.ts";
import { readSpeech } from "../audio/speech.ts";
import { startProcess, type VoiceProcess } from "./voice-process.ts";

const program = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find(existsSync);
const missing = program === undefined ? `: skipped, chromium is not installed: ${installCommand("chromium")}` : "";
const home = mkdtempSync(join(tmpdir(), "console-"));
const wav = join(home, "speech.wav");
const SPEECH_MS = 3_000;
let browser: Browser;

/** Three seconds of speech, then silence: chromium plays the file once. */
beforeAll(async () => {
  if (program === undefined) return;
  await buildConsole();
  const samples = createUpsampler(48_000).push(decodeMulaw(readSpeech().slice(0, SPEECH_MS * 8)));
  const data = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
  writeFileSync(wav, formatWav({ encoding: "pcm16", rateHz: 48_000, channels: 1, data }));
  browser = await chromium.launch({
    executablePath: program,
    args: [
      "--no-sandbox",
      "--use-fake-device-for-media-stream",
      "--use-fake-ui-for-media-stream",
      `--use-file-for-fake-audio-capture=${wav}%noloop`,
      "--autoplay-policy=no-user-gesture-required",
    ],
  });
}, 60_000);
afterAll(async () => {
  await browser?.close();
  rmSync(home, { recursive: true, force: true });
});

/** Plays the fake microphone from its beginning, in a page that is logged in. */
async function openConsole(voice: VoiceProcess, view = ""): Promise<{ readonly page: Page; readonly errors: string[] }> {
  const page = await (await browser.newContext({ permissions: ["microphone"], viewport: { width: 1_200, height: 850 } })).newPage();
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  const key = readOrMakeSecret(join(home, ".local/share/voice/console.key"));
  await page.goto(`${voice.origin}/console/login?token=${makeLoginToken(key, Date.now())}`);
  if (view !== "") await page.goto(`${voice.origin}/console#/${view}`);
  return { page, errors };
}

/** What goes over the page's WebSocket. */
interface Wire {
  readonly sent: Uint8Array[];
  readonly received: Uint8Array[];
  marksSent: number;
  marksReceived: number;
}

function watchWire(page: Page): Wire {
  const wire: Wire = { sent: [], received: [], marksSent: 0, marksReceived: 0 };
  page.on("websocket", (socket) => {
    const read = (into: Uint8Array[], count: "marksSent" | "marksReceived") => (frame: { readonly payload: string | Buffer }) => {
      const { event, media } = JSON.parse(String(frame.payload)) as { event: string; media?: { payload: string } };
      if (media !== undefined) into.push(Buffer.from(media.payload, "base64"));
      if (event === "mark") wire[count] += 1;
    };
    socket.on("framesent", read(wire.sent, "marksSent"));
    socket.on("framereceived", read(wire.received, "marksReceived"));
  });
  return wire;
}

/** The level of each 20 ms. */
function envelope(frames: readonly Uint8Array[]): readonly number[] {
  const samples = decodeMulaw(Buffer.concat(frames));
  return Array.from({ length: Math.floor(samples.length / 160) }, (_, frame) => {
    const part = samples.subarray(frame * 160, frame * 160 + 160);
    return Math.sqrt(part.reduce((sum, sample) => sum + sample * sample, 0) / 160);
  });
}

/** How much `part` looks like the most similar stretch of `whole`: 1 is the same. */
function likeness(part: readonly number[], whole: readonly number[]): number {
  let best = 0;
  for (let start = 0; start + part.length <= whole.length; start += 1)
    best = Math.max(best, correlation(part, whole.slice(start, start + part.length)));
  return best;
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (all: readonly number[]) => all.reduce((sum, value) => sum + value, 0) / all.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  const product = a.reduce((sum, value, index) => sum + (value - meanA) * ((b[index] ?? 0) - meanB), 0);
  const norm = (all: readonly number[], m: number) => Math.sqrt(all.reduce((sum, value) => sum + (value - m) ** 2, 0));
  return product / (norm(a, meanA) * norm(b, meanB) || 1);
}

/** The loudest second of speech. */
function loudestSecond(levels: readonly number[]): readonly number[] {
  const starts = Array.from({ length: Math.max(1, levels.length - 50) }, (_, start) => start);
  const sum = (start: number) => levels.slice(start, start + 50).reduce((total, level) => total + level, 0);
  const best = starts.reduce((one, other) => (sum(other) > sum(one) ? other : one), 0);
  return levels.slice(best, best + 50);
}

async function start(settings: Readonly<Record<string, string>> = {}): Promise<VoiceProcess> {
  return startProcess([process.execPath, "src/main.ts"], home, settings);
}

/** Waits for what changes outside of the page. */
async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await Bun.sleep(50);
}

test.skipIf(program === undefined)(
  `console: a call from the browser: the agent hears it and repeats it, keys, hanging up${missing}`,
  async () => {
    const voice = await start();
    try {
      const { page, errors } = await openConsole(voice);
      const wire = watchWire(page);
      await page.click("button.call");
      await page.getByText("Connected").waitFor();
      // The built-in agent repeats what it hears: the caller's words come back.
      const spoken = envelope([readSpeech().slice(0, SPEECH_MS * 8)]);
      await until(() => likeness(loudestSecond(spoken), envelope(wire.sent)) > 0.8);
      await until(() => likeness(loudestSecond(spoken), envelope(wire.received)) > 0.8);
      await page.getByRole("button", { name: "5", exact: true }).click();
      await page.getByText("You pressed five").first().waitFor();
      await until(() => wire.marksReceived > 0 && wire.marksSent === wire.marksReceived);
      await page.click("button.call");
      await page.getByText("You hung up.").waitFor();
      await page.getByRole("link", { name: /\d/ }).first().click();
      await page.getByRole("heading", { name: "The caller hung up" }).waitFor();
      await page.getByText("You pressed five").first().waitFor();
      assertEquals(errors, []);
    } finally {
      await voice.stop();
    }
  },
  60_000,
);

test.skipIf(program === undefined)(
  `console: a second page follows the call, and hangs it up${missing}`,
  async () => {
    const voice = await start();
    try {
      const caller = await openConsole(voice);
      const operator = await openConsole(voice);
      await caller.page.click("button.call");
      await caller.page.getByText("Connected").waitFor();
      await operator.page.getByText("1 call now").waitFor();
      await operator.page.getByRole("region", { name: "Running calls" }).getByRole("button", { name: "Hang up" }).click();
      await caller.page.getByText("The agent hung up.").waitFor();
      await operator.page.getByText("0 calls now").waitFor();
      await operator.page.getByText("An operator hung up").waitFor();
      assertEquals([caller.errors, operator.errors], [[], []]);
    } finally {
      await voice.stop();
    }
  },
  60_000,
);

test.skipIf(program === undefined)(
  `console: a server that was restarted is found again, and asks for a login${missing}`,
  async () => {
    const first = await start();
    const { page } = await openConsole(first);
    await page.getByText("0 calls now").waitFor();
    await first.stop();
    await page.getByText("The server is away").waitFor();
    const second = await start({ PORT: new URL(first.origin).port });
    try {
      const link = makeLoginToken(readOrMakeSecret(join(home, ".local/share/voice/console.key")), Date.now());
      await page.goto(`${second.origin}/console`);
      await page.getByText("No login.").waitFor();
      await page.goto(`${second.origin}/console/login?token=${link}`);
      await page.getByText("0 calls now").waitFor();
    } finally {
      await second.stop();
    }
  },
  60_000,
);

test.skipIf(program === undefined)(
  `console: axe finds nothing serious, in light and dark, on small screens${missing}`,
  async () => {
    const voice = await start();
    const axe = readFileSync(join(import.meta.dir, "../../node_modules/axe-core/axe.min.js"), "utf8");
    try {
      for (const view of ["", "calls"]) {
        const { page } = await openConsole(voice, view);
        for (const colorScheme of ["light", "dark"] as const) {
          await page.emulateMedia({ colorScheme });
          await page.getByText("calls now").waitFor();
          const found = (await page.evaluate(`${axe}; axe.run()`)) as {
            readonly violations: readonly { readonly id: string; readonly impact: string }[];
          };
          const serious = found.violations.filter(({ impact }) => impact === "serious" || impact === "critical");
          assertEquals(
            serious.map(({ id }) => id),
            [],
            `${view} ${colorScheme}`,
          );
        }
        await page.setViewportSize({ width: 360, height: 700 });
        const isWide = await page.evaluate("document.documentElement.scrollWidth > innerWidth");
        assert(isWide === false, `${view} is wider than a small screen`);
      }
    } finally {
      await voice.stop();
    }
  },
  60_000,
);
