// Servers behind something that answers in their place: edges, tunnels, platforms, web servers, logins. Only the marks
// of each page, not the page. Every mark of the table has a sample in evidence/who-answered.test.ts.

import { agent } from "./agent.ts";
import { type Answer, type Exhibit, type ServerPlan, withTwilioError } from "./exhibit.ts";
import { connectTo, healthyWebhook, nodeServer } from "./node-server.ts";
import { behindTls, galleryAuthority, tlsFront } from "./tls-front.ts";

const page = (status: number, body: string, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status,
  headers: { "Content-Type": "text/html", ...headers },
  body,
});

const hook = (name: string, cause: string, webhook: NonNullable<ServerPlan["webhook"]>): Exhibit => ({
  name: `in place of the app: ${name}`,
  cause: cause,
  open: nodeServer(({ clock }) => ({ webhook, stream: agent(clock) })),
});

const stream = (name: string, cause: string, answer: Answer): Exhibit => ({
  name: `in place of the stream: ${name}`,
  cause: cause,
  open: nodeServer(({ clock }) => ({ handshake: () => answer, stream: agent(clock) })),
});

/** The proxied app's own page carries Cloudflare's script, too. */
const ownForbiddenPage = page(403, "<title>Forbidden</title><script src='/cdn-cgi/challenge-platform/scripts/jsd/main.js'></script>", {
  Server: "cloudflare",
  "CF-RAY": "8f1",
});

const webhooks: readonly Exhibit[] = [
  hook("a bot challenge", "webhook-blocked", () =>
    page(403, "<title>Just a moment...</title>", { Server: "cloudflare", "cf-mitigated": "challenge" }),
  ),
  hook("a firewall's block, as text", "webhook-blocked", () =>
    page(403, "error code: 1020", { "Content-Type": "text/plain", Server: "cloudflare" }),
  ),
  withTwilioError(
    11200,
    hook("the app's own 403 behind Cloudflare, and no token", "needs-token", () => ownForbiddenPage),
  ),
  hook("a deployment's login", "webhook-login-required", () =>
    page(401, "<title>Authentication Required</title>", { "Set-Cookie": "_vercel_sso_nonce=x" }),
  ),
  hook("a platform that wants a caller with credentials", "webhook-login-required", () =>
    page(403, "Your client does not have permission to get URL <code>/voice</code> from this server.", { Server: "Google Frontend" }),
  ),
  withTwilioError(
    12100,
    hook("a redirect to a login page", "webhook-login-required", ({ path }) =>
      path === "/voice"
        ? { status: 302, headers: { Location: "/login?next=/voice" }, body: "" }
        : page(200, "<!DOCTYPE html><html><head><title>Log in</title></head><body><form><input type=password></form></body></html>"),
    ),
  ),
  hook("a check of the Host", "webhook-host-rejected", () => page(403, "<h1>Blocked hosts: voice.example.com</h1>")),
  hook("a CSRF check", "webhook-csrf", () => page(403, "<h1>Forbidden</h1><p>CSRF verification failed. Request aborted.</p>")),
  hook("a tunnel without its other end", "webhook-tunnel-offline", () =>
    page(404, "The endpoint a.ngrok.app is offline. (ERR_NGROK_3200)", { "Ngrok-Error-Code": "ERR_NGROK_3200" }),
  ),
  hook("a tunnel without a server behind it", "webhook-gateway", () => page(502, "", { "Ngrok-Error-Code": "ERR_NGROK_8012" })),
  hook("a platform without the app", "webhook-no-app", () => page(404, "Not Found", { "x-render-routing": "no-server" })),
  hook("a function that failed", "webhook-crashed", () => page(500, "FUNCTION_INVOCATION_FAILED", { "Content-Type": "text/plain" })),
  hook("a web server's welcome page", "webhook-default-page", () =>
    page(200, "<!DOCTYPE html><title>Welcome to nginx!</title><p>If you see this page"),
  ),
  hook("a web server that serves files", "webhook-method", () => page(405, "<h1>405 Not Allowed</h1><hr><center>nginx</center>")),
  hook("an API gateway without the route", "webhook-not-found", () =>
    page(403, '{"message":"Missing Authentication Token"}', { "Content-Type": "application/json" }),
  ),
  hook("an https port", "webhook-https-port", () =>
    page(400, "Client sent an HTTP request to an HTTPS server.\n", { "Content-Type": "text/plain" }),
  ),
];

const streams: readonly Exhibit[] = [
  stream("a bot challenge", "handshake-blocked", page(403, "<title>Just a moment...</title>", { "cf-mitigated": "challenge" })),
  stream(
    "a login of an edge",
    "handshake-login-required",
    page(302, "", { Location: "https://a.cloudflareaccess.com/cdn-cgi/access/login" }),
  ),
  stream("a check of the Host", "handshake-host-rejected", page(400, "Invalid host header", { "Content-Type": "text/plain" })),
  stream("a tunnel without its other end", "handshake-tunnel-offline", page(404, "", { "Ngrok-Error-Code": "ERR_NGROK_3200" })),
  stream(
    "a platform without the app",
    "handshake-no-app",
    page(404, '{"message":"Application not found"}', { "x-railway-fallback": "true" }),
  ),
  stream(
    "a WebSocket API without the stage",
    "handshake-not-found",
    page(403, '{"message":"Forbidden","connectionId":"a=","requestId":"b="}'),
  ),
  stream(
    "a proxy without a server behind it",
    "handshake-gateway",
    page(504, "<center><h1>504 Gateway Time-out</h1></center><hr><center>nginx</center>"),
  ),
];

/** POST becomes GET for 301 and 302 (RFC 9110 section 15.4). */
const movedTo = (path: string, status = 301): Answer => ({ status, headers: { Location: path }, body: "" });

const redirects: readonly Exhibit[] = [
  hook("a redirect that loses the form, to a route for POST", "webhook-redirect-to-get", ({ path, method }, address) => {
    if (path === "/voice") return movedTo("/voice/");
    return method === "POST" ? healthyWebhook({ path, method } as never, address) : { status: 405, headers: { Allow: "POST" }, body: "" };
  }),
  {
    ...hook("a redirect that loses the form, to a route for both", "webhook-redirect-to-get", ({ path }, { host }) =>
      path === "/voice" ? movedTo("/voice/", 302) : connectTo(`ws://${host}/stream`),
    ),
    twilioError: "nothing",
  },
];

/** The webhook over https redirects to a plain one, whose stream is wss. */
const downgrade: Exhibit = {
  name: "in place of the app: a redirect from https to http",
  cause: "webhook-redirect-insecure",
  twilioError: "nothing",
  flags: { ca: galleryAuthority },
  open: async (world) => {
    let streamPort = 0;
    const plain = await nodeServer(({ clock }) => ({
      webhook: () => connectTo(`wss://127.0.0.1:${streamPort}/stream`),
      stream: agent(clock),
    }))(world);
    const front = await tlsFront("good", Number(new URL(plain.url).port));
    streamPort = front.port;
    const secure = await behindTls(nodeServer(({ clock }) => ({ webhook: () => movedTo(plain.url, 307), stream: agent(clock) })))(world);
    const stop = async (): Promise<void> => {
      front.stop();
      await plain.stop();
      await secure.stop();
    };
    return { url: secure.url, stop };
  },
};

export const platformPages: readonly Exhibit[] = [...webhooks, ...streams, ...redirects, downgrade];
