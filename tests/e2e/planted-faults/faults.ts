// Faults to plant, and which checks of the selftest must turn red for each. A fault replaces one exported function,
// class or constant (seam.ts). It is written against the symbol's type, not its source, so it survives any change that
// keeps the behaviour. Most faults of a call go through `step`, which returns every effect of a call.

import type { callerSocket } from "../../../src/adapters/caller-socket.ts";
import type { modelSocket } from "../../../src/adapters/model-socket.ts";
import type { step } from "../../../src/call/call.ts";
import type { flushPlayout } from "../../../src/call/machines/playout.ts";
import type { CallerPort, ModelPort } from "../../../src/call/ports.ts";
import type { FAILURES_MAX } from "../../../src/call/rules/response-done.ts";
import type { requestResponse } from "../../../src/call/rules/responses.ts";
import type { connectStreamTwiml, TWIML_CONTENT_TYPE } from "../../../src/protocol/twiml/twiml.ts";
import type { chooseSubprotocol } from "../../../src/protocol/websocket/subprotocol.ts";
import type { Authenticator } from "../../../src/server/auth/authenticator.ts";
import type { readStreamToken } from "../../../src/server/auth/stream-token.ts";
import type { CallDriver } from "../../../src/server/calls/call-driver.ts";
import type { callerEvent } from "../../../src/server/calls/translate.ts";
import type { emptyAnswer } from "../../../src/server/http/answers.ts";
import type { answerFallback } from "../../../src/server/http/fallback.ts";
import type { nextOfUnknownCall } from "../../../src/server/http/webhook.ts";
import type { startVoice } from "../../../src/server/start.ts";
import type { openStream } from "../../../src/server/stream/open-stream.ts";
import { acceptWebhook } from "./accept-webhook.ts";
import type { Fault } from "./fault.ts";
import { type Seam, seam } from "./seam.ts";
import { effectsBecome, eventBecomes } from "./step-seams.ts";
import { transferFaults } from "./transfer-faults.ts";

const SUBPROTOCOL = "audio.twilio.com";

type Flushed = ReturnType<typeof flushPlayout>;
const flushedBecomes = (become: (flushed: Flushed, before: Parameters<typeof flushPlayout>[0]) => Flushed): Seam =>
  seam<typeof flushPlayout>("flushPlayout", (real) => (playout) => become(real(playout), playout));

export const faults: readonly Fault[] = [
  // The handshake.
  {
    name: "a subprotocol is selected although none was offered",
    at: seam<typeof chooseSubprotocol>("chooseSubprotocol", (real) => (header) => real(header) ?? SUBPROTOCOL),
    red: ["handshake.no-subprotocol"],
  },
  {
    name: "the first subprotocol is always selected",
    at: seam<typeof chooseSubprotocol>("chooseSubprotocol", () => (header) => header?.split(",")[0]?.trim()),
    red: ["handshake.several"],
  },
  {
    name: "an unknown subprotocol is never selected",
    at: seam<typeof chooseSubprotocol>("chooseSubprotocol", () => (header) => (header?.includes(SUBPROTOCOL) ? SUBPROTOCOL : undefined)),
    red: ["handshake.unknown-only"],
  },
  {
    name: "the upgrade waits for something slow",
    at: seam<typeof openStream>("openStream", (real) => async (request, connection, deps) => {
      await new Promise((resolve) => setTimeout(resolve, 6_000));
      return real(request, connection, deps);
    }),
    red: ["handshake.no-subprotocol", "handshake.audio-twilio-com", "handshake.several", "handshake.unknown-only", "handshake.model-hangs"],
    also: ["*"],
  },
  // Webhooks.
  {
    name: "an unsigned webhook is accepted",
    at: acceptWebhook(({ signature }) => signature === undefined),
    red: ["webhook.unsigned"],
  },
  {
    name: "any signature is accepted",
    at: acceptWebhook(({ signature }) => signature !== undefined),
    red: ["webhook.wrong-token"],
  },
  {
    name: "a stream needs no token",
    at: seam<typeof Authenticator>("Authenticator", (real) => {
      const { checkStart } = real.prototype;
      real.prototype.checkStart = function (call, token, upgrade) {
        return token === undefined ? undefined : checkStart.call(this, call, token, upgrade);
      };
      return real;
    }),
    red: ["start.refused"],
  },
  {
    name: "a stream's token is not verified",
    at: seam<typeof readStreamToken>("readStreamToken", (real) => (key, call, token) => real(key, call, token) ?? Date.now() + 60_000),
    red: ["start.refused"],
  },
  {
    name: "TwiML is sent as JSON",
    at: seam<typeof TWIML_CONTENT_TYPE>("TWIML_CONTENT_TYPE", () => "application/json"),
    red: ["webhook.signed"],
    also: ["*"],
  },
  {
    name: "the stream's URL has a query",
    at: seam<typeof connectStreamTwiml>(
      "connectStreamTwiml",
      (real) => (connect) => real({ ...connect, streamUrl: `${connect.streamUrl}?from=webhook` }),
    ),
    red: ["twiml.shape"],
  },
  {
    name: "nothing follows <Connect>",
    at: seam<typeof connectStreamTwiml>("connectStreamTwiml", (real) => (connect) => {
      const twiml = real(connect);
      return typeof twiml === "string" ? twiml.replace(/<Redirect.*<\/Redirect>/s, "") : twiml;
    }),
    red: ["twiml.shape"],
  },
  {
    name: "the stream's URL is always ws:",
    at: seam<typeof connectStreamTwiml>(
      "connectStreamTwiml",
      (real) => (connect) => real({ ...connect, streamUrl: connect.streamUrl.replace("wss:", "ws:") }),
    ),
    red: ["twiml.public"],
  },
  {
    name: "callbacks get an error",
    at: seam<typeof emptyAnswer>("emptyAnswer", () => () => new Response(null, { status: 500 })),
    red: ["callbacks.answered"],
    also: ["start.accepted"],
  },
  {
    name: "the fallback URL is not served",
    at: seam<typeof answerFallback>("answerFallback", () => async () => new Response(null, { status: 404 })),
    red: ["fault.fallback"],
  },
  {
    name: "an unknown call gets an empty answer",
    at: seam<typeof nextOfUnknownCall>("nextOfUnknownCall", (real) => (status, dialStatus, config) => {
      const next = real(status, dialStatus, config);
      return next.type === "say" ? { type: "nothing" } : next;
    }),
    red: ["after.unknown-call"],
  },
  // Audio.
  {
    name: "the greeting is never requested",
    at: seam<typeof requestResponse>(
      "requestResponse",
      (real) => (before, atMs, why) => (why === "greeting" ? before : real(before, atMs, why)),
    ),
    red: ["greeting.heard", "first-call"],
    also: ["*"],
  },
  {
    name: "caller audio is not held until the model is ready",
    at: seam<typeof step>("step", (real) => (call, event) => {
      const after = real(call, event);
      const isHeld = event.type === "caller.audio" && !after.effects.some(({ type }) => type === "model.appendAudio");
      return isHeld
        ? { ...after, effects: [...after.effects, { type: "model.appendAudio", payload: event.payload, keepBytes: 0 }] }
        : after;
    }),
    red: ["speech.unchanged"],
  },
  {
    name: "caller audio is altered",
    at: effectsBecome((effect) => [
      effect.type === "model.appendAudio" ? { ...effect, payload: effect.payload.replaceAll("/", "+") } : effect,
    ]),
    red: ["speech.unchanged"],
    also: ["*"],
  },
  {
    name: "the first bytes of each delta are lost",
    at: eventBecomes((event) => (event.type === "model.audio" ? { ...event, payload: event.payload.slice(4) } : event)),
    red: ["reply.unchanged", "greeting.heard"],
    also: ["*"],
  },
  {
    name: "all calls send into one socket",
    at: seam<typeof callerSocket>("callerSocket", (real) => {
      let first: CallerPort | undefined;
      return (clock, events) => {
        const socket = real(clock, events);
        const { port } = socket;
        const shared: CallerPort = {
          send(text) {
            first ??= port;
            return first.send(text);
          },
          batch: (work) => work(),
          close: () => port.close(),
        };
        return { listener: socket.listener, port: shared, close: (code, reason) => socket.close(code, reason), drop: () => socket.drop() };
      };
    }),
    red: ["calls.isolated"],
    also: ["*"],
  },
  {
    name: "a call's audio goes to the models of all calls",
    at: seam<typeof modelSocket>("modelSocket", (real) => {
      const ports = new Set<ModelPort>();
      return (agent, clock) => {
        const dialler = real(agent, clock);
        return {
          name: dialler.name,
          dial(callSid, safetyIdentifier, listener) {
            const port = dialler.dial(callSid, safetyIdentifier, listener);
            ports.add(port);
            const send = (text: string): void => {
              for (const each of text.includes("input_audio_buffer.append") ? ports : [port]) each.send(text);
            };
            return { send, close: () => port.close() };
          },
        };
      };
    }),
    red: ["calls.isolated", "speech.unchanged"],
    also: ["*"],
  },
  // Barge-in.
  {
    name: "no clear is sent",
    at: effectsBecome((effect) => (effect.type === "caller.flush" ? [] : [effect])),
    red: ["interrupt.clear"],
    also: ["interrupt.truncate", "marks.accounted", "calls.isolated"],
  },
  {
    name: "late audio of an interrupted response is played",
    at: seam<typeof step>("step", (real) => (call, event) => {
      const after = real(call, event);
      const isDropped = event.type === "model.audio" && !after.effects.some(({ type }) => type === "caller.play");
      return isDropped ? { ...after, effects: [...after.effects, { type: "caller.play", payload: event.payload }] } : after;
    }),
    red: ["interrupt.clear"],
    also: ["interrupt.truncate", "marks.accounted"],
  },
  {
    name: "truncation claims that all audio sent was heard",
    at: flushedBecomes(({ playout, truncations }) => ({
      playout,
      truncations: truncations.map((each) => ({ ...each, audioEndMs: each.sentMs })),
    })),
    red: ["interrupt.truncate"],
  },
  {
    name: "truncation claims that nothing was heard",
    at: flushedBecomes(({ playout, truncations }) => ({ playout, truncations: truncations.map((each) => ({ ...each, audioEndMs: 0 })) })),
    red: ["interrupt.truncate"],
  },
  {
    name: "marks that a clear sends back count as heard",
    at: flushedBecomes(({ playout, truncations }, { parts, marks }) => ({ playout: { ...playout, parts, marks }, truncations })),
    red: ["marks.accounted"],
    also: ["interrupt.truncate", "interrupt.clear"],
  },
  {
    name: "mark numbers start again after a clear",
    at: flushedBecomes(({ playout, truncations }) => ({ playout: { ...playout, nextMark: 1 }, truncations })),
    red: ["interrupt.truncate"],
    also: ["marks.accounted"],
  },
  // The stream.
  {
    name: "DTMF digits are dropped",
    at: seam<typeof step>(
      "step",
      (real) => (call, event) => (event.type === "caller.keyPressed" ? { call, effects: [] } : real(call, event)),
    ),
    red: ["dtmf.forwarded"],
  },
  {
    name: "a DTMF digit makes the call throw",
    at: seam<typeof step>("step", (real) => (call, event) => {
      if (event.type === "caller.keyPressed") throw new Error("BUG: planted");
      return real(call, event);
    }),
    red: ["server.no-throw", "dtmf.forwarded"],
  },
  {
    name: "a binary frame ends the stream",
    at: seam<typeof callerSocket>("callerSocket", (real) => (clock, events) => {
      const socket = real(clock, {
        onText: (text, atMs) => events.onText(text, atMs),
        onBinary: () => socket.close(1003, "text only"),
        onClosed: (code, reason) => events.onClosed(code, reason),
      });
      return socket;
    }),
    red: ["bad-frames.survived"],
  },
  {
    name: "another stream's frames are accepted",
    at: seam<typeof callerEvent>(
      "callerEvent",
      (real) => (message, epoch, atMs, codec) =>
        real("streamSid" in message && message.type !== "start" ? { ...message, streamSid: epoch } : message, epoch, atMs, codec),
    ),
    red: ["bad-frames.survived"],
  },
  {
    name: "a lost stream is taken for a hang-up",
    at: seam<typeof step>("step", (real) => (call, event) => {
      const after = real(call, event);
      const isResumed = after.effects.some((effect) => effect.type === "after.answer" && effect.next.type === "connect");
      return isResumed && event.type === "caller.nextRequested" ? real(call, { ...event, callStatus: "completed" }) : after;
    }),
    red: ["stream.resumed", "transfer.screened"],
  },
  ...transferFaults,
  // The model.
  {
    name: "a call whose model is down gets an empty answer",
    at: effectsBecome((effect) => [
      effect.type === "after.answer" && effect.next.type === "say" ? { type: "after.answer", next: { type: "nothing" } } : effect,
    ]),
    red: ["model-down.apology", "fault.model-key", "fault.model-quota", "fault.stream-format", "fault.server-throws"],
  },
  {
    name: "a model that is briefly overloaded is not retried",
    at: eventBecomes((event) => (event.type === "model.lost" && event.httpStatus !== undefined ? { ...event, httpStatus: 401 } : event)),
    red: ["fault.model-busy"],
  },
  {
    name: "a lost model is not redialled",
    at: effectsBecome((effect, { type }) =>
      effect.type === "model.dial" && effect.epoch > 1 && type !== "caller.started" ? [] : [effect],
    ),
    red: ["fault.model-lost", "fault.model-expired", "fault.model-busy", "fault.model-silent"],
    also: ["transfer.screened"],
  },
  {
    name: "a missing response is waited for without limit",
    at: seam<typeof startVoice>("startVoice", (real) => (options) => real({ ...options, times: { ...options.times, replyMs: 60_000 } })),
    red: ["fault.model-silent"],
  },
  {
    name: "a failed response is not requested again",
    at: seam<typeof FAILURES_MAX>("FAILURES_MAX", () => 1),
    red: ["fault.response-failed"],
    also: ["fault.model-expired", "fault.model-silent", "fault.model-lost"],
  },
  {
    name: "the model is not dialled before the stream starts",
    at: effectsBecome((effect, event) => (effect.type === "model.dial" && event.type === "caller.streamRequested" ? [] : [effect])),
    red: ["prewarm.saves"],
    also: ["*"],
  },
  // The end of a call.
  {
    name: "the model's socket stays open",
    at: seam<typeof step>("step", (real) => (call, event) => {
      const after = real(call, event);
      const isEnd = after.effects.some(({ type }) => type === "call.ended");
      return isEnd ? { ...after, effects: after.effects.filter(({ type }) => type !== "model.close") } : after;
    }),
    red: ["stop.no-leak"],
  },
  {
    name: "a timer keeps running",
    at: seam<typeof CallDriver>("CallDriver", (real) => {
      return class extends real {
        constructor(...[identity, deps]: ConstructorParameters<typeof CallDriver>) {
          const { clock } = deps;
          const after: typeof clock.after = (ms, callback) => {
            clock.after(ms, callback);
            return () => {};
          };
          super(identity, { ...deps, clock: { nowMs: () => clock.nowMs(), after } });
        }
      };
    }),
    red: ["stop.no-leak"],
  },
  {
    name: "a call is recorded twice",
    at: effectsBecome((effect) => (effect.type === "record.save" ? [effect, effect] : [effect])),
    red: ["stop.no-leak"],
    also: ["stream.resumed", "marks.accounted", "transfer.screened"],
  },
];
