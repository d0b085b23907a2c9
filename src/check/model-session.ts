// Whether a Realtime session can be had as calls have it: opened, configured with our instructions, voice and PCMU
// both ways, and, when asked for, heard to speak. Follows
// https://developers.openai.com/api/docs/guides/realtime-websocket

import type { Clock, ModelDialler, ModelEnd, ModelPort } from "../call/ports.ts";
import type { Config } from "../config/config.ts";
import { isBad } from "../protocol/bad.ts";
import { formatToModel } from "../protocol/realtime/format.ts";
import { type FromModel, type ModelError, parseFromModel } from "../protocol/realtime/realtime.ts";
import type { Finding } from "../report/finding.ts";
import { checkFinding, type Outcome } from "./requirements.ts";

/** From the dial to the settings taken; and again for the words. A caller has less patience. */
const STEP_MS = 8_000;
/** The audio that a telephone call needs. */
const PCMU = "audio/pcmu";
const WORDS = 'Say only the word "ready".';
const [CONFIGURE, SPEAK] = ["check-configure", "check-speak"];

/** What to do about an error's code; the rest by the words themselves. */
const fixes: Readonly<Record<string, string>> = {
  invalid_api_key: "copy the key again from https://platform.openai.com/api-keys into OPENAI_API_KEY",
  insufficient_quota: "add credit: https://platform.openai.com/settings/organization/billing",
  model_not_found: "check OPENAI_MODEL, and in the project's limits whether it may use this model",
  rate_limit_exceeded: "wait, or raise the limit: https://platform.openai.com/settings/organization/limits",
  unsupported_country_region_territory: "OpenAI does not serve this host's country: run voice elsewhere",
};

function mendOf({ code, param }: Pick<ModelError, "code" | "param">): string {
  if (code !== undefined && fixes[code] !== undefined) return fixes[code];
  if (param?.includes("transcription")) return "set OPENAI_TRANSCRIPTION_MODEL to a model of this server, or to off";
  if (param?.includes("voice")) return "set VOICE_NAME to a voice of this server";
  return "see the server's words; OPENAI_MODEL and OPENAI_BASE_URL say what is asked, and of whom";
}

function judgeEnd({ code, reason, httpStatus, failure, errorCode }: ModelEnd): Outcome {
  const actual = `no session: ${failure ?? `closed with ${code} "${reason}"`}${httpStatus === undefined ? "" : `, HTTP ${httpStatus}`}`;
  const isRefusal = httpStatus !== undefined ? httpStatus < 500 : failure === undefined;
  if (isRefusal) return { level: "error", actual, fix: mendOf({ code: errorCode ?? reason.split(".").at(-1), param: undefined }) };
  return {
    level: "unreachable",
    actual,
    fix: "check this host's way to OPENAI_BASE_URL (HTTPS_PROXY is not used), and https://status.openai.com",
  };
}

function judgeError(doing: string, error: ModelError): Outcome {
  const said = [error.code ?? error.type, error.message].filter((part) => part !== undefined).join(": ");
  return { level: "error", actual: `${doing}: ${said}`, fix: mendOf(error) };
}

/**
 * Opens a session, configures it, and closes it; with `speak`, has it say one word first, which costs a fraction of a
 * cent. Never throws.
 */
export function checkSession(
  config: Pick<Config, "instructions" | "voiceName" | "transcriptionModel">,
  dialler: ModelDialler,
  clock: Clock,
  speak: boolean,
): Promise<readonly Finding[]> {
  const { promise, resolve } = Promise.withResolvers<readonly Finding[]>();
  const trial = new Trial(config, clock, speak, resolve);
  trial.port = dialler.dial("check", "voice-check", trial);
  return promise;
}

/** One session. A class because it listens to a socket. */
class Trial {
  port: ModelPort | undefined;
  readonly #session: Parameters<typeof formatToModel>[0];
  readonly #clock: Clock;
  readonly #speak: boolean;
  readonly #tell: (findings: readonly Finding[]) => void;
  #findings: readonly Finding[] = [];
  #sinceMs: number;
  #stopTimer: () => void;
  #isOver = false;

  constructor(config: Parameters<typeof checkSession>[0], clock: Clock, speak: boolean, tell: (findings: readonly Finding[]) => void) {
    const { instructions, voiceName: voice, transcriptionModel } = config;
    this.#session = { type: "session.update", eventId: CONFIGURE, session: { instructions, voice, transcriptionModel } };
    this.#clock = clock;
    this.#speak = speak;
    this.#tell = tell;
    this.#sinceMs = clock.nowMs();
    this.#stopTimer = this.#arm();
  }

  opened(): void {
    this.port?.send(formatToModel(this.#session));
  }

  text(text: string): void {
    const message = parseFromModel(text);
    if (!isBad(message) && !this.#isOver) this.#take(message);
  }

  closed(end: ModelEnd): void {
    this.#end(judgeEnd(end));
  }

  #take(message: FromModel): void {
    if (message.type === "session.updated") this.#configured(message);
    else if (message.type === "error" && this.#findings.length === 0)
      this.#end(judgeError("the session's settings are not taken", message.error));
    else if (this.#findings.length > 0) this.#takeSpeech(message);
  }

  #configured({ inputFormat = PCMU, outputFormat = PCMU }: Extract<FromModel, { type: "session.updated" }>): void {
    if (this.#findings.length > 0) return;
    if (inputFormat !== PCMU || outputFormat !== PCMU) {
      const actual = `the session has ${inputFormat} in and ${outputFormat} out, where a telephone needs ${PCMU}`;
      this.#end({ level: "error", actual, fix: "use a server that speaks audio/pcmu both ways" });
      return;
    }
    const good: Outcome = { level: "ok", actual: `a session opens and takes its settings, ${this.#elapsedMs()} ms` };
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

  #takeSpeech(message: FromModel): void {
    if (message.type === "response.output_audio.delta") {
      this.#end({ level: "ok", actual: `the model speaks: the first sound came after ${this.#elapsedMs()} ms` });
    } else if (message.type === "error") {
      this.#end(judgeError("the model does not speak", message.error));
    } else if (message.type === "response.done") {
      const { status, reason, error } = message;
      const none = {
        type: undefined,
        code: reason,
        message: `the response is ${status}, without a sound`,
        param: undefined,
        eventId: undefined,
      };
      this.#end(judgeError("the model does not speak", error ?? none));
    }
  }

  #elapsedMs(): number {
    return this.#clock.nowMs() - this.#sinceMs;
  }

  #arm(): () => void {
    const fix = "see https://status.openai.com, and whether OPENAI_BASE_URL is a Realtime server";
    return this.#clock.after(STEP_MS, () => this.#end({ level: "unreachable", actual: `no answer within ${STEP_MS / 1_000} s`, fix }));
  }

  /** Ends whatever is under way with this verdict. */
  #end(judged: Outcome): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stopTimer();
    this.port?.close();
    const id = this.#findings.length > 0 ? "openai.speech" : "openai.session";
    this.#tell([...this.#findings, checkFinding(id, judged)]);
  }
}
