// Servers that are well with one call and not with two, because they keep the call in a global.

import type { Clock } from "../../../src/call/ports.ts";
import { agent, type FromTwilio } from "./agent.ts";
import { bunServer } from "./bun-server.ts";
import { type Exhibit, type StreamEar, type StreamSocket, shown } from "./exhibit.ts";
import { nodeServer } from "./node-server.ts";

/** `let streamSid` outside of the connection: the last call's is put into everybody's messages. */
function globalStreamSid(clock: Clock): (socket: StreamSocket) => StreamEar {
  let streamSid = "";
  return agent(clock, {
    before(message: FromTwilio) {
      if (message.event === "start") streamSid = message.streamSid ?? "";
      return false;
    },
    wire: (media) => JSON.stringify({ ...media, streamSid }),
  });
}

/** `let connection` outside of the connection: everything is said to the last caller. */
function globalSocket(clock: Clock): (socket: StreamSocket) => StreamEar {
  let last: { socket: StreamSocket; streamSid: string } | undefined;
  return (socket) => {
    last = { socket, streamSid: "" };
    const ear = agent(clock)({
      ...socket,
      text: (text) => last?.socket.text(JSON.stringify({ ...JSON.parse(text), streamSid: last.streamSid })),
    });
    return {
      closed: () => ear.closed(),
      text(text) {
        const message = JSON.parse(text) as FromTwilio;
        if (message.event === "start" && last !== undefined) last.streamSid = message.streamSid ?? "";
        ear.text(text);
      },
    };
  };
}

/** One model session for all: what any caller says is heard by every other. */
function party(): (socket: StreamSocket) => StreamEar {
  const guests = new Map<StreamSocket, string>();
  return (socket) => ({
    closed: () => void guests.delete(socket),
    text(text) {
      const { event, streamSid = "", media } = JSON.parse(text) as FromTwilio;
      if (event === "start") guests.set(socket, streamSid);
      if (event === "stop") socket.close(1000, "");
      if (event !== "media") return;
      for (const [guest, sid] of guests) guest.text(JSON.stringify({ event, streamSid: sid, media: { payload: media?.payload } }));
    },
  });
}

/** One call at a time: a second one ends the first. */
function secondKillsFirst(clock: Clock): (socket: StreamSocket) => StreamEar {
  let first: StreamSocket | undefined;
  return (socket) => {
    first?.close(1001, "replaced");
    first = socket;
    return agent(clock)(socket);
  };
}

/** One call at a time: a second one is sent away. */
function secondIsRefused(clock: Clock): (socket: StreamSocket) => StreamEar {
  let isBusy = false;
  return (socket) => {
    if (isBusy) {
      socket.close(1013, "busy");
      return { text: () => {}, closed: () => {} };
    }
    isBusy = true;
    const ear = agent(clock)(socket);
    return {
      text: (text) => ear.text(text),
      closed: () => {
        isBusy = false;
        ear.closed();
      },
    };
  };
}

const two = { calls: 2 };

export const severalFaults: readonly Exhibit[] = [
  {
    name: "several: one streamSid for all",
    causes: ["concurrency-shared-state"],
    asking: two,
    open: nodeServer(({ clock }) => ({ stream: globalStreamSid(clock) })),
  },
  {
    name: "several: one socket for all",
    causes: ["concurrency-shared-state"],
    asking: two,
    open: nodeServer(({ clock }) => ({ stream: globalSocket(clock) })),
  },
  {
    name: "several: one conversation for all",
    causes: ["concurrency-shared-state"],
    asking: two,
    open: bunServer(() => ({ stream: party() })),
  },
  shown("nothing", {
    name: "several: the second call ends the first",
    causes: ["concurrency-call-fails"],
    asking: two,
    open: nodeServer(({ clock }) => ({ stream: secondKillsFirst(clock) })),
  }),
  shown("nothing", {
    name: "several: the second call is refused",
    causes: ["concurrency-call-fails"],
    asking: two,
    open: bunServer(({ clock }) => ({ stream: secondIsRefused(clock) })),
  }),
];
