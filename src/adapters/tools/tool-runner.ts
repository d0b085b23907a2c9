// Runs the tools of one agent for its calls. Whatever happens, the model gets a text: what was wrong with its
// arguments, what failed, or the result. Nothing is run with arguments that do not fit the schema.

import { lookup } from "node:dns";
import type { CallIdentity } from "../../call/events.ts";
import type { Clock, Log, ToolCall, ToolPort } from "../../call/ports.ts";
import type { HttpTool } from "../../config/agents/agent.ts";
import { withBoundedPatterns } from "../../protocol/json-schema/check-parameters.ts";
import { guardedRequest, type LookUp, PrivateAddressError } from "./guarded-request.ts";
import { requestOf, type ToolArguments, wordsFor } from "./http-tool.ts";

/** Two pages of text. Their check must not hold up the calls: uniqueItems compares each entry with each other one. */
export const MAX_ARGUMENT_CHARS = 8_192;
/** Mistakes in arguments that the model gets at once. */
const MAX_MISTAKES = 5;
/** Keywords whose errors only say that a part is wrong. */
const wrappers: ReadonlySet<string> = new Set(["properties", "items", "false", "allOf", "if", "$ref"]);
/** Of a name in the log: the model may make one up. */
const MAX_NAME_CHARS = 64;

export interface ToolRunnerDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly lookUp?: LookUp;
}

/** What running a tool gave: `problem` is for the log, `output` for the model. */
interface Outcome {
  readonly output: string;
  readonly problem?: string;
}

export function toolRunner(tools: readonly HttpTool[], { clock, log, lookUp = lookup }: ToolRunnerDeps): ToolPort {
  return {
    run(call, identity, ended, returned) {
      const startedMs = clock.nowMs();
      const run = runOne(tools, call, identity, { clock, ended, lookUp }).catch((error: unknown): Outcome => {
        log("error", "tool.threw", {
          callSid: identity.callSid,
          tool: call.name.slice(0, MAX_NAME_CHARS),
          stack: error instanceof Error ? error.stack : String(error),
        });
        return { output: "The tool failed.", problem: "threw" };
      });
      void run.then(({ output, problem }) => {
        const fields = { callSid: identity.callSid, tool: call.name.slice(0, MAX_NAME_CHARS), problem, ms: clock.nowMs() - startedMs };
        log(problem === undefined ? "info" : "warning", "tool.returned", fields);
        returned(output);
      });
    },
  };
}

interface Run {
  readonly clock: Clock;
  readonly ended: AbortSignal;
  readonly lookUp: LookUp;
}

async function runOne(tools: readonly HttpTool[], call: ToolCall, identity: CallIdentity, run: Run): Promise<Outcome> {
  const tool = tools.find(({ name }) => name === call.name);
  if (tool === undefined) {
    const known = tools.length === 0 ? "There are none." : `The tools are: ${tools.map(({ name }) => name).join(", ")}.`;
    return { output: `There is no tool of that name. ${known}`, problem: "unknown tool" };
  }
  const given = await readArguments(tool, call.arguments);
  if (typeof given === "string") return { output: `Not run: ${given}`, problem: "invalid arguments" };
  const { callSid, from, to } = identity;
  const request = requestOf(tool, given, { callSid, from, to, callId: call.callId, typed: call.typed });
  if (typeof request === "string") return { output: request, problem: "invalid arguments" };
  return send(tool, request, run);
}

async function send(
  tool: HttpTool,
  request: Exclude<ReturnType<typeof requestOf>, string>,
  { clock, ended, lookUp }: Run,
): Promise<Outcome> {
  const timeout = new AbortController();
  const cancel = clock.after(tool.timeoutMs, () => timeout.abort());
  try {
    const answer = await guardedRequest({ ...request, signal: AbortSignal.any([timeout.signal, ended]) }, lookUp);
    const output = wordsFor(answer, tool);
    return answer.status >= 200 && answer.status < 300 ? { output } : { output, problem: `HTTP ${answer.status}` };
  } catch (error) {
    if (timeout.signal.aborted) return { output: `The tool failed: no answer within ${tool.timeoutMs / 1_000} s.`, problem: "timeout" };
    if (error instanceof PrivateAddressError) return { output: "The tool failed: it is not set up correctly.", problem: error.message };
    return { output: "The tool failed: its server could not be reached.", problem: (error as Error).message };
  } finally {
    cancel();
  }
}

/** The arguments; a text when they are not valid. */
async function readArguments(tool: HttpTool, text: string): Promise<ToolArguments | string> {
  if (text.length > MAX_ARGUMENT_CHARS) return `the arguments are longer than ${MAX_ARGUMENT_CHARS} characters.`;
  let given: unknown;
  try {
    // Some models write nothing for a function without parameters.
    given = JSON.parse(text.trim() === "" ? "{}" : text);
  } catch (error) {
    return `the arguments are not JSON: ${(error as Error).message}`;
  }
  if (typeof given !== "object" || given === null || Array.isArray(given)) return "the arguments are not a JSON object.";
  const { Validator } = await import("@cfworker/json-schema");
  const { valid, errors } = new Validator(withBoundedPatterns(tool.parameters), "2020-12", false).validate(given);
  if (valid) return given as ToolArguments;
  // Of an error in a part, the schema reports the part and each whole around it: only the part says something.
  const innermost = errors.filter(({ keyword }) => !wrappers.has(keyword));
  const mistakes = innermost.map(({ instanceLocation, error }) => `${instanceLocation.replace(/^#\/?/, "") || "arguments"}: ${error}`);
  return `invalid arguments. ${mistakes.slice(0, MAX_MISTAKES).join(" ")}`;
}
