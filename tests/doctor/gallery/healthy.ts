// Servers that are well and look odd: the doctor may warn and advise, and must find no error.

import { encodeFrame } from "../../../src/protocol/websocket/frames.ts";
import { agent, type FromTwilio, type Manners } from "./agent.ts";
import { bunServer } from "./bun-server.ts";
import {
  type Answer,
  type Asked,
  type Asking,
  type Exhibit,
  type Hall,
  type Place,
  type Plan,
  type StreamEar,
  type StreamSocket,
  shown,
} from "./exhibit.ts";
import { connectTo, healthyWebhook, nodeServer } from "./node-server.ts";
import { behindTls, galleryAuthority } from "./tls-front.ts";
import { GALLERY_TOKEN, signedFor } from "./webhook-faults.ts";

type Base = typeof nodeServer;
type More = { readonly asking?: Asking; readonly base?: Base; readonly path?: string; readonly plan?: (hall: Hall) => Partial<Plan> };

const exhibit = (name: string, manners: Manners = {}, { asking, base = nodeServer, path, plan }: More = {}): Exhibit => ({
  name: `healthy: ${name}`,
  causes: ["healthy"],
  ...(asking === undefined ? {} : { asking }),
  open: base((hall) => ({ stream: agent(hall.clock, manners), ...plan?.(hall) }), path),
});

const webhook = (answer: (asked: Asked, place: Place) => Answer): More => ({ plan: () => ({ webhook: answer }) });

/** Sends back what it hears. */
function echo(socket: StreamSocket): StreamEar {
  return {
    text(text) {
      const { event, streamSid, media } = JSON.parse(text) as FromTwilio;
      if (event === "media") socket.text(JSON.stringify({ event, streamSid, media: { payload: media?.payload } }));
      if (event === "stop") socket.close(1000, "");
    },
    closed() {},
  };
}

/** Pings every second, as those do who fear a proxy's idle timeout. */
const pinging =
  ({ clock }: Hall): Plan["stream"] =>
  (socket) => {
    const ear = agent(clock)(socket);
    let callOff = (): void => {};
    const ping = (): void => {
      socket.ping();
      callOff = clock.after(1_000, ping);
    };
    ping();
    return {
      text: (text) => ear.text(text),
      closed: () => {
        callOff();
        ear.closed();
      },
    };
  };

/** Every message in two frames (RFC 6455, 5.4). */
const fragmented =
  (socket: StreamSocket) =>
  (text: string): void => {
    const bytes = new TextEncoder().encode(text);
    const half = bytes.length >> 1;
    socket.raw?.(encodeFrame({ opcode: "text", payload: bytes.subarray(0, half), fin: false }, undefined));
    socket.raw?.(encodeFrame({ opcode: "continuation", payload: bytes.subarray(half) }, undefined));
  };

/** Hangs up 4 s after start, when its greeting has been heard. */
const announcement =
  ({ clock }: Hall): Plan["stream"] =>
  (socket) => {
    const ear = agent(clock, { replyMs: 0 })(socket);
    const callOff = clock.after(4_000, () => socket.close(1000, ""));
    return {
      text: (text) => ear.text(text),
      closed: () => {
        callOff();
        ear.closed();
      },
    };
  };

const slowWebhook = ({ clock }: Hall): Partial<Plan> => ({
  webhook: (asked, place) => new Promise((resolve) => void clock.after(3_000, () => resolve(healthyWebhook(asked, place)))),
});

const withCompany = ({ path }: Asked, { host }: Place): Answer =>
  path === "/second"
    ? connectTo(`ws://${host}/stream`)
    : { body: `<?xml version='1.0'?>\n<!-- two steps -->\n<Response><Say>One moment.</Say><Redirect>/second</Redirect></Response>` };

const withParameters = (_: Asked, { host }: Place): Answer => ({
  body: `<Response><Connect><Stream url="ws://${host}/stream" name="a"><Parameter name="who" value="R&amp;D"/></Stream></Connect><Say>Goodbye.</Say></Response>`,
});

export const healthy: readonly Exhibit[] = [
  exhibit("nothing odd, on node:http"),
  exhibit("nothing odd, on Hono and Bun", {}, { base: bunServer }),
  exhibit("the webhook takes 3 s", {}, { plan: slowWebhook }),
  exhibit("greets after 4 s", { greetAfterMs: 4_000 }),
  exhibit("frames of 1 s", { chunkMs: 1_000 }),
  exhibit("frames of 20 ms, as they are spoken", { chunkMs: 20, pace: 1 }),
  exhibit("frames of no whole 20 ms", { chunkMs: 137 }),
  exhibit("a mark behind every 20 ms", { chunkMs: 20, marks: true }),
  exhibit("no marks", { marks: false }),
  exhibit("needs no clear: sends as it is spoken, and stops", { chunkMs: 20, pace: 1, interrupted: "quiet" }),
  exhibit("waits to be spoken to", { greetingMs: 0 }),
  exhibit("lets Twilio close after stop", { stopped: "stay" }),
  exhibit("answers after 2 s", { replyAfterMs: 1_500 }),
  exhibit("greets for 20 s", { greetingMs: 20_000 }),
  exhibit(
    "cuts its messages into fragments",
    {},
    { plan: ({ clock }) => ({ stream: (socket) => agent(clock)({ ...socket, text: fragmented(socket) }) }) },
  ),
  exhibit("clears before everything that it says", {
    before(message, socket) {
      if (message.event === "start") socket.text(JSON.stringify({ event: "clear", streamSid: message.streamSid }));
      return false;
    },
  }),
  exhibit("says its piece and hangs up", {}, { plan: (hall) => ({ stream: announcement(hall) }) }),
  exhibit(
    "a webhook in chunks",
    {},
    webhook((asked, place) => ({ ...healthyWebhook(asked, place), headers: { "Transfer-Encoding": "chunked" } })),
  ),
  exhibit("an echo", {}, { plan: () => ({ stream: echo }) }),
  exhibit("pings every second", {}, { plan: (hall) => ({ stream: pinging(hall) }) }),
  exhibit("pings every second, on Bun", {}, { base: bunServer, plan: (hall) => ({ stream: pinging(hall) }) }),
  exhibit(
    "a webhook by GET",
    {},
    {
      asking: { method: "GET" },
      ...webhook((asked, place) => (asked.method === "GET" ? healthyWebhook(asked, place) : { status: 405, body: "" })),
    },
  ),
  shown(
    11200,
    exhibit(
      "a webhook by GET, and nobody says so",
      {},
      webhook((asked, place) =>
        asked.method === "GET" ? healthyWebhook(asked, place) : { status: 405, headers: { Allow: "GET" }, body: "" },
      ),
    ),
  ),
  exhibit("a path prefix, and a relative stream URL", {}, { path: "/eu/v2/voice", ...webhook(() => connectTo("/stream")) }),
  exhibit(
    "a query in the stream's URL that nobody needs",
    {},
    webhook((_, { host }) => connectTo(`ws://${host}/stream?env=prod&v=2`)),
  ),
  exhibit(
    "a token in the stream's path",
    {},
    webhook((_, { host }) => connectTo(`ws://${host}/stream/CA01/aGVsbG8=`)),
  ),
  exhibit(
    "text/html",
    {},
    webhook((asked, place) => ({ ...healthyWebhook(asked, place), headers: { "Content-Type": "text/html; charset=utf-8" } })),
  ),
  exhibit(
    "a redirect of the webhook",
    {},
    webhook((asked, place) =>
      asked.path === "/voice" ? { status: 307, headers: { Location: "/voice/" }, body: "" } : healthyWebhook(asked, place),
    ),
  ),
  exhibit("a sentence, then another document", {}, webhook(withCompany)),
  exhibit("parameters, and a verb after <Connect>", {}, webhook(withParameters)),
  exhibit(
    "echoes the first subprotocol offered",
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
    "checks signatures, and the doctor has the token",
    {},
    { asking: { authToken: GALLERY_TOKEN }, ...webhook(signedFor(({ path }, { host }) => `http://${host}${path}`)) },
  ),
  {
    name: "healthy: behind a TLS proxy",
    causes: ["healthy"],
    asking: { ca: galleryAuthority },
    open: behindTls(nodeServer(({ clock }) => ({ webhook: (_, { host }) => connectTo(`wss://${host}/stream`), stream: agent(clock) }))),
  },
  { ...exhibit("two calls at once"), asking: { calls: 2 } },
];
