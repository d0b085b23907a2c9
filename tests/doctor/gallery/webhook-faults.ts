// Servers with a broken webhook or TwiML: the call ends before any stream.
// Follows https://www.twilio.com/docs/voice/twiml and https://www.twilio.com/docs/api/errors

import { createServer } from "node:net";
import { signRequest } from "../../../src/protocol/signature.ts";
import { agent } from "./agent.ts";
import { missingPython, startBlockedServer } from "./blocked-server.ts";
import { bunServer } from "./bun-server.ts";
import {
  type Answer,
  type DoctorFlags,
  type Exhibit,
  type GalleryWorld,
  type RunningServer,
  type ServerAddress,
  type ServerPlan,
  type ServerRequest,
  withTwilioError,
} from "./exhibit.ts";
import { connectTo, healthyWebhook, nodeServer } from "./node-server.ts";

/** The token of every gallery server that checks signatures. */
export const GALLERY_TOKEN = "0123456789abcdef0123456789abcdef";

type Webhook = (request: ServerRequest, address: ServerAddress, world: GalleryWorld) => Answer | Promise<Answer>;

const planOf =
  (webhook: Webhook) =>
  (world: GalleryWorld): ServerPlan => ({ webhook: (request, address) => webhook(request, address, world), stream: agent(world.clock) });

const exhibit = (name: string, cause: string, webhook: Webhook, flags?: DoctorFlags): Exhibit => ({
  name,
  cause,
  open: nodeServer(planOf(webhook)),
  ...(flags === undefined ? {} : { flags }),
});

const onBun = (name: string, cause: string, webhook: Webhook): Exhibit => ({ name, cause, open: bunServer(planOf(webhook)) });

const plain = (status: number, body: string): Answer => ({ status, headers: { "Content-Type": "text/plain" }, body });
const xml = (body: string): Answer => ({ body });
const html = (body: string): Answer => ({ headers: { "Content-Type": "text/html" }, body });
const json = (body: unknown): Answer => ({ headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

/** Accepts only requests signed for the URL that `urlOf` gives. */
export const signedFor =
  (urlOf: (request: ServerRequest, address: ServerAddress) => string): ((request: ServerRequest, address: ServerAddress) => Answer) =>
  (request, address) => {
    const params = Object.fromEntries(new URLSearchParams(request.body));
    const isSigned = request.headers["x-twilio-signature"] === signRequest(GALLERY_TOKEN, urlOf(request, address), params);
    return isSigned ? healthyWebhook(request, address) : plain(403, "Twilio Request Validation Failed.");
  };

const statuses: readonly Exhibit[] = [
  exhibit("webhook: Express has no such route", "webhook-not-found", ({ path }) => plain(404, `Cannot POST ${path}`)),
  exhibit("webhook: the route takes GET only", "webhook-method", ({ method }, address) =>
    method === "GET" ? connectTo(`ws://${address.host}/stream`) : { ...plain(405, "Method Not Allowed"), headers: { Allow: "GET" } },
  ),
  exhibit("webhook: the code throws", "webhook-crashed", () => plain(500, "Internal Server Error")),
  exhibit("webhook: closed for maintenance", "webhook-status", () => plain(503, "We are closed for maintenance.")),
  exhibit("webhook: the proxy has no server behind it", "webhook-gateway", () => ({ status: 502, ...html("<h1>502 Bad Gateway</h1>") })),
  exhibit("webhook: 503 for the first request, while it starts", "webhook-cold-start", (request, address) =>
    request.ordinal === 0 ? { status: 503, ...html("<h1>503 Service Unavailable</h1>") } : healthyWebhook(request, address),
  ),
  exhibit("webhook: the platform knows no such app while it wakes it: 404", "webhook-cold-start", (request, address) =>
    request.ordinal === 0 ? { status: 404, ...json({ message: "Application not found" }) } : healthyWebhook(request, address),
  ),
  exhibit("webhook: 405 for POST while it wakes, and GET works from the start", "webhook-cold-start", (request, address) =>
    request.ordinal === 0 ? plain(405, "Method Not Allowed") : healthyWebhook(request, address),
  ),
  exhibit("webhook: 403 twice, while the edge loads its rules", "webhook-cold-start", (request, address) =>
    request.ordinal < 2 ? plain(403, "Forbidden") : healthyWebhook(request, address),
  ),
  withTwilioError(
    "nothing",
    exhibit("webhook: works for one call, then answers 500", "works-once", (request, address) =>
      request.ordinal === 0 ? healthyWebhook(request, address) : plain(500, "Internal Server Error"),
    ),
  ),
  exhibit("webhook: expects JSON instead of a form", "webhook-form-rejected", ({ body }, { host }) => {
    try {
      return connectTo(`ws://${host}/${JSON.parse(body).CallSid}`);
    } catch (error) {
      return { status: 400, ...json({ error: String(error) }) };
    }
  }),
  onBun("webhook: Hono has no such route", "webhook-not-found", () => plain(404, "404 Not Found")),
  onBun("webhook: Hono's code throws", "webhook-crashed", () => plain(500, "Internal Server Error")),
  withTwilioError(
    11203,
    exhibit("webhook: answers after 16 s", "webhook-timeout", (request, address, { clock }) => {
      const { promise, resolve } = Promise.withResolvers<Answer>();
      clock.after(16_000, () => resolve(healthyWebhook(request, address)));
      return promise;
    }),
  ),
  exhibit("webhook: redirects to itself", "webhook-redirect-loop", ({ path }, { host }) => ({
    status: 302,
    headers: { Location: `http://${host}${path}` },
    body: "",
  })),
  withTwilioError(
    11210,
    exhibit("webhook: redirects to the host behind the proxy", "webhook-redirect-private", ({ path }) => ({
      status: 301,
      headers: { Location: `http://app.internal:3000${path}/` },
      body: "",
    })),
  ),
  exhibit("webhook: redirects without a Location", "webhook-redirect-invalid", () => ({ status: 302, body: "" })),
  withTwilioError(
    11100,
    exhibit("webhook: redirects to another scheme", "webhook-redirect-invalid", () => ({
      status: 302,
      headers: { Location: "myapp://voice" },
      body: "",
    })),
  ),
  exhibit("webhook: asks for a password", "webhook-login-required", () => ({
    status: 401,
    headers: { "WWW-Authenticate": 'Basic realm="staging"' },
    body: "Unauthorized",
  })),
];

const answers: readonly Exhibit[] = [
  exhibit("webhook: answers JSON", "webhook-json", () => json({ success: true })),
  withTwilioError(
    12300,
    exhibit("webhook: answers TwiML in a JSON string", "twiml-encoded-again", (_, { host }) => json(connectTo(`ws://${host}/stream`).body)),
  ),
  exhibit("webhook: answers without a Content-Type", "webhook-content-type", (_, { host }) => ({
    headers: { "Content-Type": "" },
    body: connectTo(`ws://${host}/stream`).body,
  })),
  exhibit("webhook: answers 200 without a body", "webhook-empty", () => xml("")),
  exhibit("webhook: answers 204", "webhook-empty", () => ({ status: 204, headers: { "Content-Type": "" }, body: "" })),
  exhibit("webhook: answers 70 kB", "webhook-too-big", (_, { host }) =>
    xml(`${connectTo(`ws://${host}/stream`).body}<!-- ${"log ".repeat(17_500)} -->`),
  ),
  exhibit("webhook: answers a sentence as text/plain", "twiml-plain-text", () => plain(200, "Server is running!")),
  exhibit("webhook: answers a recording", "twiml-audio-file", () => ({
    headers: { "Content-Type": "audio/mpeg" },
    body: `ID3\u0003${"\0".repeat(200)}`,
  })),
  exhibit("webhook: answers a page", "twiml-web-page", () =>
    html("<!DOCTYPE html><html><head><meta charset=utf-8><title>Welcome</title></head><body><p>It works!<br></body></html>"),
  ),
  withTwilioError(
    12102,
    exhibit("webhook: answers a well-formed page", "twiml-web-page", () => html("<html><body>Hello from Node</body></html>")),
  ),
];

const documents: readonly Exhibit[] = [
  exhibit("twiml: a raw & in the stream's URL", "twiml-malformed", (_, { host }) =>
    xml(`<Response><Connect><Stream url="ws://${host}/stream?a=1&b=2"/></Connect></Response>`),
  ),
  exhibit("twiml: whitespace before <?xml", "twiml-extra-text", (_, { host }) => xml(`\n  ${connectTo(`ws://${host}/stream`).body}`)),
  exhibit("twiml: an unclosed tag", "twiml-malformed", (_, { host }) =>
    xml(`<Response><Connect><Stream url="ws://${host}/stream"></Connect></Response>`),
  ),
  withTwilioError(
    12100,
    exhibit("twiml: JSON as text/xml", "webhook-json", () => xml('{"detail":"Not authenticated"}')),
  ),
  exhibit("twiml: no <Response>", "twiml-root", (_, { host }) => xml(`<Connect><Stream url="ws://${host}/stream"/></Connect>`)),
  exhibit("twiml: <response>", "twiml-root", (_, { host }) =>
    xml(`<response><Connect><Stream url="ws://${host}/stream"/></Connect></response>`),
  ),
  exhibit("twiml: <connect><stream>", "twiml-unknown-verb", (_, { host }) =>
    xml(`<Response><connect><stream url="ws://${host}/stream"/></connect></Response>`),
  ),
  withTwilioError(
    12200,
    exhibit("twiml: <Stream> without <Connect>", "twiml-no-stream", (_, { host }) =>
      xml(`<Response><Stream url="ws://${host}/stream"/></Response>`),
    ),
  ),
  exhibit("twiml: <Say> only", "twiml-no-stream", () => xml("<Response><Say>Hello there.</Say></Response>")),
  exhibit("twiml: <Response/>", "twiml-empty", () => xml("<Response/>")),
  withTwilioError(
    11100,
    exhibit("twiml: <Redirect> to another scheme", "twiml-no-stream", () => xml("<Response><Redirect>myapp://voice</Redirect></Response>")),
  ),
  exhibit("twiml: two documents redirect to each other", "twiml-redirect-loop", ({ path }) =>
    xml(`<Response><Redirect>${path === "/voice" ? "/menu" : "/voice"}</Redirect></Response>`),
  ),
  exhibit("twiml: <Reject>", "twiml-rejects", () => xml("<Response><Reject/></Response>")),
  exhibit("twiml: <Start><Stream>", "twiml-one-way", (_, { host }) =>
    xml(`<Response><Start><Stream url="ws://${host}/stream"/></Start><Pause length="2"/></Response>`),
  ),
  exhibit("twiml: ConversationRelay", "twiml-conversation-relay", (_, { host }) =>
    xml(`<Response><Connect><ConversationRelay url="wss://${host}/relay" welcomeGreeting="Hi"/></Connect></Response>`),
  ),
  exhibit("twiml: both tracks on <Connect>", "twiml-track", (_, { host }) =>
    xml(`<Response><Connect><Stream url="ws://${host}/stream" track="both_tracks"/></Connect></Response>`),
  ),
];

const found = ({ path }: ServerRequest, twiml: string): Answer =>
  path === "/voice" ? xml(`<Response>${twiml}</Response>`) : plain(404, "Not Found");
const stream = ({ host }: ServerAddress): string => `<Stream url="ws://${host}/stream"/>`;

/** What surrounds the stream. */
const surroundings: readonly Exhibit[] = [
  withTwilioError(
    "nothing",
    exhibit("twiml: the action of <Connect> is not there", "twiml-action-failed", (request, address) =>
      found(request, `<Connect action="/after">${stream(address)}</Connect>`),
    ),
  ),
  withTwilioError(
    "nothing",
    exhibit("twiml: the recording of a <Play> is not there", "twiml-play-unavailable", (request, address) =>
      found(request, `<Play>/welcome.mp3</Play><Connect>${stream(address)}</Connect>`),
    ),
  ),
  exhibit("twiml: hangs up before the stream", "twiml-ends-before-stream", (_, address) =>
    xml(`<Response><Say>Hi</Say><Hangup/><Connect>${stream(address)}</Connect></Response>`),
  ),
  exhibit("twiml: the second document redirects before the stream", "twiml-ends-before-stream", ({ path }, address) =>
    xml(
      `<Response><Redirect>${path === "/voice" ? "/b" : "/c"}</Redirect>${path === "/c" ? "" : `<Connect>${stream(address)}</Connect>`}</Response>`,
    ),
  ),
  exhibit("twiml: rejects before the stream", "twiml-rejects", (_, address) =>
    xml(`<Response><Reject/><Connect>${stream(address)}</Connect></Response>`),
  ),
  exhibit("twiml: a queue before the stream", "twiml-holds-before-stream", (_, address) =>
    xml(`<Response><Enqueue>support</Enqueue><Connect>${stream(address)}</Connect></Response>`),
  ),
  exhibit("twiml: a long <Pause> before the stream", "twiml-holds-before-stream", (_, address) =>
    xml(`<Response><Pause length="8"/><Connect>${stream(address)}</Connect></Response>`),
  ),
  exhibit("twiml: a parameter of 600 characters", "twiml-parameter-too-long", (_, { host }) =>
    xml(
      `<Response><Connect><Stream url="ws://${host}/stream"><Parameter name="context" value="${"x".repeat(593)}"/></Stream></Connect></Response>`,
    ),
  ),
  exhibit("twiml: waits for keys longer than the call lasts", "stream-not-opened", (_, address) =>
    xml(`<Response><Gather timeout="60"/><Connect>${stream(address)}</Connect></Response>`),
  ),
];

const signatures: readonly Exhibit[] = [
  exhibit(
    "signature: checked for https, behind a proxy that forwards http",
    "webhook-signature-rejected",
    signedFor((request, { host }) => `https://${host}${request.path}`),
    {
      authToken: GALLERY_TOKEN,
    },
  ),
  exhibit(
    "signature: checked for the internal host",
    "webhook-signature-mismatch",
    signedFor(({ path }) => `http://localhost:3000${path}`),
    {
      authToken: GALLERY_TOKEN,
    },
  ),
  exhibit(
    "signature: checked with a trailing slash",
    "webhook-signature-rejected",
    signedFor(({ path }, { host }) => `http://${host}${path}/`),
    {
      authToken: GALLERY_TOKEN,
    },
  ),
  withTwilioError(
    11200,
    exhibit(
      "signature: checked, and the doctor has no auth token",
      "needs-token",
      signedFor(({ path }, { host }) => `http://${host}${path}`),
    ),
  ),
  exhibit("signature: rejected whatever it is made of", "webhook-signature-mismatch", () => plain(403, "Forbidden"), {
    authToken: GALLERY_TOKEN,
  }),
  withTwilioError(
    "nothing",
    exhibit(
      "signature: rejected in words, with 200",
      "webhook-signature-mismatch",
      () => xml("<Response><Say>Sorry, this number has not been configured.</Say><Hangup/></Response>"),
      { authToken: GALLERY_TOKEN },
    ),
  ),
  exhibit("signature: not checked", "webhook-accepts-unsigned", healthyWebhook, { authToken: GALLERY_TOKEN }),
];

/** A raw TCP server: answers the first bytes with `onBytes`, or closes the connection. */
const onPort = (name: string, cause: string, urlOf: (port: number) => string, onBytes: string | undefined): Exhibit => ({
  name,
  cause,
  open: async (): Promise<RunningServer> => {
    const server = createServer((socket) => {
      socket.on("error", () => socket.destroy());
      socket.on("data", () => (onBytes === undefined ? socket.destroy() : socket.end(onBytes)));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    return { url: urlOf(port), stop: () => void server.close() };
  },
});

const nowhere = (name: string, cause: string, url: string): Exhibit => ({
  name,
  cause,
  open: async () => ({ url, stop: () => {} }),
});

const addresses: readonly Exhibit[] = [
  nowhere("webhook: the name does not resolve", "webhook-dns", "http://voice.nowhere.invalid/voice"),
  // Port 1 (tcpmux, RFC 1078) is closed on any machine.
  nowhere("webhook: nothing listens", "webhook-refused", "http://127.0.0.1:1/voice"),
  {
    name: "webhook: the process hangs, and accepts no connection",
    cause: "webhook-connect-timeout",
    missing: missingPython,
    open: startBlockedServer,
  },
  onPort("webhook: the process crashes on the request", "webhook-closed", (port) => `http://127.0.0.1:${port}/voice`, undefined),
  onPort("webhook: another protocol", "webhook-not-http", (port) => `http://127.0.0.1:${port}/voice`, "SSH-2.0-OpenSSH_9.2\r\n"),
  onPort(
    "webhook: https on a plain HTTP port",
    "webhook-not-https",
    (port) => `https://127.0.0.1:${port}/voice`,
    "HTTP/1.1 400 Bad Request\r\n\r\n",
  ),
];

export const webhookFaults: readonly Exhibit[] = [...statuses, ...answers, ...documents, ...surroundings, ...signatures, ...addresses];
