// Healthy servers that look unusual. The doctor must find no error, and no warning but those listed with an exhibit.

import { encodeFrame } from "../../../src/protocol/websocket/frames.ts";
import { type AgentBehavior, agent, type FromTwilio } from "./agent.ts";
import { bunServer } from "./bun-server.ts";
import {
  type Answer,
  type DoctorFlags,
  type Exhibit,
  type GalleryWorld,
  type ServerAddress,
  type ServerPlan,
  type ServerRequest,
  type StreamListener,
  type StreamSocket,
  withTwilioError,
} from "./exhibit.ts";
import { connectTo, healthyWebhook, nodeServer } from "./node-server.ts";
import { inRoom } from "./room.ts";
import { behindTls, galleryAuthority } from "./tls-front.ts";
import { GALLERY_TOKEN, signedFor } from "./webhook-faults.ts";

type Base = typeof nodeServer;
type Options = {
  readonly flags?: DoctorFlags;
  readonly warnings?: readonly string[];
  readonly base?: Base;
  readonly path?: string;
  readonly plan?: (world: GalleryWorld) => Partial<ServerPlan>;
};

const exhibit = (
  name: string,
  behavior: AgentBehavior = {},
  { flags, warnings, base = nodeServer, path, plan }: Options = {},
): Exhibit => ({
  name: `healthy: ${name}`,
  cause: "healthy",
  ...(flags === undefined ? {} : { flags }),
  ...(warnings === undefined ? {} : { warnings }),
  open: base((world) => ({ stream: agent(world.clock, behavior), ...plan?.(world) }), path),
});

const webhook = (answer: (request: ServerRequest, address: ServerAddress) => Answer): Options => ({ plan: () => ({ webhook: answer }) });

/** Sends back the caller's audio. */
function echo(socket: StreamSocket): StreamListener {
  return {
    text(text) {
      const { event, streamSid, media } = JSON.parse(text) as FromTwilio;
      if (event === "media") socket.text(JSON.stringify({ event, streamSid, media: { payload: media?.payload } }));
      if (event === "stop") socket.close(1000, "");
    },
    closed() {},
  };
}

/** Pings every second, to keep a proxy's idle timeout from closing the stream. */
const pinging =
  ({ clock }: GalleryWorld): ServerPlan["stream"] =>
  (socket) => {
    const listener = agent(clock)(socket);
    let callOff = (): void => {};
    const ping = (): void => {
      socket.ping();
      callOff = clock.after(1_000, ping);
    };
    ping();
    return {
      text: (text) => listener.text(text),
      closed: () => {
        callOff();
        listener.closed();
      },
    };
  };

/** Sends every message in two frames (RFC 6455 section 5.4). */
const fragmented =
  (socket: StreamSocket) =>
  (text: string): void => {
    const bytes = new TextEncoder().encode(text);
    const half = bytes.length >> 1;
    socket.raw?.(encodeFrame({ opcode: "text", payload: bytes.subarray(0, half), fin: false }, undefined));
    socket.raw?.(encodeFrame({ opcode: "continuation", payload: bytes.subarray(half) }, undefined));
  };

/** Hangs up 4 s after start, when its greeting has been played. */
const announcement =
  ({ clock }: GalleryWorld): ServerPlan["stream"] =>
  (socket) => {
    const listener = agent(clock, { replyMs: 0 })(socket);
    const callOff = clock.after(4_000, () => socket.close(1000, ""));
    return {
      text: (text) => listener.text(text),
      closed: () => {
        callOff();
        listener.closed();
      },
    };
  };

const slowWebhook = ({ clock }: GalleryWorld): Partial<ServerPlan> => ({
  webhook: (request, address) => new Promise((resolve) => void clock.after(3_000, () => resolve(healthyWebhook(request, address)))),
});

const withRedirect = ({ path }: ServerRequest, { host }: ServerAddress): Answer =>
  path === "/second"
    ? connectTo(`ws://${host}/stream`)
    : { body: `<?xml version='1.0'?>\n<!-- two steps -->\n<Response><Say>One moment.</Say><Redirect>/second</Redirect></Response>` };

const withParameters = (_: ServerRequest, { host }: ServerAddress): Answer => ({
  body: `<Response><Connect><Stream url="ws://${host}/stream" name="a"><Parameter name="who" value="R&amp;D"/></Stream></Connect><Say>Goodbye.</Say></Response>`,
});

export const healthy: readonly Exhibit[] = [
  exhibit("nothing unusual, on node:http"),
  exhibit("nothing unusual, on Hono and Bun", {}, { base: bunServer, flags: { calls: 2 } }),
  exhibit("the webhook takes 3 s", {}, { plan: slowWebhook }),
  exhibit("greets after 4 s", { greetAfterMs: 4_000 }),
  exhibit("frames of 1 s", { chunkMs: 1_000 }, { flags: { calls: 2 } }),
  exhibit("frames of 20 ms, in real time", { chunkMs: 20, pace: 1 }),
  exhibit("frames that are not a multiple of 20 ms", { chunkMs: 137 }),
  exhibit("a mark after every 20 ms", { chunkMs: 20, marks: true }),
  exhibit("no marks", { marks: false }),
  exhibit("needs no clear: sends in real time, and stops", { chunkMs: 20, pace: 1, interrupted: "quiet" }, { flags: { calls: 2 } }),
  exhibit("waits for the caller to speak first", { greetingMs: 0 }, { flags: { calls: 2 } }),
  exhibit("lets Twilio close after stop", { stopped: "stay" }),
  exhibit("a room's noise behind the voice", {}, { plan: inRoom({}, -46) }),
  exhibit("a loud room behind the voice", {}, { plan: inRoom({}, -36) }),
  exhibit("a room's noise, and the caller speaks first", {}, { plan: inRoom({ greetingMs: 0 }, -40) }),
  exhibit("answers in a word", { replyMs: 500 }),
  exhibit("answers after 2 s", { replyAfterMs: 1_500 }, { flags: { calls: 2 } }),
  exhibit("greets for 20 s", { greetingMs: 20_000 }, { flags: { calls: 2 } }),
  exhibit(
    "splits its messages into fragments",
    {},
    { plan: ({ clock }) => ({ stream: (socket) => agent(clock)({ ...socket, text: fragmented(socket) }) }) },
  ),
  exhibit("clears before it says anything", {
    before(message, socket) {
      if (message.event === "start") socket.text(JSON.stringify({ event: "clear", streamSid: message.streamSid }));
      return false;
    },
  }),
  exhibit("makes an announcement and hangs up", {}, { plan: (world) => ({ stream: announcement(world) }) }),
  exhibit(
    "a chunked answer of the webhook",
    {},
    webhook((request, address) => ({ ...healthyWebhook(request, address), headers: { "Transfer-Encoding": "chunked" } })),
  ),
  exhibit("an echo", {}, { plan: () => ({ stream: echo }) }),
  exhibit("pings every second", {}, { plan: (world) => ({ stream: pinging(world) }) }),
  exhibit("pings every second, on Bun", {}, { base: bunServer, plan: (world) => ({ stream: pinging(world) }) }),
  exhibit(
    "a webhook by GET",
    {},
    {
      flags: { method: "GET" },
      ...webhook((request, address) => (request.method === "GET" ? healthyWebhook(request, address) : { status: 405, body: "" })),
    },
  ),
  exhibit("a path prefix, and a relative stream URL", {}, { path: "/eu/v2/voice", ...webhook(() => connectTo("/stream")) }),
  withTwilioError(
    31910,
    exhibit(
      "wss:// at the webhook's own plain port, in a local trial",
      {},
      webhook((_, { host }) => connectTo(`wss://${host}/stream`)),
    ),
  ),
  withTwilioError(
    31902,
    exhibit(
      "wss:// at the webhook's host, without its port, in a local trial",
      {},
      webhook((_, { host }) => connectTo(`wss://${host.split(":")[0]}/stream`)),
    ),
  ),
  exhibit(
    "a token in the stream's path",
    {},
    webhook((_, { host }) => connectTo(`ws://${host}/stream/CA01/aGVsbG8=`)),
  ),
  exhibit(
    "TwiML as text/html",
    {},
    webhook((request, address) => ({ ...healthyWebhook(request, address), headers: { "Content-Type": "text/html; charset=utf-8" } })),
  ),
  exhibit(
    "a redirect of the webhook",
    {},
    webhook((request, address) =>
      request.path === "/voice" ? { status: 307, headers: { Location: "/voice/" }, body: "" } : healthyWebhook(request, address),
    ),
  ),
  exhibit("<Say>, then a second document", {}, webhook(withRedirect)),
  exhibit("parameters, and a verb after <Connect>", {}, webhook(withParameters)),
  exhibit(
    "answers with the first subprotocol offered",
    {},
    {
      plan: () => ({
        handshake: ({ headers }) => ({
          open: true,
          headers: { "Sec-WebSocket-Protocol": (headers["sec-websocket-protocol"] ?? "").split(",")[0] ?? "" },
        }),
      }),
    },
  ),
  exhibit(
    "checks signatures, and the doctor has the auth token",
    {},
    { flags: { authToken: GALLERY_TOKEN }, ...webhook(signedFor(({ path }, { host }) => `http://${host}${path}`)) },
  ),
  {
    name: "healthy: behind a TLS proxy",
    cause: "healthy",
    flags: { ca: galleryAuthority },
    open: behindTls(nodeServer(({ clock }) => ({ webhook: (_, { host }) => connectTo(`wss://${host}/stream`), stream: agent(clock) }))),
  },
  { ...exhibit("two calls at the same time"), flags: { calls: 2 } },
];
