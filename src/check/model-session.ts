// Opens a Realtime session as a call does, with the same instructions, voice and PCMU both ways, and on request has the
// model speak. Follows https://developers.openai.com/api/docs/guides/realtime-websocket

import type { Clock, ModelDialler, ModelEnd, ModelPort } from "../call/ports.ts";
import { isBad } from "../protocol/bad.ts";
import { modelErrorFix } from "../protocol/realtime/errors.ts";
import { formatToModel } from "../protocol/realtime/format.ts";
import { type FromModel, type ModelError, parseFromModel, type SessionSettings } from "../protocol/realtime/realtime.ts";
import { optionRefused } from "../protocol/realtime/session-options.ts";
import type { Finding } from "../report/finding.ts";
import { checkFinding, type Outcome } from "./requirements.ts";

/** From the dial to session.updated; then again from the request to speak to the first audio. */
const STEP_MS = 8_000;
/** The format of a telephone call. */
const PCMU = "audio/pcmu";
const WORDS = 'Say only the word "ready".';
const [CONFIGURE, SPEAK] = ["check-configure", "check-speak"];

function fixFor({ code, param }: Pick<ModelError, "code" | "param">, httpStatus?: number): string {
  if (param?.includes("transcription")) return "set OPENAI_TRANSCRIPTION_MODEL to a model that this server has, or to off";
  if (param?.includes("voice")) return "set VOICE_NAME to a voice that this server has";
  return modelErrorFix(code, httpStatus) ?? "read the server's message, and check OPENAI_MODEL and OPENAI_BASE_URL";
}

function judgeEnd({ code, reason, httpStatus, failure, errorCode }: ModelEnd): Outcome {
  const actual = `no session: ${failure ?? `closed with ${code} "${reason}"`}${httpStatus === undefined ? "" : `, HTTP ${httpStatus}`}`;
  const isRefusal = httpStatus !== undefined ? httpStatus < 500 : failure === undefined;
  if (isRefusal)
    return { level: "error", actual, fix: fixFor({ code: errorCode ?? reason.split(".").at(-1), param: undefined }, httpStatus) };
  return {
    level: "unreachable",
    actual,
    fix: "check this host's connection to OPENAI_BASE_URL (HTTPS_PROXY is not used), and https://status.openai.com",
  };
}

function judgeError(what: string, error: ModelError): Outcome {
  const said = [error.code ?? error.type, error.message].filter((part) => part !== undefined).join(": ");
  return { level: "error", actual: `${what}: ${said}`, fix: fixFor(error) };
}

/** A call goes on without an optional setting, and the operator cannot change most of them. */
function judgeRefusal(error: ModelError): Outcome {
  const judged = judgeError("the session's settings were rejected", error);
  const option = optionRefused(error);
  const isOperators = option === undefined || option === "voice" || option === "transcription";
  return isOperators ? judged : { ...judged, level: "warning", fix: `none needed: calls go on without ${option}` };
}

/**
 * Opens a session, configures it and closes it; with `speak`, it says one word first, which costs a fraction of a cent.
 * Never rejects.
 */
export function checkSession(session: SessionSettings, dialler: ModelDialler, clock: Clock, speak: boolean): Promise<readonly Finding[]> {
  const { promise, resolve } = Promise.withResolvers<readonly Finding[]>();
  const trial = new SessionTrial(session, clock, speak, resolve);
  trial.port = dialler.dial("check", "voice-check", trial);
  return promise;
}

/** One session. A class because it listens to a socket. */
class SessionTrial {
  port: ModelPort | undefined;
  readonly #session: Parameters<typeof formatToModel>[0];
  readonly #clock: Clock;
  readonly #speak: boolean;
  readonly #report: (findings: readonly Finding[]) => void;
  #findings: readonly Finding[] = [];
  #sinceMs: number;
  #stopTimer: () => void;
  #isOver = false;

  constructor(session: SessionSettings, clock: Clock, speak: boolean, report: (findings: readonly Finding[]) => void) {
    this.#session = { type: "session.update", eventId: CONFIGURE, session };
    this.#clock = clock;
    this.#speak = speak;
    this.#report = report;
    this.#sinceMs = clock.nowMs();
    this.#stopTimer = this.#arm();
  }

  opened(): void {
    this.port?.send(formatToModel(this.#session));
  }

  text(text: string): void {
    const message = parseFromModel(text);
    if (!isBad(message) && !this.#isOver) this.#onMessage(message);
  }

  closed(end: ModelEnd): void {
    this.#end(judgeEnd(end));
  }

  #onMessage(message: FromModel): void {
    if (message.type === "session.updated") this.#onConfigured(message);
    else if (message.type === "error" && this.#findings.length === 0) this.#end(judgeRefusal(message.error));
    else if (this.#findings.length > 0) this.#onSpeechMessage(message);
  }

  #onConfigured({ inputFormat = PCMU, outputFormat = PCMU }: Extract<FromModel, { type: "session.updated" }>): void {
    if (this.#findings.length > 0) return;
    if (inputFormat !== PCMU || outputFormat !== PCMU) {
      const actual = `the session has ${inputFormat} in and ${outputFormat} out; a telephone call needs ${PCMU}`;
      this.#end({ level: "error", actual, fix: "use a server that supports audio/pcmu both ways" });
      return;
    }
    const good: Outcome = { level: "ok", actual: `a session opened and accepted its settings in ${this.#elapsedMs()} ms` };
    if (!this.#speak) {
      this.#end(good);
      return;
    }
    this.#findings = [checkFinding("openai.session", good)];
    this.#stopTimer();
    this.#sinceMs = this.#clock.nowMs();
    this.#stopTimer = this.#arm();
    this.port?.send(formatToModel({ type: "response.create", eventId: SPEAK, instructions: WORDS }));
  }

  #onSpeechMessage(message: FromModel): void {
    if (message.type === "response.output_audio.delta") {
      this.#end({ level: "ok", actual: `the model speaks: first audio after ${this.#elapsedMs()} ms` });
    } else if (message.type === "error") {
      this.#end(judgeError("the model did not speak", message.error));
    } else if (message.type === "response.done") {
      const { status, reason, error } = message;
      const noAudio = {
        type: undefined,
        code: reason,
        message: `the response is ${status}, without audio`,
        param: undefined,
        eventId: undefined,
      };
      this.#end(judgeError("the model did not speak", error ?? noAudio));
    }
  }

  #elapsedMs(): number {
    return this.#clock.nowMs() - this.#sinceMs;
  }

  #arm(): () => void {
    const fix = "check that OPENAI_BASE_URL is a Realtime server, and https://status.openai.com";
    return this.#clock.after(STEP_MS, () => this.#end({ level: "unreachable", actual: `no answer within ${STEP_MS / 1_000} s`, fix }));
  }

  #end(outcome: Outcome): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stopTimer();
    this.port?.close();
    const id = this.#findings.length > 0 ? "openai.speech" : "openai.session";
    this.#report([...this.#findings, checkFinding(id, outcome)]);
  }
}
