// Servers whose stream stays open, and whose conversation is bad: silent, late, deaf to interruptions, or without end.
// Follows https://www.twilio.com/docs/voice/media-streams/websocket-messages

import type { Clock } from "../../../src/call/ports.ts";
import { type AgentBehavior, agent, type FromTwilio, type Media } from "./agent.ts";
import { bunServer } from "./bun-server.ts";
import { type Exhibit, type ServerPlan, type StreamSocket, withTwilioError } from "./exhibit.ts";
import { nodeServer } from "./node-server.ts";
import { inRoom } from "./room.ts";
import { spoils } from "./sounds.ts";

type Base = typeof nodeServer;

const exhibit = (name: string, cause: string, behavior: AgentBehavior, base: Base = nodeServer): Exhibit => ({
  name,
  cause,
  open: base(({ clock }): ServerPlan => ({ stream: agent(clock, behavior) })),
});

type OpenStream = ServerPlan["stream"];

/** A good agent whose stream ends after a while. */
const cutAfter =
  (clock: Clock, ms: number, cut: (socket: StreamSocket) => void): OpenStream =>
  (socket) => {
    const listener = agent(clock)(socket);
    const callOff = clock.after(ms, () => cut(socket));
    return {
      text: (text) => listener.text(text),
      closed: () => {
        callOff();
        listener.closed();
      },
    };
  };

/** Keeps the line filled with three seconds of silence, which each reply then waits for. */
const behindSilence =
  (clock: Clock): OpenStream =>
  (socket) => {
    let streamSid = "";
    let playsUntilMs = 0;
    const queue = (text: string): void => {
      const { media } = JSON.parse(text) as Media;
      if (media !== undefined) playsUntilMs = Math.max(playsUntilMs, clock.nowMs()) + Buffer.from(media.payload, "base64").length / 8;
      socket.text(text);
    };
    const listener = agent(clock, { greetingMs: 0, interrupted: "ignore", replyMs: 1_000, marks: false })({ ...socket, text: queue });
    const payload = Buffer.from(spoils.silence(new Uint8Array(3_000 * 8))).toString("base64");
    let callOff = (): void => {};
    const fill = (): void => {
      if (playsUntilMs - clock.nowMs() < 2_900) queue(JSON.stringify({ event: "media", streamSid, media: { payload } }));
      callOff = clock.after(100, fill);
    };
    return {
      text(text) {
        const message = JSON.parse(text) as FromTwilio;
        if (message.event === "start") {
          streamSid = message.streamSid ?? "";
          fill();
        }
        listener.text(text);
      },
      closed: () => {
        callOff();
        listener.closed();
      },
    };
  };

const silences: readonly Exhibit[] = [
  exhibit("silence: accepts the call and says nothing", "stream-silent", { greetingMs: 0, replyMs: 0 }),
  exhibit("silence: accepts the call and says nothing, on Bun", "stream-silent", { greetingMs: 0, replyMs: 0 }, bunServer),
  {
    name: "silence: a synchronous request blocks the loop once the stream is open",
    cause: "stream-blocked",
    open: nodeServer(() => ({ stream: () => ({ text() {}, closed() {} }), ignoresPings: true })),
  },
  exhibit("silence: waits for an event that Twilio never sends", "stream-silent", {
    before: ({ event }) => event === "start" || event === "media",
  }),
  exhibit("reply: greets and never answers", "reply-none", { replyMs: 0 }),
  exhibit("reply: the first, and then no more", "reply-stops", {
    replyAfterMs: (turn) => (turn === 0 ? 400 : 3_600_000),
    replyMs: 2_000,
  }),
  exhibit("reply: the second comes after 8 s", "reply-late", { replyAfterMs: (turn) => (turn === 1 ? 7_500 : 400), replyMs: 2_000 }),
  exhibit("reply: 7 s after the caller", "reply-late", { replyAfterMs: 7_000 }),
  { ...exhibit("reply: 7 s after the caller, on two calls", "reply-late", { replyAfterMs: 7_000 }), flags: { calls: 2 } },
  exhibit("reply: 3 s after the caller", "reply-late", { replyAfterMs: 2_500 }),
  exhibit("reply: the third takes 4 s", "reply-late", { replyAfterMs: (turn) => (turn === 2 ? 3_500 : 400) }),
  exhibit("reply: each takes 1 s longer than the one before", "reply-lag-grows", {
    replyAfterMs: (turn) => 300 + 600 * turn,
    replyMs: 1_500,
  }),
  {
    name: "reply: the model is connected after 12 s, and greets then",
    cause: "greeting-late",
    open: nodeServer(({ clock }) => ({
      stream: (socket) => {
        const startMs = clock.nowMs();
        const before = ({ event }: FromTwilio): boolean => event === "media" && clock.nowMs() - startMs < 12_000;
        return agent(clock, { greetAfterMs: 12_000, before })(socket);
      },
    })),
  },
  {
    name: "reply: sent in time, behind silence that is sent ahead all the time",
    cause: "reply-queued",
    open: nodeServer(({ clock }) => ({ stream: behindSilence(clock) })),
  },
  {
    name: "start: a limit ends the stream after 11 s, in the middle of the conversation",
    cause: "stream-dropped",
    open: nodeServer(({ clock }) => ({ stream: cutAfter(clock, 11_000, (socket) => socket.drop()) })),
  },
  // Later than a plain call lasts.
  withTwilioError("nothing", {
    name: "start: a limit ends each stream after 18 s, while a second call is up",
    cause: "stream-dropped",
    flags: { calls: 2 },
    open: nodeServer(({ clock }) => ({ stream: cutAfter(clock, 18_000, (socket) => socket.drop()) })),
  }),
];

const patient = { patient: true };

/** What only a long call shows. */
const longCalls: readonly Exhibit[] = [
  // Later than a plain call lasts.
  withTwilioError("nothing", {
    name: "patient: a proxy cuts the stream after 40 s",
    cause: "stream-dropped",
    flags: patient,
    open: nodeServer(({ clock }) => ({ stream: cutAfter(clock, 40_000, (socket) => socket.drop()) })),
  }),
  {
    name: "patient: each reply takes 120 ms longer than the one before",
    cause: "reply-lag-grows",
    flags: patient,
    open: nodeServer(({ clock }) => ({ stream: agent(clock, { replyAfterMs: (turn) => 300 + 120 * turn, replyMs: 1_500 }) })),
  },
  {
    name: "patient: the agent is connected after 20 s, and greets then",
    cause: "greeting-late",
    flags: patient,
    open: nodeServer(({ clock }) => ({
      stream: (socket) => {
        const startMs = clock.nowMs();
        const before = ({ event }: FromTwilio): boolean => event === "media" && clock.nowMs() - startMs < 20_000;
        return agent(clock, { greetAfterMs: 20_000, before })(socket);
      },
    })),
  },
];

/** Answers once, with a goodbye that it sends at once, and closes before it was played. */
const hangsUpEarly =
  (clock: Clock): OpenStream =>
  (socket) => {
    let spoken = 0;
    const text = (frame: string): void => {
      socket.text(frame);
      spoken += (JSON.parse(frame) as Media).media === undefined ? 0 : 1;
      // The greeting has ten messages.
      if (spoken === 20) clock.after(700, () => socket.close(1000, "done"));
    };
    return agent(clock, { pace: 20, interrupted: "ignore", replyMs: 5_000, marks: false })({ ...socket, text });
  };

const endings: readonly Exhibit[] = [
  withTwilioError("nothing", {
    name: "end: says goodbye, and closes before it was played",
    cause: "media-cut-off",
    open: nodeServer(({ clock }) => ({ stream: hangsUpEarly(clock) })),
  }),
  exhibit("interrupt: no clear, goes on talking", "interrupt-no-clear", { interrupted: "ignore", replyMs: 12_000 }),
  exhibit("interrupt: stops sending, but does not clear the buffer", "interrupt-no-clear", {
    interrupted: "quiet",
    replyMs: 12_000,
    pace: 20,
  }),
  exhibit("interrupt: clears, and goes on sending", "interrupt-audio-after-clear", {
    interrupted: "clear-only",
    replyMs: 15_000,
    pace: 1.1,
    chunkMs: 100,
  }),
  exhibit("interrupt: no clear, on Bun", "interrupt-no-clear", { interrupted: "ignore", replyMs: 12_000 }, bunServer),
  exhibit("interrupt: no clear, and replies with long pauses", "interrupt-no-clear", {
    interrupted: "ignore",
    replyMs: 8_000,
    chunkMs: 4_000,
    spoil: (pcmu) =>
      Uint8Array.from([...pcmu.subarray(0, 8_000), ...spoils.silence(pcmu.subarray(8_000, 24_000)), ...pcmu.subarray(24_000)]),
  }),
  {
    name: "interrupt: no clear, in a room whose noise never stops",
    cause: "interrupt-no-clear",
    open: nodeServer(inRoom({ interrupted: "ignore", replyMs: 12_000 }, -40)),
  },
  exhibit("interrupt: no clear, and short replies", "interrupt-no-clear", { interrupted: "ignore", replyMs: 1_500, pace: 20 }),
  exhibit("stop: goes on talking", "stream-open-after-stop", { stopped: "talk" }),
  {
    name: "stop: does not answer Twilio's close",
    cause: "stream-open-after-stop",
    open: nodeServer(({ clock }) => ({ stream: agent(clock, { stopped: "stay" }), ignoresClose: true })),
  },
];

export const replyFaults: readonly Exhibit[] = [...silences, ...longCalls, ...endings];
