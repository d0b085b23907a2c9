// Servers whose TwiML has a stream URL that does not lead to the server, or to a host without trusted TLS.
// Follows https://www.twilio.com/docs/voice/twiml/stream#url and https://www.twilio.com/docs/api/errors/31901 to 31923

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type MadeCertificate, makeCertificate } from "../../support/make-certificate.ts";
import { agent } from "./agent.ts";
import { missingPython, startBlockedServer } from "./blocked-server.ts";
import { type DoctorFlags, type Exhibit, type RunningServer, type ServerPlan, type ServerRequest, withTwilioError } from "./exhibit.ts";
import { connectTo, nodeServer } from "./node-server.ts";
import { behindTls, type Certificate, galleryAuthority, tlsFront } from "./tls-front.ts";

/** A server whose only fault is the URL in its TwiML. */
const exhibit = (
  name: string,
  cause: string,
  urlOf: (host: string) => string,
  handshake: ServerPlan["handshake"] = ({ path }) => (path === "/stream" ? { open: true } : { status: 404, body: "Not Found" }),
): Exhibit => ({
  name: `url: ${name}`,
  cause,
  open: nodeServer(({ clock }) => ({ webhook: (_, { host }) => connectTo(urlOf(host)), handshake, stream: agent(clock) })),
});

const withoutToken = ({ path }: ServerRequest) =>
  path.includes("token=secret") ? ({ open: true } as const) : { status: 401, body: "missing token" };
const trusting: DoctorFlags = { ca: galleryAuthority };

/** The stream's port accepts no connection. */
const hanging = (name: string, cause: string, host: string): Exhibit => ({
  name: `url: ${name}`,
  cause,
  missing: missingPython,
  open: async (world) => {
    const blocked = await startBlockedServer();
    const webhook = () => connectTo(`wss://${host}:${blocked.port}/stream`);
    const voice = await nodeServer(({ clock }) => ({ webhook, stream: agent(clock) }))(world);
    return {
      url: voice.url,
      stop: async () => {
        await voice.stop();
        await blocked.stop();
      },
    };
  },
});

const places: readonly Exhibit[] = [
  exhibit("a host that does not exist", "url-dns", () => "wss://voice.nowhere.invalid/stream"),
  {
    ...exhibit("the model's own", "url-model-host", () => "wss://api.openai.com/v1/realtime"),
    leadsElsewhere: true,
  },
  exhibit("wss://undefined", "url-placeholder", () => "wss://undefined/stream"),
  exhibit("an example's host", "url-placeholder", () => "wss://your-domain.invalid/stream"),
  withTwilioError(
    31923,
    exhibit("braces", "url-placeholder", () => "wss://{{NGROK_HOST}}/stream"),
  ),
  withTwilioError(
    31904,
    exhibit("https:// within wss://", "url-scheme-twice", (host) => `wss://https://${host}/stream`),
  ),
  exhibit("a line break after the host", "url-malformed", (host) => `ws://${host}&#10;/stream`),
  exhibit("quotation marks", "url-malformed", (host) => `&quot;ws://${host}/stream&quot;`),
  exhibit("backslashes", "url-malformed", (host) => `ws://${host}\\stream`),
  withTwilioError(
    "nothing",
    exhibit("a blank at the end", "url-malformed", (host) => `ws://${host}/stream `),
  ),
  withTwilioError(
    31902,
    exhibit("localhost, though the webhook is at another name", "url-private", () => "wss://localhost:1/stream"),
  ),
  exhibit("the name of a container", "url-private", () => "wss://voice-app:3000/stream"),
  exhibit("another path", "handshake-not-found", (host) => `ws://${host}/media-stream`),
  exhibit("two slashes", "handshake-not-found", (host) => `ws://${host}//stream`),
  exhibit("a port where nothing listens", "url-refused", () => "wss://127.0.0.1:1/stream"),
  hanging("a port of a process that hangs", "url-timeout", "127.0.0.1"),
  withTwilioError(31901, hanging("the address of another container", "url-private", "127.0.0.2")),
  exhibit("http://", "url-scheme", (host) => `http://${host}/stream`),
  exhibit("https://", "url-scheme", (host) => `https://${host}/stream`),
  exhibit("no scheme", "url-scheme-missing", (host) => `${host}/stream`),
  exhibit("empty", "url-missing", () => ""),
  exhibit("a token in the query, 401 without it", "url-query-required", (host) => `ws://${host}/stream?token=secret`, withoutToken),
  exhibit("a query that the server does not need", "url-query-stripped", (host) => `ws://${host}/stream?env=prod&v=2`),
  exhibit(
    "a token in the query, dropped without it",
    "url-query-required",
    (host) => `ws://${host}/stream?token=secret`,
    (request) => (request.path.includes("token=secret") ? { open: true } : "drop"),
  ),
  {
    name: "url: a token in the query, closed without it",
    cause: "url-query-required",
    twilioError: 31921,
    open: nodeServer(() => ({
      webhook: (_, { host }) => connectTo(`ws://${host}/stream?token=secret`),
      stream: (socket) => {
        socket.close(1008, "missing token");
        return { text: () => {}, closed: () => {} };
      },
    })),
  },
  {
    name: "url: the app's own port behind a TLS proxy",
    cause: "url-app-port",
    flags: trusting,
    open: async (world) => {
      const at = { host: "" };
      const webhook = () => connectTo(`wss://${at.host}/stream`);
      return behindTls(async () => {
        const voice = await nodeServer(({ clock }) => ({ webhook, stream: agent(clock) }))(world);
        at.host = new URL(voice.url).host;
        return voice;
      })(world);
    },
  },
  {
    name: "url: ws:// though the webhook is https",
    cause: "url-scheme",
    flags: trusting,
    open: behindTls(nodeServer(({ clock }) => ({ webhook: (_, { host }) => connectTo(`ws://${host}/stream`), stream: agent(clock) }))),
  },
  {
    name: "url: <Stream> without url",
    cause: "url-missing",
    open: nodeServer(({ clock }) => ({
      webhook: () => ({ body: "<Response><Connect><Stream/></Connect></Response>" }),
      stream: agent(clock),
    })),
  },
  {
    name: "url: a host that accepts connections and never answers",
    twilioError: 31901,
    cause: "url-tls-handshake",
    open: async (world): Promise<RunningServer> => {
      const silent = createServer(() => {});
      await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
      const { port } = silent.address() as { port: number };
      const voice = await nodeServer(({ clock }) => ({ webhook: () => connectTo(`wss://127.0.0.1:${port}/stream`), stream: agent(clock) }))(
        world,
      );
      return {
        url: voice.url,
        stop: async () => {
          silent.close();
          await voice.stop();
        },
      };
    },
  },
];

/** A server with a plain webhook and a stream behind TLS. */
const secured = (
  name: string,
  cause: string,
  certificate: Certificate | MadeCertificate,
  flags?: DoctorFlags,
  host = "127.0.0.1",
): Exhibit => ({
  name: `tls: ${name}`,
  cause,
  ...(flags === undefined ? {} : { flags }),
  open: async (world) => {
    const at = { port: 0 };
    const voice = await nodeServer(({ clock }) => ({ webhook: () => connectTo(`wss://${host}:${at.port}/stream`), stream: agent(clock) }))(
      world,
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

/** Trusts itself, by a file that the doctor is given. */
const expiring = makeCertificate(Date.now() + 3 * 86_400_000);
const expiringFile = join(mkdtempSync(join(tmpdir(), "voice-expiring-")), "cert.pem");
writeFileSync(expiringFile, expiring.cert);
process.on("exit", () => rmSync(dirname(expiringFile), { recursive: true, force: true }));

const certificates: readonly Exhibit[] = [
  secured("expires in three days", "url-certificate-expiring", expiring, { ca: expiringFile }),
  secured("self-signed", "url-tls-self-signed", "cert"),
  secured("expired", "url-tls-expired", "expired", trusting),
  secured("for another name", "url-tls-name", "misnamed", trusting),
  secured("the intermediate is missing", "url-tls-chain", "lonely", trusting),
  secured("an unknown authority", "url-tls-chain", "good"),
  secured("all in order", "healthy", "good", trusting),
  ...(["expired", "misnamed", "lonely"] as const).map(
    (certificate): Exhibit => ({
      name: `tls: the webhook's certificate is ${certificate}`,
      cause: "webhook-tls",
      // Each fault of a certificate has a code of its own: https://www.twilio.com/docs/api/errors
      twilioError: { expired: 11236, misnamed: 11235, lonely: 11237 }[certificate],
      flags: trusting,
      open: behindTls(
        nodeServer(({ clock }) => ({ stream: agent(clock) })),
        certificate,
      ),
    }),
  ),
];

export const urlFaults: readonly Exhibit[] = [...places, ...certificates];
