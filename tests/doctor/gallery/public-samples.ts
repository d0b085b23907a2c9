// The well-known public samples, rebuilt by their behavior: as they are, and with the faults that their users report.
// Behaviors from github.com/twilio-samples/speech-assistant-openai-realtime-api-node and -python,
// github.com/openai/openai-realtime-twilio-demo, github.com/openai/openai-agents-js (agents-extensions,
// examples/realtime-twilio) and github.com/twilio/media-streams (node/connect-basic).

import type { FromTwilio } from "./agent.ts";
import {
  type Answer,
  type Exhibit,
  type ServerAddress,
  type ServerPlan,
  type ServerRequest,
  type StreamListener,
  type StreamSocket,
  withTwilioError,
} from "./exhibit.ts";
import { GALLERY_MODEL_KEY, withModel } from "./model.ts";
import { nodeServer } from "./node-server.ts";
import { missingFastApi, pythonServer } from "./python-servers.ts";
import { type RelayHabits, relay, sharedRelay } from "./relay.ts";
import { behindTls, galleryAuthority } from "./tls-front.ts";
import { GALLERY_TOKEN, signedFor } from "./webhook-faults.ts";

type Habits = Omit<RelayHabits, "modelUrl">;
type Sample = Pick<Exhibit, "names" | "flags" | "twilioError"> & {
  readonly habits?: Habits;
  readonly plan?: Partial<ServerPlan>;
  readonly shared?: boolean;
};

/** All but one of the samples answer anybody. */
const UNSIGNED = "webhook-accepts-unsigned";
const overTls = { ca: galleryAuthority };
const wrongKey: Habits = { apiKey: "sk-of-another-project" };
const beta: Habits = { betaHeader: true, betaSession: true, betaEvents: true };

/** Two sentences and a pause before the stream, at the host that was requested. */
const spokenWebhook = (_: ServerRequest, { host }: ServerAddress): Answer => spokenTo(`wss://${host}/media-stream`);

const spokenTo = (url: string): Answer => ({
  body: `<Response><Say>One moment, please.</Say><Pause length="1"/><Say>You can speak now.</Say><Connect><Stream url="${url}"/></Connect></Response>`,
});

/** Fastify's own answer where a route is missing. */
const noRoute = (method: string, path: string): Answer => ({
  status: 404,
  headers: { "Content-Type": "application/json; charset=utf-8" },
  body: JSON.stringify({ message: `Route ${method}:${path} not found`, error: "Not Found", statusCode: 404 }),
});

const sample = (name: string, cause: string, path: string, { habits, plan, shared, ...rest }: Sample): Exhibit => ({
  name: `sample: ${name}`,
  cause,
  ...rest,
  open: behindTls(
    withModel((modelUrl) =>
      nodeServer(({ clock }) => {
        const stream = (shared === true ? sharedRelay : relay)(clock, { modelUrl, ...habits });
        return { webhook: spokenWebhook, stream, ...plan };
      }, path),
    ),
  ),
});

/** Fastify: `<Say>` first, the model dialled with the stream, one mark for each piece of audio, no greeting. */
const node = (name: string, cause: string, options: Sample): Exhibit =>
  sample(`Node assistant: ${name}`, cause, "/incoming-call", { flags: overTls, ...options });

const nodeSamples: readonly Exhibit[] = [
  node("as it is", "healthy", { names: [UNSIGNED] }),
  node("a wrong key", "stream-silent", { habits: wrongKey }),
  node("the beta's header and names", "stream-silent", { habits: beta }),
  node("the beta's header is gone, its session and names are not", "stream-silent", { habits: { ...beta, betaHeader: false } }),
  node("new names, and a session that the model refuses", "media-pcm16", { habits: { betaSession: true } }),
  node("the Host of the app behind the proxy", "url-private", { plan: { webhook: () => spokenTo("wss://app:5050/media-stream") } }),
  node("the stream's route has another path", "handshake-not-found", {
    plan: { handshake: ({ path }) => (path === "/media" ? { open: true } : noRoute("GET", path)) },
  }),
  node("the number has another path", "webhook-not-found", { plan: { webhook: ({ method, path }) => noRoute(method, path) } }),
];

/** FastAPI: the same with two tasks. The stream's URL has no port. */
const python = (
  name: string,
  cause: string,
  { key = GALLERY_MODEL_KEY, habits = [] as string[], names = undefined as string[] | undefined } = {},
): Exhibit => ({
  name: `sample: Python assistant: ${name}`,
  cause,
  ...(names === undefined ? {} : { names }),
  missing: missingFastApi,
  open: withModel((modelUrl) => pythonServer("relay.py", [modelUrl, key, ...habits], "/incoming-call")),
});

const pythonSamples: readonly Exhibit[] = [
  withTwilioError(31902, python("as it is", "healthy", { names: [UNSIGNED] })),
  withTwilioError(31902, python("a wrong key", "stream-closes-on-start", { key: "sk-of-another-project" })),
  withTwilioError(31902, python("the beta's header and names", "stream-silent", { habits: ["beta"] })),
  withTwilioError(31902, python("the stream's route has another path", "handshake-forbidden", { habits: ["path"] })),
];

/** Express and ws: one session for the whole process, marks without a name, the model dialled at start. */
const demo = (name: string, cause: string, { habits, ...options }: Sample): Exhibit =>
  sample(`Realtime demo: ${name}`, cause, "/twiml", {
    flags: overTls,
    shared: true,
    habits: { dialsAt: "start", updateAfterMs: 0, marks: "nameless", ...habits },
    ...options,
  });

const demoSamples: readonly Exhibit[] = [
  demo("as it is, one call", "mark-malformed", { names: ["mark-malformed", UNSIGNED] }),
  demo("as it is, two calls", "concurrency-call-fails", {
    flags: { ...overTls, calls: 2 },
    twilioError: 31951,
    names: ["concurrency-call-fails", "mark-malformed", UNSIGNED],
  }),
  demo("PUBLIC_URL is not set", "webhook-crashed", {
    plan: { webhook: () => ({ status: 500, headers: { "Content-Type": "text/html" }, body: "<pre>TypeError: Invalid URL</pre>" }) },
  }),
  demo("a wrong key", "stream-silent", { habits: wrongKey }),
];

/** The transport of agents-js in its example: signatures checked, a mark with a name of its own for each piece. */
const agentsJs = (name: string, cause: string, { habits, ...options }: Sample): Exhibit =>
  sample(`agents-js: ${name}`, cause, "/incoming-call", {
    flags: { ...overTls, authToken: GALLERY_TOKEN },
    habits: { marks: "numbered", modelFailed: "close", updateAfterMs: 0, ...habits },
    plan: {
      webhook: (request, address) => {
        const checked = signedFor(({ path }, { host }) => `https://${host.split(":")[0]}${path}`)(request, address);
        return checked.status === undefined ? spokenWebhook(request, address) : checked;
      },
    },
    ...options,
  });

const agentsSamples: readonly Exhibit[] = [
  agentsJs("as it is", "healthy", { names: [] }),
  agentsJs("as it is, and the doctor has no auth token", "needs-token", { flags: overTls, twilioError: 11200 }),
  agentsJs("a wrong key", "stream-closes-on-start", { habits: wrongKey }),
];

const minimal = (name: string, cause: string, options: Sample): Exhibit =>
  sample(`minimal relay: ${name}`, cause, "/voice", {
    flags: overTls,
    ...options,
    habits: { marks: "none", interrupted: "ignore", ...options.habits },
  });

const minimalSamples: readonly Exhibit[] = [
  minimal("no marks, no clear, no truncation", "interrupt-no-clear", { names: ["interrupt-no-clear", UNSIGNED] }),
  minimal("the key is undefined", "stream-silent", { habits: { apiKey: "undefined" } }),
];

const repeatedMessages = 50;
const repeats = 5;

/** Sends the caller's last second back, five times, and closes. */
function repeatFiveTimes(socket: StreamSocket): StreamListener {
  let audio: Buffer[] = [];
  let sent = 0;
  return {
    closed() {},
    text(text) {
      const { event, streamSid, media } = JSON.parse(text) as FromTwilio;
      if (event !== "media" || media === undefined || sent === repeats) return;
      audio.push(Buffer.from(media.payload, "base64"));
      if (audio.length < repeatedMessages) return;
      socket.text(JSON.stringify({ event, streamSid, media: { payload: Buffer.concat(audio).toString("base64") } }));
      socket.text(JSON.stringify({ event: "mark", streamSid, mark: { name: `echo ${sent}` } }));
      audio = [];
      sent += 1;
      if (sent === repeats) socket.close(1000, "that was all");
    },
  };
}

const echo = (name: string, cause: string, urlOf: (host: string) => string, rest: Partial<Exhibit>): Exhibit => ({
  name: `sample: echo: ${name}`,
  cause,
  ...rest,
  open: nodeServer(
    () => ({
      webhook: (_, { host }) => ({
        body: `<Response><Say>This repeats what you say.</Say><Connect><Stream url="${urlOf(host)}"><Parameter name="a" value="b"/></Stream></Connect><Say>The stream has been closed.</Say></Response>`,
      }),
      stream: repeatFiveTimes,
    }),
    "/twiml",
  ),
});

const echoSamples: readonly Exhibit[] = [
  echo("ends after five messages", "healthy", (host) => `ws://${host}/`, { names: [UNSIGNED] }),
  echo("the template's placeholder is still there", "twiml-malformed", () => "wss://<ngrok url>/", {}),
];

export const publicSamples: readonly Exhibit[] = [
  ...nodeSamples,
  ...pythonSamples,
  ...demoSamples,
  ...agentsSamples,
  ...minimalSamples,
  ...echoSamples,
];
