// Servers whose TwiML names a stream URL that does not lead to the server, or over which no TLS can be trusted.
// Follows https://www.twilio.com/docs/voice/twiml/stream#url and https://www.twilio.com/docs/api/errors/31901 to 31923

import { createServer } from "node:net";
import { agent } from "./agent.ts";
import type { Asked, Asking, Exhibit, Plan, Standing } from "./exhibit.ts";
import { connectTo, nodeServer } from "./node-server.ts";
import { behindTls, type Certificate, galleryAuthority, tlsFront } from "./tls-front.ts";

/** A server that is well but for the URL in its TwiML. */
const exhibit = (
  name: string,
  causes: Exhibit["causes"],
  urlOf: (host: string) => string,
  handshake: Plan["handshake"] = ({ path }) => (path === "/stream" ? { open: true } : { status: 404, body: "Not Found" }),
): Exhibit => ({
  name: `url: ${name}`,
  causes,
  open: nodeServer(({ clock }) => ({ webhook: (_, { host }) => connectTo(urlOf(host)), handshake, stream: agent(clock) })),
});

const withoutToken = ({ path }: Asked) =>
  path.includes("token=secret") ? ({ open: true } as const) : { status: 401, body: "missing token" };
const trusting: Asking = { ca: galleryAuthority };

const places: readonly Exhibit[] = [
  exhibit("a host that does not exist", ["url-dns"], () => "wss://voice.nowhere.invalid/stream"),
  exhibit("wss://undefined", ["url-dns", "url-missing"], () => "wss://undefined/stream"),
  exhibit("https:// within wss://", ["url-dns"], (host) => `wss://https://${host}/stream`),
  exhibit("another path", ["handshake-not-found"], (host) => `ws://${host}/media-stream`),
  exhibit("two slashes", ["handshake-not-found"], (host) => `ws://${host}//stream`),
  exhibit("a port where nothing listens", ["url-refused"], () => "wss://127.0.0.1:1/stream"),
  exhibit("http://", ["url-scheme"], (host) => `http://${host}/stream`),
  exhibit("https://", ["url-scheme"], (host) => `https://${host}/stream`),
  exhibit("no scheme", ["handshake-not-found", "url-scheme", "url-missing"], (host) => `${host}/stream`),
  exhibit("empty", ["url-missing"], () => ""),
  exhibit("a token in the query, 401 without", ["url-query-required"], (host) => `ws://${host}/stream?token=secret`, withoutToken),
  exhibit(
    "a token in the query, dropped without",
    ["url-query-required"],
    (host) => `ws://${host}/stream?token=secret`,
    (asked) => (asked.path.includes("token=secret") ? { open: true } : "drop"),
  ),
  {
    name: "url: a token in the query, closed without",
    causes: ["url-query-required"],
    debugger: 31921,
    open: nodeServer(() => ({
      webhook: (_, { host }) => connectTo(`ws://${host}/stream?token=secret`),
      stream: (socket) => {
        socket.close(1008, "missing token");
        return { text: () => {}, closed: () => {} };
      },
    })),
  },
  exhibit("TLS at a port that speaks plain HTTP", ["url-tls-handshake"], (host) => `wss://${host}/stream`),
  {
    name: "url: ws:// though the webhook is https",
    causes: ["url-scheme"],
    asking: trusting,
    open: behindTls(nodeServer(({ clock }) => ({ webhook: (_, { host }) => connectTo(`ws://${host}/stream`), stream: agent(clock) }))),
  },
  {
    name: "url: <Stream> without url",
    causes: ["url-missing"],
    open: nodeServer(({ clock }) => ({
      webhook: () => ({ body: "<Response><Connect><Stream/></Connect></Response>" }),
      stream: agent(clock),
    })),
  },
  {
    name: "url: a host that takes connections and says nothing",
    causes: ["url-timeout", "url-tls-handshake"],
    open: async (hall): Promise<Standing> => {
      const mute = createServer(() => {});
      await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
      const { port } = mute.address() as { port: number };
      const voice = await nodeServer(({ clock }) => ({ webhook: () => connectTo(`wss://127.0.0.1:${port}/stream`), stream: agent(clock) }))(
        hall,
      );
      return {
        url: voice.url,
        stop: async () => {
          mute.close();
          await voice.stop();
        },
      };
    },
  },
];

/** A server whose webhook is plain and whose stream is behind TLS with this certificate. */
const secured = (name: string, causes: Exhibit["causes"], certificate: Certificate, asking?: Asking, host = "127.0.0.1"): Exhibit => ({
  name: `tls: ${name}`,
  causes,
  ...(asking === undefined ? {} : { asking }),
  open: async (hall) => {
    const at = { port: 0 };
    const voice = await nodeServer(({ clock }) => ({ webhook: () => connectTo(`wss://${host}:${at.port}/stream`), stream: agent(clock) }))(
      hall,
    );
    const front = await tlsFront(certificate, Number(new URL(voice.url).port));
    at.port = front.port;
    return {
      url: voice.url,
      stop: async () => {
        front.stop();
        await voice.stop();
      },
    };
  },
});

const certificates: readonly Exhibit[] = [
  secured("self-signed", ["url-tls-self-signed"], "cert"),
  secured("expired", ["url-tls-expired"], "expired", trusting),
  secured("for another name", ["url-tls-name"], "misnamed", trusting),
  secured("the intermediate is missing", ["url-tls-chain"], "lonely", trusting),
  secured("an authority that nobody knows", ["url-tls-chain", "url-tls-self-signed"], "good"),
  secured("all in order", ["healthy"], "good", trusting),
  ...(["expired", "misnamed", "lonely"] as const).map(
    (certificate): Exhibit => ({
      name: `tls: the webhook's certificate is ${certificate}`,
      causes: ["webhook-tls"],
      // As https://www.twilio.com/docs/api/errors has them, each certificate's fault has a code of its own.
      debugger: { expired: 11236, misnamed: 11235, lonely: 11237 }[certificate],
      asking: trusting,
      open: behindTls(
        nodeServer(({ clock }) => ({ stream: agent(clock) })),
        certificate,
      ),
    }),
  ),
];

export const urlFaults: readonly Exhibit[] = [...places, ...certificates];
