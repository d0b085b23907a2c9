// How each fault is caused: in the model, in the caller's stream, in voice, or by a request to its webhooks. What is
// expected of it is in the matrix.

import { Buffer } from "node:buffer";
import { connect } from "node:net";
import { CLOSE_WAIT_MS } from "../../../src/adapters/caller-socket.ts";
import { decodeMulaw, encodeAlaw } from "../../../src/audio/g711.ts";
import type { BrainReply, ReplyEnd } from "../../../src/simulators/openai/brains/brain.ts";
import { AUTH_TOKEN } from "../../support/line.ts";
import { TONES_HZ, tone } from "./heard-sounds.ts";
import type { Injection } from "./play.ts";
import type { Stage, Way } from "./stage.ts";

/** From now on every dial, or the next `times`, goes this way. Open connections, and those being opened, break. */
export function unreachable(way: Way | ((stage: Stage) => Way), times: number = Number.POSITIVE_INFINITY): Injection {
  return (stage) => {
    const first = stage.dials;
    let dials = 0;
    stage.knobs.dial = () => (dials++ < times ? (typeof way === "function" ? way(stage) : way) : undefined);
    breakAll(stage, first);
  };
}

/** Breaks open connections, and the last one dialled before as soon as it opens. */
function breakAll(stage: Stage, dialled: number): void {
  const { models } = stage;
  for (const connection of models.connections()) connection.drop();
  if (models.connections().length >= dialled) return;
  void models.until((all) => all.connections().length >= dialled, 2_000).then(() => models.connections()[dialled - 1]?.drop());
}

/** Acts on the newest connection, as soon as there is one. */
export function toModel(act: (model: NonNullable<ReturnType<Stage["model"]>>, stage: Stage) => void): Injection {
  return (stage) => {
    const now = stage.model();
    if (now !== undefined) act(now, stage);
    else
      void stage.models
        .until((all) => all.connections().length > 0, 5_000)
        .then(() =>
          stage.models
            .connections()
            .slice(0, 1)
            .map((one) => act(one, stage)),
        );
  };
}

/** The model sends this frame, unsolicited. */
export function modelSays(event: unknown): Injection {
  return toModel((model) => model.sendText(typeof event === "string" ? event : JSON.stringify(event)));
}

/** The next `times` replies end like this. While the model speaks, after half of the reply. */
export function replies(end: ReplyEnd, times: number = 1): Injection {
  return ({ knobs }, moment) => {
    let asks = 0;
    knobs.reply = (usual) => {
      if (asks++ >= times) return usual;
      return { items: moment === "modelSpeaking" || end.type === "incomplete" ? half(usual) : [], end };
    };
  };
}

function half({ items }: BrainReply): BrainReply["items"] {
  return items.map((item) => (item.type === "audio" ? { ...item, mulaw: item.mulaw.subarray(0, item.mulaw.length / 2) } : item));
}

/** The `type` of a Realtime event. */
function eventType(frame: string): string {
  return /"type":"([\w.]+)"/.exec(frame)?.[1] ?? "";
}

/** Each session refuses so many updates with this error, and then accepts one. Open connections break. */
export function refusesUpdates(error: object, times: number): Injection {
  const text = JSON.stringify({ type: "error", event_id: "event_x", error: { type: "invalid_request_error", ...error } });
  return unreachable(() => {
    let refused = 0;
    return { tamper: (frame, send) => send(eventType(frame) === "session.updated" && refused++ < times ? text : frame) };
  });
}

/** The next response is cancelled by the server before its first audio. */
export const cancelsReply: Injection = ({ knobs }) => {
  let isCancelled = false;
  knobs.modelSends = (frame, send) => {
    const type = eventType(frame);
    isCancelled ||= type === "response.created";
    if (!isCancelled) send(frame);
    else if (type === "response.done") {
      knobs.modelSends = undefined;
      send(frame.replace('"status":"completed"', '"status":"cancelled"'));
    } else if (!type.startsWith("response.output_audio") && !type.startsWith("response.content_part")) send(frame);
  };
};

/** A response's last delta is sent again this long after the end of the response. */
export function repeatsLastAudio(afterMs: number): Injection {
  return ({ knobs, clock }) => {
    let last: string | undefined;
    knobs.modelSends = (frame, send) => {
      if (eventType(frame) === "response.output_audio.delta") last = frame;
      send(frame);
      if (eventType(frame) !== "response.done" || last === undefined) return;
      const late = last;
      last = undefined;
      clock.after(afterMs, () => send(late));
    };
  };
}

/** Changes each frame that the caller sends. */
export function callerSends(change: (frame: string, send: (frame: string | Uint8Array) => void) => void): Injection {
  return ({ knobs }) => {
    knobs.callerSends = change;
  };
}

/** Sends additional frames, once. `last`: the caller's next frame. */
export function callerAlsoSends(frames: (last: string) => readonly (string | Uint8Array)[]): Injection {
  return ({ knobs }) => {
    let isDone = false;
    knobs.callerSends = (frame, send) => {
      if (!isDone && eventName(frame) !== "connected") {
        isDone = true;
        for (const each of frames(frame)) send(each);
      }
      send(frame);
    };
  };
}

/** The `event` of a Media Streams frame. */
export function eventName(frame: string): string {
  return /^\{"event":"(\w+)"/.exec(frame)?.[1] ?? "";
}

/** All frames of one event are lost. */
export function loses(event: string): Injection {
  return callerSends((frame, send) => {
    if (eventName(frame) !== event) send(frame);
  });
}

/** `start` announces another format; A-law audio really is A-law. */
export function format(encoding: string, channels: number): Injection {
  return callerSends((frame, send) => {
    const isAlaw = encoding === "audio/x-alaw";
    if (eventName(frame) === "start") send(frame.replace("audio/x-mulaw", encoding).replace('"channels":1', `"channels":${channels}`));
    else send(isAlaw ? mapPayload(frame, (bytes) => encodeAlaw(decodeMulaw(bytes))) : frame);
  });
}

/** Changes the audio of a media frame. Other frames stay as they are. */
export function mapPayload(frame: string, change: (bytes: Uint8Array) => Uint8Array): string {
  if (eventName(frame) !== "media") return frame;
  return frame.replace(
    /"payload":"([^"]*)"/,
    (_, base64: string) => `"payload":"${Buffer.from(change(Buffer.from(base64, "base64"))).toString("base64")}"`,
  );
}

/** Frames of odd lengths: two of 20 ms become one of 37 bytes and one with the rest. */
export function oddSizes(): Injection {
  let kept = new Uint8Array(0);
  return callerSends((frame, send) =>
    send(
      mapPayload(frame, (bytes) => {
        const all = Buffer.concat([kept, bytes]);
        const size = kept.length === 0 ? 37 : all.length;
        kept = new Uint8Array(all.subarray(size));
        return all.subarray(0, size);
      }),
    ),
  );
}

/** Every tenth frame comes after the one that follows it. */
export const outOfOrder: Injection = ({ knobs }) => {
  let held: string | undefined;
  let frames = 0;
  knobs.callerSends = (frame, send) => {
    if (eventName(frame) === "media" && ++frames % 10 === 0) {
      held = frame;
      return;
    }
    send(frame);
    if (held !== undefined) send(held);
    held = undefined;
  };
};

/** Far more frames than any telephone sends, all at once, each of 20 ms. */
export const flood: Injection = callerAlsoSends((last) => {
  const streamSid = /"streamSid":"(\w+)"/.exec(last)?.[1];
  const media = { track: "inbound", chunk: "1", timestamp: "1", payload: "/".repeat(212) };
  return Array.from({ length: 20_000 }, () => JSON.stringify({ event: "media", sequenceNumber: "2", media, streamSid }));
});

/** How long the network takes to report a broken connection. */
const REPORT_MS = 100;

/** The connection is dead both ways without a close, until voice gives up the socket. Then the caller learns it too. */
export const halfOpen: Injection = (stage, moment) => {
  stage.knobs.callerSends = () => {};
  stage.running.stopReading();
  if (moment === "goodbye") stage.clock.after(CLOSE_WAIT_MS + REPORT_MS, () => stage.running.command({ type: "dropSocket" }));
  else breakWhenLost(stage);
};

/** The caller's socket stops reading, while the model sends forty minutes of audio: more than the kernel buffers. */
export const readsNothing: Injection = (stage) => {
  stage.knobs.reply = (usual) => {
    stage.knobs.reply = undefined;
    const item = { type: "audio", mulaw: tone(TONES_HZ.answer, 590_000), transcript: "a lot" } as const;
    return { ...usual, items: [item, item, item, item] };
  };
  stage.running.stopReading();
  breakWhenLost(stage);
};

function breakWhenLost(stage: Stage): void {
  const before = stage.watch;
  stage.watch = (what) => {
    before(what);
    if (what !== "stream.lost" && what !== "call.givenUp") return;
    stage.knobs.callerSends = undefined;
    stage.watch = before;
    // After what voice itself does at this moment.
    stage.clock.after(REPORT_MS, () => stage.running.command({ type: "dropSocket" }));
  };
}

export const dropSocket: Injection = (stage) => void stage.clock.after(0, () => stage.running.command({ type: "dropSocket" }));

/** A second socket sends the `start` of this call. */
export const secondStream: Injection = (stage) => {
  const start = stage.running.call.stream?.caller.options;
  const { callSid, accountSid } = stage.running.call.facts;
  const socket = new WebSocket(`${stage.baseUrl.replace("http", "ws")}/twilio/realtime`);
  const streamSid = `MZ${"5".repeat(32)}`;
  const mediaFormat = { encoding: "audio/x-mulaw", sampleRate: 8000, channels: 1 };
  const body = { accountSid, streamSid, callSid, tracks: ["inbound"], mediaFormat, customParameters: start?.customParameters ?? {} };
  socket.onopen = () => socket.send(JSON.stringify({ event: "start", sequenceNumber: "1", start: body, streamSid }));
};

/**
 * An additional request to a webhook, at this moment. Over a socket of its own: `fetch` takes its time, and after the
 * goodbye the server may have stopped.
 */
export function postWebhook(path: string, headers: (url: string) => Record<string, string>, body: (stage: Stage) => string): Injection {
  return (stage) => {
    const { host, hostname, port } = new URL(stage.baseUrl);
    const content = body(stage);
    const form = {
      host,
      "content-type": "application/x-www-form-urlencoded",
      "content-length": String(content.length),
      connection: "close",
    };
    const fields = Object.entries({ ...form, ...headers(stage.baseUrl + path) }).map(([name, value]) => `${name}: ${value}\r\n`);
    const socket = connect(Number(port), hostname, () => socket.write(`POST ${path} HTTP/1.1\r\n${fields.join("")}\r\n${content}`));
    socket.on("error", () => {}); // the server may close the connection on such a request
  };
}

/** For a knob that throws from now on. */
export function throws(): never {
  throw new Error("planted by the fault matrix");
}

/** The operator stops voice with this much drain time. Before the first webhook, another call keeps voice running. */
export function drain(ms: number): Injection {
  return (stage, moment) => {
    if (moment === "webhook") void otherCall(stage, moment);
    void stage.voice.drain(moment === "webhook" ? 60_000 : ms);
  };
}

/** Another call is running: it takes one place, and keeps a draining server running. */
export const otherCall: Injection = ({ voice }) =>
  void voice.calls.offer({ callSid: `CA${"9".repeat(32)}`, accountSid: `AC${"9".repeat(32)}`, from: "+15550100999", to: "+15550100998" });

/** The Auth Token with which the simulated Twilio signs. */
export const stageToken = AUTH_TOKEN;
