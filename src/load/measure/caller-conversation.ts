// What one simulated caller does, frame by frame, and what is measured by it: waits for the greeting, speaks, waits for
// the answer, hears it out, speaks again, and interrupts every second answer. With a server that sends the caller's own
// audio straight back, the caller speaks all the time. Pure: time is an argument.

/** A caller speaks first when no greeting is heard for so long. */
const GREETING_WAIT_MS = 3_000;
/** How long a caller speaks. */
export const SPEECH_MS = 2_000;
/** How long a caller waits for an answer before asking again. */
export const ANSWER_WAIT_MS = 8_000;
/** The pause of a caller who has heard an answer to its end. */
const PAUSE_MS = 300;
/** A caller interrupts an answer after this much of it. */
const INTERRUPT_AFTER_MS = 800;
/** A longer answer is interrupted in any case. */
const PATIENCE_MS = 8_000;
/** An interrupted answer that still plays after so much speech was not stopped. */
export const CLEAR_WAIT_MS = 1_500;
/** The caller's own frames that must come straight back before the server counts as an echo. */
const ECHOED_FRAMES = 5;
/** Audio that arrived so shortly before the end of the caller's speech does not answer it. */
const STALE_MS = 200;

/** Takes what is measured. */
export interface ConversationSink {
  /** From the start of the stream to the first audio, if the caller had not spoken before. */
  firstAudio(ms: number): void;
  /** From the end of the caller's speech to the first audio of the answer. */
  answered(ms: number): void;
  unanswered(): void;
  /** From the first frame of an interruption to the server's clear. */
  cleared(ms: number): void;
  notCleared(): void;
}

type Phase = "greeting" | "speaking" | "waiting" | "hearing" | "echoing";

/** A class because the caller's state changes with each frame. */
export class CallerConversation {
  readonly #sink: ConversationSink;
  readonly #startedAtMs: number;
  #phase: Phase = "greeting";
  #sinceMs: number;
  #spurt = 0;
  #answers = 0;
  #echoed = 0;
  #heardAtMs = Number.NEGATIVE_INFINITY;
  #spokeAtMs: number | undefined;
  /** When the caller began to interrupt. Undefined: no interruption is being measured. */
  #interruptedAtMs: number | undefined;

  constructor(startedAtMs: number, sink: ConversationSink) {
    this.#sink = sink;
    this.#startedAtMs = startedAtMs;
    this.#sinceMs = startedAtMs;
  }

  /** The number of the current stretch of speech or silence. */
  get spurt(): number {
    return this.#spurt;
  }

  /** Whether the server sends the caller's audio straight back. */
  get isEcho(): boolean {
    return this.#phase === "echoing";
  }

  /** Whether an answer has been heard, or anything else. */
  get hasHeard(): boolean {
    return this.#heardAtMs !== Number.NEGATIVE_INFINITY;
  }

  /** Whether the next frame is speech. `playingUntilMs`: when the audio received so far has been played. */
  next(nowMs: number, playingUntilMs: number): boolean {
    const sinceMs = nowMs - this.#sinceMs;
    const isPlaying = playingUntilMs > nowMs;
    switch (this.#phase) {
      case "greeting":
        if (sinceMs >= GREETING_WAIT_MS) this.#enter("speaking", nowMs);
        break;
      case "speaking":
        this.#judgeInterruption(nowMs, isPlaying);
        if (sinceMs >= SPEECH_MS) this.#enter("waiting", nowMs);
        break;
      case "waiting":
        if (sinceMs < ANSWER_WAIT_MS) break;
        this.#sink.unanswered();
        this.#enter("speaking", nowMs);
        break;
      case "hearing": {
        const isInterrupted = isPlaying && sinceMs >= (this.#answers % 2 === 0 && this.#answers > 0 ? INTERRUPT_AFTER_MS : PATIENCE_MS);
        if (!isInterrupted && nowMs - playingUntilMs < PAUSE_MS) break;
        this.#enter("speaking", nowMs);
        this.#interruptedAtMs = isInterrupted ? nowMs : undefined;
        break;
      }
      case "echoing":
        break;
    }
    return this.#phase === "speaking" || this.#phase === "echoing";
  }

  /** A frame of speech was sent. */
  spoke(nowMs: number): void {
    this.#spokeAtMs = nowMs;
  }

  /** Sound arrived. */
  heard(nowMs: number): void {
    const spokeAtMs = this.#spokeAtMs;
    if (this.#phase === "greeting") {
      this.#sink.firstAudio(nowMs - this.#startedAtMs);
      this.#enter("hearing", nowMs);
    } else if (this.#phase === "waiting" && spokeAtMs !== undefined) {
      // Audio that goes on while the caller speaks is not an answer to it: its beginning shows nothing.
      const isStale = spokeAtMs - this.#heardAtMs < STALE_MS;
      if (!isStale) this.#sink.answered(nowMs - spokeAtMs);
      this.#answers += 1;
      this.#enter("hearing", nowMs);
    }
    this.#heardAtMs = nowMs;
  }

  /** One of the caller's own frames came back. */
  echoed(spurt: number, nowMs: number): void {
    const isStraight = spurt === this.#spurt && (this.#phase === "greeting" || this.#phase === "speaking");
    if (!isStraight) return;
    this.#echoed += 1;
    if (this.#echoed < ECHOED_FRAMES) return;
    this.#interruptedAtMs = undefined;
    this.#enter("echoing", nowMs);
  }

  /** The server sent `clear`. */
  cleared(nowMs: number): void {
    if (this.#interruptedAtMs === undefined) return;
    this.#sink.cleared(nowMs - this.#interruptedAtMs);
    this.#interruptedAtMs = undefined;
  }

  #judgeInterruption(nowMs: number, isPlaying: boolean): void {
    if (this.#interruptedAtMs === undefined) return;
    if (!isPlaying) {
      this.#interruptedAtMs = undefined; // the answer ended by itself: nothing is known
    } else if (nowMs - this.#interruptedAtMs >= CLEAR_WAIT_MS) {
      this.#sink.notCleared();
      this.#interruptedAtMs = undefined;
    }
  }

  #enter(phase: Phase, nowMs: number): void {
    this.#phase = phase;
    this.#sinceMs = nowMs;
    this.#spurt += 1;
    this.#echoed = 0;
  }
}
