// The browser telephone's sound, on the audio thread: the microphone as PCMU frames of 20 ms, and PCMU to the
// loudspeaker with marks that return when they are reached, as Twilio plays a stream
// (https://www.twilio.com/docs/voice/media-streams/websocket-messages). The context runs at 48 kHz.

import { decodeMulaw, encodeMulaw } from "../../audio/g711.ts";
import { createDownsampler, createUpsampler } from "../../audio/resample.ts";
import type { FromWorklet, ToWorklet } from "./worklet-messages.ts";

/** The globals of an AudioWorklet: https://webaudio.github.io/web-audio-api/#AudioWorkletGlobalScope */
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;

const FRAME_SAMPLES = 160;
const SCALE = 32_768;
/** Of audio that waits to be played: more than the longest answer. */
const MAX_QUEUED_SAMPLES = 48_000 * 300;
/** Levels are reported 20 times a second. */
const LEVEL_SAMPLES = 2_400;

type Queued = { readonly samples: Int16Array; at: number } | { readonly mark: string };

class Telephone extends AudioWorkletProcessor {
  readonly #down = createDownsampler(48_000);
  readonly #up = createUpsampler(48_000);
  #frame: number[] = [];
  #queue: Queued[] = [];
  #queuedSamples = 0;
  #isMuted = false;
  #levels = { in: 0, out: 0, samples: 0 };

  constructor() {
    super();
    this.port.onmessage = ({ data }: MessageEvent<ToWorklet>) => this.#onMessage(data);
  }

  #send(message: FromWorklet): void {
    this.port.postMessage(message);
  }

  #onMessage(message: ToWorklet): void {
    if (message.type === "play") this.#play(message.mulaw);
    else if (message.type === "mark") this.#queue.push({ mark: message.name });
    else if (message.type === "mute") this.#isMuted = message.isMuted;
    else this.#clear();
  }

  #play(mulaw: Uint8Array): void {
    if (this.#queuedSamples > MAX_QUEUED_SAMPLES) return;
    const samples = this.#up.push(decodeMulaw(mulaw));
    this.#queue.push({ samples, at: 0 });
    this.#queuedSamples += samples.length;
  }

  /** All marks return at once, although the audio before them was not heard. */
  #clear(): void {
    const marks = this.#queue.filter((one) => "mark" in one);
    this.#queue = [];
    this.#queuedSamples = 0;
    for (const { mark } of marks) this.#send({ type: "mark", name: mark });
  }

  process(inputs: Float32Array[][], [outputs = []]: Float32Array[][]): boolean {
    const [input] = inputs[0] ?? [];
    const [output] = outputs;
    if (input !== undefined) this.#hear(input);
    if (output !== undefined) this.#speak(output);
    for (const other of outputs.slice(1)) other.set(output ?? []);
    return true;
  }

  #hear(input: Float32Array): void {
    const pcm = Int16Array.from(input, (sample) => (this.#isMuted ? 0 : Math.max(-SCALE, Math.min(SCALE - 1, Math.round(sample * SCALE)))));
    this.#meter("in", pcm);
    this.#frame.push(...this.#down.push(pcm));
    while (this.#frame.length >= FRAME_SAMPLES) {
      const samples = Int16Array.from(this.#frame.slice(0, FRAME_SAMPLES));
      this.#frame = this.#frame.slice(FRAME_SAMPLES);
      this.#send({ type: "frame", mulaw: encodeMulaw(samples) });
    }
  }

  #speak(output: Float32Array): void {
    let filled = 0;
    while (filled < output.length) {
      const next = this.#queue[0];
      if (next === undefined) break;
      if ("mark" in next) {
        this.#queue.shift();
        this.#send({ type: "mark", name: next.mark });
        continue;
      }
      const part = next.samples.subarray(next.at, next.at + output.length - filled);
      for (const [index, sample] of part.entries()) output[filled + index] = sample / SCALE;
      filled += part.length;
      next.at += part.length;
      this.#queuedSamples -= part.length;
      if (next.at >= next.samples.length) this.#queue.shift();
    }
    this.#meter(
      "out",
      Int16Array.from(output, (sample) => sample * SCALE),
    );
  }

  #meter(side: "in" | "out", pcm: Int16Array): void {
    const peak = pcm.reduce((max, sample) => Math.max(max, Math.abs(sample)), 0) / SCALE;
    this.#levels[side] = Math.max(this.#levels[side], peak);
    if (side === "in") return;
    this.#levels.samples += pcm.length;
    if (this.#levels.samples < LEVEL_SAMPLES) return;
    this.#send({ type: "levels", in: this.#levels.in, out: this.#levels.out });
    this.#levels = { in: 0, out: 0, samples: 0 };
  }
}

registerProcessor("telephone", Telephone);
