// Servers that work with one call and fail with two, because they keep the call's state in a global.

import type { Clock } from "../../../src/call/ports.ts";
import { agent, type FromTwilio } from "./agent.ts";
import { bunServer } from "./bun-server.ts";
import { type Exhibit, type StreamListener, type StreamSocket, withTwilioError } from "./exhibit.ts";
import { nodeServer } from "./node-server.ts";

/** `let streamSid` outside the connection: every message carries the last call's. */
function globalStreamSid(clock: Clock): (socket: StreamSocket) => StreamListener {
  let streamSid = "";
  return agent(clock, {
    before(message: FromTwilio) {
      if (message.event === "start") streamSid = message.streamSid ?? "";
      return false;
    },
    wire: (media) => JSON.stringify({ ...media, streamSid }),
  });
}

/** `let connection` outside the connection: everything is sent to the last caller. */
function globalSocket(clock: Clock): (socket: StreamSocket) => StreamListener {
  let last: { socket: StreamSocket; streamSid: string } | undefined;
  return (socket) => {
    last = { socket, streamSid: "" };
    const listener = agent(clock)({
      ...socket,
      text: (text) => last?.socket.text(JSON.stringify({ ...JSON.parse(text), streamSid: last.streamSid })),
    });
    return {
      closed: () => listener.closed(),
      text(text) {
        const message = JSON.parse(text) as FromTwilio;
        if (message.event === "start" && last !== undefined) last.streamSid = message.streamSid ?? "";
        listener.text(text);
      },
    };
  };
}

/** One model session for all calls: every caller hears what any caller says. */
function sharedConversation(): (socket: StreamSocket) => StreamListener {
  const callers = new Map<StreamSocket, string>();
  return (socket) => ({
    closed: () => void callers.delete(socket),
    text(text) {
      const { event, streamSid = "", media } = JSON.parse(text) as FromTwilio;
      if (event === "start") callers.set(socket, streamSid);
      if (event === "stop") socket.close(1000, "");
      if (event !== "media") return;
      for (const [caller, sid] of callers) caller.text(JSON.stringify({ event, streamSid: sid, media: { payload: media?.payload } }));
    },
  });
}

/** One call at a time: the second ends the first. */
function secondKillsFirst(clock: Clock): (socket: StreamSocket) => StreamListener {
  let first: StreamSocket | undefined;
  return (socket) => {
    first?.close(1001, "replaced");
    first = socket;
    return agent(clock)(socket);
  };
}

/** One call at a time: the second is rejected. */
function secondIsRejected(clock: Clock): (socket: StreamSocket) => StreamListener {
  let isBusy = false;
  return (socket) => {
    if (isBusy) {
      socket.close(1013, "busy");
      return { text: () => {}, closed: () => {} };
    }
    isBusy = true;
    const listener = agent(clock)(socket);
    return {
      text: (text) => listener.text(text),
      closed: () => {
        isBusy = false;
        listener.closed();
      },
    };
  };
}

/** One detector of speech for all calls: two callers' frames alternate, so neither is ever found to have finished. */
function sharedDetector(clock: Clock): (socket: StreamSocket) => StreamListener {
  let open = 0;
  return (socket) => {
    open += 1;
    const listener = agent(clock, { before: ({ event }) => event === "media" && open > 1 })(socket);
    return {
      text: (text) => listener.text(text),
      closed: () => {
        open -= 1;
        listener.closed();
      },
    };
  };
}

const two = { calls: 2 };

export const concurrencyFaults: readonly Exhibit[] = [
  {
    name: "concurrency: one streamSid for all calls",
    cause: "concurrency-shared-state",
    flags: two,
    open: nodeServer(({ clock }) => ({ stream: globalStreamSid(clock) })),
  },
  {
    name: "concurrency: one socket for all calls",
    cause: "concurrency-shared-state",
    flags: two,
    open: nodeServer(({ clock }) => ({ stream: globalSocket(clock) })),
  },
  {
    name: "concurrency: one conversation for all calls",
    cause: "concurrency-shared-state",
    flags: two,
    open: bunServer(() => ({ stream: sharedConversation() })),
  },
  {
    name: "concurrency: while two calls are up, neither caller is answered",
    cause: "concurrency-call-fails",
    flags: two,
    open: nodeServer(({ clock }) => ({ stream: sharedDetector(clock) })),
  },
  withTwilioError("nothing", {
    name: "concurrency: the second call ends the first",
    cause: "concurrency-call-fails",
    flags: two,
    open: nodeServer(({ clock }) => ({ stream: secondKillsFirst(clock) })),
  }),
  withTwilioError("nothing", {
    name: "concurrency: the second call is rejected",
    cause: "concurrency-call-fails",
    flags: two,
    open: bunServer(({ clock }) => ({ stream: secondIsRejected(clock) })),
  }),
];
