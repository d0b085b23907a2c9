// A doctor's call in virtual time. The stream opens at 0; the server and the caller each follow a list of what they do
// when, and the telephone simulator runs between them. Returns the evidence that the doctor would collect over real
// sockets.

import { encodeMulaw } from "../../../src/audio/g711.ts";
import { renderTones } from "../../../src/audio/tone.ts";
import { DOCTOR_CHECKS } from "../../../src/doctor/checks/checks.ts";
import type { CallerAction, DoctorCall, DoctorJudgement, Evidence, StreamFrame } from "../../../src/doctor/evidence/evidence.ts";
import { acceptKey } from "../../../src/protocol/websocket/handshake.ts";
import type {
  StreamViolation,
  TelephoneCommand,
  TelephoneInput,
  TelephoneOptions,
} from "../../../src/simulators/twilio/telephone/inputs-outputs.ts";
import { createTelephoneCall, stepTelephoneCall } from "../../../src/simulators/twilio/telephone/telephone-call.ts";

/** A message (`$SID`: the streamSid), a binary frame, a close (1006: the connection breaks), or a violation. */
export type ServerAct =
  | object
  | string
  | Uint8Array
  | { readonly close: number; readonly reason?: string }
  | { readonly broken: StreamViolation };

/** Undefined: a command that is not recorded as an action. */
type ActionName = CallerAction["name"] | undefined;

/** Both sides of a call; times are milliseconds from the open stream. */
export interface Script {
  readonly server?: readonly (readonly [atMs: number, act: ServerAct])[];
  /** The name of each action, with the speech (PCMU) or the command that goes with it. */
  readonly caller?: readonly (readonly [atMs: number, name: ActionName, done?: Uint8Array | TelephoneCommand])[];
  /** 0: never. */
  readonly hangUpMs?: number;
  readonly options?: Partial<TelephoneOptions>;
  readonly toneHz?: number;
  readonly number?: number;
  /** The server never answers a close. */
  readonly ignoresClose?: boolean;
}

const epochMs = 1_000_000;

/** A tone, PCMU. */
export function beep(hz: number, ms: number, dbfs = -15): Uint8Array {
  return encodeMulaw(renderTones([{ hz, dbfs }], 0, ms * 8));
}

export function media(pcmu: Uint8Array, streamSid = "$SID"): object {
  return { event: "media", streamSid, media: { payload: pcmu.toBase64() } };
}

export function playStream({
  server = [],
  caller = [],
  hangUpMs = 12_000,
  options = {},
  toneHz,
  number = 1,
  ignoresClose = false,
}: Script): DoctorCall {
  const frames: StreamFrame[] = [];
  const actions: CallerAction[] = [{ name: "opened", atMs: epochMs }];
  const twiml = '<Response><Connect><Stream url="wss://voice.example/stream"/></Connect></Response>';
  let call = createTelephoneCall({
    webhook: { url: "https://voice.example/voice" },
    authToken: undefined,
    seed: `call ${number}`,
    twiml,
    stopLingerMs: 2_000,
    ...options,
  });
  const pending: { readonly atMs: number; readonly input: object }[] = [];
  const take = (atMs: number, input: object): void => {
    const whole = { ...input, atMs } as TelephoneInput;
    if (whole.type === "socket.text") frames.push({ atMs, from: "server", type: "text", text: whole.text });
    if (whole.type === "socket.binary") frames.push({ atMs, from: "server", type: "binary", bytes: whole.bytes });
    if (whole.type === "socket.broken") frames.push({ atMs, from: "server", type: "broken", bad: whole.bad, violation: whole.violation });
    if (whole.type === "socket.closed") frames.push({ atMs, from: "server", type: "closed", code: whole.code, reason: whole.reason });
    const step = stepTelephoneCall(call, whole);
    call = step.call;
    for (const order of step.outputs) {
      if (order.type === "socket.text") frames.push({ atMs, from: "twilio", type: "text", text: order.text });
      if (order.type === "socket.close" && !ignoresClose)
        pending.push({ atMs: atMs + 5, input: { type: "socket.closed", id: order.id, code: 1000, reason: "" } });
      if (order.type === "socket.dial") {
        const accept = [
          ["upgrade", "websocket"],
          ["connection", "Upgrade"],
          ["sec-websocket-accept", acceptKey(order.key)],
        ];
        const head = { version: "1.1", status: 101, reason: "", fields: accept };
        pending.push({ atMs: epochMs, input: { type: "socket.opened", id: order.id, head } });
      }
    }
  };
  take(epochMs - 20, { type: "placed" });
  const endMs = Math.max(hangUpMs + 8_000, ...server.map(([atMs]) => atMs + 100));
  for (let ms = 0; ms <= endMs && !call.done; ms += 10) {
    const atMs = epochMs + ms;
    for (const due of pending.splice(0)) take(atMs, due.input);
    const { stream } = call;
    if (stream !== undefined) {
      for (const act of server.filter(([at]) => at >= ms && at < ms + 10))
        serve(act[1], stream.id, stream.caller.options.streamSid, atMs, take);
      for (const [, name, done] of caller.filter(([at]) => at >= ms && at < ms + 10)) act(name, done, atMs, actions, take);
    }
    if (hangUpMs > 0 && hangUpMs >= ms && hangUpMs < ms + 10) {
      if (call.stream?.phase === "open") actions.push({ name: "hung-up", atMs });
      take(atMs, { type: "command", command: { type: "hangUp", requestsAction: false } });
    }
    take(atMs, { type: "woke" });
  }
  return { number, call, frames, actions, ...(toneHz === undefined ? {} : { toneHz }) };
}

type Take = (atMs: number, input: object) => void;

function serve(act: ServerAct, id: number, streamSid: string, atMs: number, take: Take): void {
  if (act instanceof Uint8Array) {
    take(atMs, { type: "socket.binary", id, bytes: act.length });
  } else if (typeof act === "object" && "broken" in act) {
    take(atMs, { type: "socket.broken", id, bad: "not a frame", violation: act.broken });
  } else if (typeof act === "object" && "close" in act) {
    const { close: code, reason = "" } = act as { readonly close: number; readonly reason?: string };
    take(atMs, { type: "socket.closed", id, code, reason });
  } else {
    const text = typeof act === "string" ? act : JSON.stringify(act);
    take(atMs, { type: "socket.text", id, text: text.replaceAll("$SID", streamSid) });
  }
}

function act(name: ActionName, done: Uint8Array | TelephoneCommand | undefined, atMs: number, actions: CallerAction[], take: Take): void {
  const ms = done instanceof Uint8Array ? done.length / 8 : undefined;
  if (name !== undefined) actions.push({ name, atMs, ...(ms === undefined ? {} : { untilMs: atMs + ms }) });
  if (done === undefined) return;
  take(atMs, { type: "command", command: done instanceof Uint8Array ? { type: "say", speech: done } : done });
}

/** The evidence of a `wss://` run with these calls and nothing else. */
export function evidenceOf(...calls: readonly DoctorCall[]): Evidence {
  return {
    target: { url: "wss://voice.example/stream", kind: "stream" },
    nowMs: epochMs,
    hasToken: false,
    insecure: false,
    isLocalTrial: false,
    calls,
    webhookHost: undefined,
    webhookTries: [],
    streamUrl: undefined,
    streamHost: undefined,
    handshakes: [],
    also: [],
  };
}

/** What one check says about these calls. */
export function judge(id: string, ...scripts: readonly Script[]): DoctorJudgement {
  const check = DOCTOR_CHECKS.find((one) => one.id === id);
  if (check === undefined) throw new Error(`no check ${id}`);
  return check.judge(evidenceOf(...scripts.map((script, index) => playStream({ number: index + 1, ...script }))));
}

export function outcome({ ok, cause }: DoctorJudgement): readonly [boolean | undefined, string | undefined] {
  return [ok, cause];
}
