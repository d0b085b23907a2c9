// Servers whose WebSocket does not open for Twilio: subprotocols, cold starts, and answers other than 101.
// Follows RFC 6455 section 4 and https://www.twilio.com/docs/api/errors/31920

import { createServer } from "node:net";
import type { Clock } from "../../../src/call/ports.ts";
import { signRequest } from "../../../src/protocol/signature.ts";
import { acceptKey } from "../../../src/protocol/websocket/handshake.ts";
import { agent } from "./agent.ts";
import { bunServer } from "./bun-server.ts";
import {
  type Answer,
  type Exhibit,
  type GalleryWorld,
  type ServerPlan,
  type ServerRequest,
  type UpgradeAnswer,
  withTwilioError,
} from "./exhibit.ts";
import { connectTo, nodeServer } from "./node-server.ts";
import { GALLERY_TOKEN } from "./webhook-faults.ts";

type Handshake = NonNullable<ServerPlan["handshake"]>;
type Base = typeof nodeServer;

const exhibit = (
  name: string,
  cause: string,
  handshake: (request: ServerRequest, world: GalleryWorld) => ReturnType<Handshake>,
  base: Base = nodeServer,
): Exhibit => ({
  name,
  cause,
  open: base((world) => ({ handshake: (request) => handshake(request, world), stream: agent(world.clock) })),
});

const plain = (status: number, body: string, headers: Readonly<Record<string, string>> = {}): Answer => ({ status, body, headers });
const opened = (headers: Readonly<Record<string, string>> = {}): UpgradeAnswer => ({ open: true, headers });
const offered = ({ headers }: ServerRequest): readonly string[] =>
  (headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
const page = plain(200, "<html><body>single page application</body></html>", { "Content-Type": "text/html" });

/** Opens a handshake that offers this subprotocol, and answers any other with `rejection`. */
const requires =
  (protocol: string, rejection: Answer | "drop") =>
  (request: ServerRequest): Answer | UpgradeAnswer | "drop" =>
    offered(request).includes(protocol) ? opened({ "Sec-WebSocket-Protocol": protocol }) : rejection;

const later = <T>(world: GalleryWorld, ms: number, value: T): Promise<T> =>
  new Promise((resolve) => void world.clock.after(ms, () => resolve(value)));

/** Rejects handshakes for `ms` after the first one. */
function awakeAfter({ nowMs }: Clock, ms: number, rejection: Answer): () => Answer | UpgradeAnswer {
  let sinceMs: number | undefined;
  return () => {
    sinceMs ??= nowMs();
    return nowMs() - sinceMs < ms ? rejection : opened();
  };
}

const subprotocols: readonly Exhibit[] = [
  exhibit(
    "subprotocol: audio.twilio.com required, otherwise 400",
    "handshake-subprotocol-required",
    requires("audio.twilio.com", plain(400, "Bad Request")),
  ),
  exhibit(
    "subprotocol: audio.twilio.com required, otherwise 403",
    "handshake-subprotocol-required",
    requires("audio.twilio.com", plain(403, "")),
  ),
  exhibit(
    "subprotocol: audio.twilio.com required, otherwise the connection is closed",
    "handshake-subprotocol-required",
    requires("audio.twilio.com", "drop"),
  ),
  exhibit(
    "subprotocol: audio.twilio.com required, on Bun",
    "handshake-subprotocol-required",
    requires("audio.twilio.com", plain(426, "Upgrade Required")),
    bunServer,
  ),
  exhibit(
    "subprotocol: one of the author's own required, and the rejection says so",
    "handshake-subprotocol-required",
    requires("media.v1", plain(400, "missing or unsupported Sec-WebSocket-Protocol")),
  ),
  exhibit("subprotocol: audio.twilio.com answered without an offer", "handshake-subprotocol-unsolicited", () =>
    opened({ "Sec-WebSocket-Protocol": "audio.twilio.com" }),
  ),
  exhibit(
    "subprotocol: audio.twilio.com answered without an offer, on Bun",
    "handshake-subprotocol-unsolicited",
    () => opened({ "Sec-WebSocket-Protocol": "audio.twilio.com" }),
    bunServer,
  ),
  exhibit("subprotocol: another answered without an offer", "handshake-subprotocol-unsolicited", () =>
    opened({ "Sec-WebSocket-Protocol": "graphql-ws" }),
  ),
  exhibit("subprotocol: one chosen that was not offered", "handshake-subprotocol-wrong", (request) =>
    opened(request.headers["sec-websocket-protocol"] === undefined ? {} : { "Sec-WebSocket-Protocol": "twilio" }),
  ),
];

/** Opens a handshake without an offer, and answers one that offers a subprotocol with `answer`. */
const onOffer =
  (answer: Answer | UpgradeAnswer | "drop") =>
  (request: ServerRequest): Answer | UpgradeAnswer | "drop" =>
    request.headers["sec-websocket-protocol"] === undefined ? opened() : answer;

const offers: readonly Exhibit[] = [
  exhibit("subprotocol: 403 only when one is offered", "handshake-subprotocol-rejected", onOffer(plain(403, ""))),
  exhibit("subprotocol: 400 only when one is offered", "handshake-subprotocol-rejected", onOffer(plain(400, "Invalid subprotocol"))),
  exhibit("subprotocol: 500 only when one is offered", "handshake-subprotocol-rejected", onOffer(plain(500, ""))),
  exhibit("subprotocol: dropped only when one is offered", "handshake-subprotocol-rejected", onOffer("drop")),
  {
    name: "subprotocol: closed with 1002 only when one is offered",
    cause: "handshake-subprotocol-rejected",
    open: nodeServer(({ clock }) => {
      let isOffered = false;
      return {
        handshake(request) {
          isOffered = request.headers["sec-websocket-protocol"] !== undefined;
          return opened();
        },
        stream(socket) {
          if (isOffered) socket.close(1002, "subprotocol");
          return agent(clock)(socket);
        },
      };
    }),
  },
  exhibit(
    "subprotocol: two chosen in one header",
    "handshake-subprotocol-two",
    onOffer(opened({ "Sec-WebSocket-Protocol": "audio.twilio.com, mqtt" })),
  ),
  exhibit(
    "subprotocol: chosen twice",
    "handshake-subprotocol-two",
    onOffer(opened({ "Sec-WebSocket-Protocol": "audio.twilio.com\r\nSec-WebSocket-Protocol: audio.twilio.com" })),
  ),
  exhibit("subprotocol: misspelt", "handshake-subprotocol-misspelt", onOffer(opened({ "Sec-WebSocket-Protocol": "audio.twillio.com" }))),
];

/** Slow start-up delays the endpoint. */
const coldStarts: readonly Exhibit[] = [
  exhibit("cold start: the first request loads the route, and gets 404", "handshake-cold-start", ({ ordinal }) =>
    ordinal === 0 ? plain(404, "Cannot GET /stream") : opened(),
  ),
  exhibit("cold start: a page says that the server is starting", "handshake-cold-start", ({ ordinal }) =>
    ordinal === 0 ? page : opened(),
  ),
  {
    name: "cold start: 404 for 5 s after the first request",
    cause: "handshake-cold-start",
    open: nodeServer(({ clock }) => ({ handshake: awakeAfter(clock, 5_000, plain(404, "Cannot GET /stream")), stream: agent(clock) })),
  },
  {
    name: "cold start: 503 for 9 s after the first request",
    cause: "handshake-cold-start",
    open: nodeServer(({ clock }) => ({ handshake: awakeAfter(clock, 9_000, plain(503, "starting")), stream: agent(clock) })),
  },
  exhibit("cold start: the gateway answers 502 first", "handshake-cold-start", ({ ordinal }) =>
    ordinal === 0 ? plain(502, "Bad Gateway") : opened(),
  ),
  exhibit("cold start: 503 and Retry-After twice", "handshake-cold-start", ({ ordinal }) =>
    ordinal < 2 ? plain(503, "Service Unavailable", { "Retry-After": "1" }) : opened(),
  ),
  exhibit("cold start: the first connection is dropped", "handshake-cold-start", ({ ordinal }) => (ordinal === 0 ? "drop" : opened())),
  withTwilioError(
    31901,
    exhibit("cold start: the first handshake takes 12 s", "handshake-cold-start", ({ ordinal }, world) =>
      ordinal === 0 ? later(world, 12_000, opened()) : opened(),
    ),
  ),
  withTwilioError(
    "nothing",
    exhibit("cold start: the first handshake takes 6 s", "handshake-slow", ({ ordinal }, world) =>
      ordinal === 0 ? later(world, 6_000, opened()) : opened(),
    ),
  ),
  exhibit("slow: each handshake takes 6 s", "handshake-slow", (_, world) => later(world, 6_000, opened())),
];

const refusals: readonly Exhibit[] = [
  exhibit("handshake: 404 from express-ws", "handshake-not-found", () => plain(404, "Cannot GET /stream/.websocket")),
  exhibit("handshake: 404 from Express, which got no Upgrade", "handshake-no-upgrade", () => plain(404, "Cannot GET /stream")),
  exhibit("handshake: 404 from FastAPI, which got no Upgrade", "handshake-no-upgrade", () => plain(404, '{"detail":"Not Found"}')),
  exhibit("handshake: 404, from Hono", "handshake-not-found", () => plain(404, "404 Not Found"), bunServer),
  exhibit("handshake: 400, as the ws package answers an unknown path", "handshake-not-found", () => ({
    status: 400,
    headers: { "Content-Type": "text/html" },
    body: "Bad Request",
  })),
  exhibit("handshake: 500", "handshake-status", () => plain(500, "Internal Server Error")),
  exhibit("handshake: 502 every time", "handshake-gateway", () => plain(502, "Bad Gateway")),
  exhibit("handshake: 403 without Origin", "handshake-origin-required", ({ headers }) =>
    headers["origin"] === undefined ? plain(403, "Forbidden") : opened(),
  ),
  { ...exhibit("handshake: 403 every time", "handshake-forbidden", () => plain(403, "Forbidden")), flags: { authToken: GALLERY_TOKEN } },
  {
    ...exhibit("handshake: 401 without Authorization", "handshake-login-required", ({ headers }) =>
      headers["authorization"] === undefined ? plain(401, "Unauthorized", { "WWW-Authenticate": "Bearer" }) : opened(),
    ),
    flags: { authToken: GALLERY_TOKEN },
  },
  {
    ...exhibit("handshake: checks the signature for https instead of wss", "handshake-signature-rejected", ({ path, headers }) => {
      const expected = signRequest(GALLERY_TOKEN, `http://${headers["host"]}${path}`, {});
      return headers["x-twilio-signature"] === expected ? opened() : plain(403, "Forbidden");
    }),
    flags: { authToken: GALLERY_TOKEN },
  },
  {
    name: "handshake: HTTP/2 only, as gRPC servers",
    cause: "handshake-not-http",
    open: async (world) => {
      const http2 = createServer((socket) => {
        socket.on("error", () => socket.destroy());
        // An empty SETTINGS frame (RFC 9113 section 6.5), then GOAWAY with PROTOCOL_ERROR (section 6.8).
        socket.on("data", () => socket.end(Uint8Array.fromHex("000000040000000000000008070000000000000000000001")));
      });
      await new Promise<void>((resolve) => http2.listen(0, "127.0.0.1", resolve));
      const { port } = http2.address() as { port: number };
      const webhook = () => connectTo(`ws://127.0.0.1:${port}/stream`);
      const voice = await nodeServer(({ clock }) => ({ webhook, stream: agent(clock) }))(world);
      return {
        url: voice.url,
        stop: async () => {
          http2.close();
          await voice.stop();
        },
      };
    },
  },
  exhibit("handshake: redirects to https", "handshake-redirect", () => plain(301, "", { Location: "https://127.0.0.1/stream" })),
  exhibit("handshake: a page instead of 101", "handshake-no-upgrade", () => page),
  exhibit("handshake: a page instead of 101, on Bun", "handshake-no-upgrade", () => page, bunServer),
  exhibit("handshake: 426, because a proxy removes Upgrade", "handshake-no-upgrade", () => plain(426, "Upgrade Required")),
  exhibit("handshake: 400 from socket.io", "handshake-no-upgrade", () =>
    plain(400, '{"code":0,"message":"Transport unknown"}', { "Content-Type": "application/json" }),
  ),
  exhibit("handshake: never answered", "handshake-timeout", () => "silence"),
  exhibit("handshake: the process crashes on it, and stays down", "handshake-closed", () => "die"),
  exhibit("handshake: the connection is closed", "handshake-closed", () => "drop"),
  exhibit("handshake: the wrong Accept", "handshake-accept-mismatch", () =>
    opened({ "Sec-WebSocket-Accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" }),
  ),
  exhibit("handshake: no Accept", "handshake-header-missing", () => opened({ "Sec-WebSocket-Accept": "" })),
  exhibit("handshake: 101 without Upgrade", "handshake-header-missing", () => opened({ Upgrade: "" })),
  exhibit("handshake: 101 without Connection", "handshake-header-missing", () => opened({ Connection: "" })),
  exhibit("handshake: Upgrade and Connection twice", "handshake-header-repeated", () =>
    opened({ upgrade: "websocket", connection: "Upgrade" }),
  ),
  exhibit("handshake: Accept twice", "handshake-header-repeated", ({ headers }) =>
    opened({ "sec-websocket-accept": acceptKey(headers["sec-websocket-key"] ?? "") }),
  ),
  exhibit("handshake: a 101 of HTTP/1.0", "handshake-http-version", () => ({ open: true, httpVersion: "1.0" })),
  withTwilioError(
    "nothing",
    exhibit("handshake: an extension that was not offered", "handshake-extension-unsolicited", () =>
      opened({ "Sec-WebSocket-Extensions": "permessage-deflate" }),
    ),
  ),
];

export const handshakeFaults: readonly Exhibit[] = [...subprotocols, ...offers, ...coldStarts, ...refusals];
