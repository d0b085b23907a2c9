// Causes in the webhook, and in a number's way to it.
// Follows https://www.twilio.com/docs/api/errors, where each code has a page: .../errors/11200

import { type Cause, FULL_CHAIN, LISTEN } from "./cause.ts";

const webhook = (cause: Pick<Cause, "twilioError" | "why" | "fix" | "stacks">): Cause => ({
  stage: "webhook",
  // What Twilio says, word for word, when it gets no TwiML.
  callerHears: '"We are sorry, an application error has occurred. Goodbye."',
  ...cause,
});

export const WEBHOOK_CAUSES = {
  "webhook-cold-start": webhook({
    twilioError: 11200,
    why: "the server was asleep: the webhook's first request failed, and the same request worked seconds later",
    fix: "keep an instance running (minimum instances 1, no sleep when idle), and set the number's fallback URL: Twilio does not try again",
  }),
  "webhook-url": webhook({
    twilioError: 11100,
    why: "the webhook's URL is not one that Twilio can request",
    fix: "write it as https://voice.example.com/twilio/voice",
  }),
  "webhook-dns": webhook({
    twilioError: 11210,
    why: "the webhook's host name does not resolve",
    fix: "correct the name in Twilio's console, or its DNS entry",
  }),
  "webhook-unreachable": webhook({
    twilioError: 11205,
    why: "no connection to the webhook's host could be made",
    fix: LISTEN,
  }),
  "webhook-refused": webhook({ twilioError: 11202, why: "nothing listens at the webhook's address", fix: LISTEN }),
  "webhook-connect-timeout": webhook({
    twilioError: 11201,
    why: "the webhook's address does not answer a connection attempt",
    fix: LISTEN,
  }),
  "webhook-timeout": webhook({
    twilioError: 11205,
    why: "the webhook does not answer within Twilio's 15 seconds",
    fix: "answer at once, and do slow work after the answer: do not await the model in the webhook",
  }),
  "webhook-tls": webhook({ twilioError: 11220, why: "the webhook's TLS handshake or certificate fails", fix: FULL_CHAIN }),
  "webhook-not-https": webhook({
    twilioError: 11220,
    why: "the webhook's port speaks plain HTTP, and not the TLS of its https:// URL",
    fix: "leave the port out, so that the URL leads to the proxy at port 443, which speaks TLS; or write http://",
  }),
  "webhook-not-http": webhook({
    twilioError: 11206,
    why: "the server at the webhook's address does not speak HTTP",
    fix: "use https where the port speaks TLS and http where it does not, and check the proxy",
  }),
  "webhook-closed": webhook({
    twilioError: 11200,
    why: "the webhook's server closes the connection without an answer",
    fix: "look at the server's log: it crashes on the request, or the proxy has no server behind it",
  }),
  "webhook-not-found": webhook({
    twilioError: 11200,
    why: "nothing is at the webhook's path",
    fix: "correct the path in Twilio's console, and the method: it is POST unless set",
  }),
  "webhook-method": webhook({
    twilioError: 11200,
    why: "the webhook's path does not accept this method",
    fix: "make the route accept POST, or set the number's webhook to GET",
  }),
  "webhook-status": webhook({
    twilioError: 11200,
    why: "the webhook answers with an error",
    fix: "look at the server's log for this request",
  }),
  "webhook-crashed": webhook({
    twilioError: 11200,
    why: "the webhook's code fails on Twilio's request",
    fix: "look at the server's log for this request: Twilio sends a form (application/x-www-form-urlencoded), not JSON",
  }),
  "webhook-form-rejected": webhook({
    twilioError: 11200,
    why: "the webhook rejects the form that Twilio sends: it expects JSON, or other fields",
    fix: "read the body as a form (application/x-www-form-urlencoded), and exempt the path from JSON validation",
    stacks: {
      "express-ws": "app.use(express.urlencoded({ extended: false })).",
      fastify: "Register @fastify/formbody.",
      fastapi: "form = await request.form(), with python-multipart installed, instead of a pydantic body.",
      flask: "request.form, not request.get_json().",
      "hono-bun": "await c.req.parseBody(), not c.req.json().",
    },
  }),
  "webhook-login-required": webhook({
    twilioError: 11200,
    why: "the webhook requires a login, and Twilio cannot log in",
    fix: "exempt the path from it and check X-Twilio-Signature instead; Twilio sends HTTP Basic credentials only if they are in the URL: https://user:password@...",
  }),
  "webhook-blocked": webhook({
    twilioError: 11200,
    why: "a firewall, a bot check or a rate limit blocks Twilio's request before the app sees it",
    fix: "let requests to the webhook's path through, whatever their User-Agent and address",
  }),
  "webhook-host-rejected": webhook({
    twilioError: 11200,
    why: "the framework does not accept the Host of the request",
    fix: "add the public host to the framework's allowed hosts",
  }),
  "webhook-csrf": webhook({
    twilioError: 11200,
    why: "the webhook requires a browser's CSRF token",
    fix: "exempt the path from the CSRF check, and check X-Twilio-Signature instead",
    stacks: { flask: "With Flask-WTF, @csrf.exempt." },
  }),
  "webhook-tunnel-offline": webhook({
    twilioError: 11200,
    why: "the tunnel answers, but its other end is not connected",
    fix: "start the tunnel again, and put the address that it prints into Twilio's console",
  }),
  "webhook-no-app": webhook({
    twilioError: 11200,
    why: "the platform has no running app at this host",
    fix: "deploy or start the app, and put its own address into Twilio's console",
  }),
  "webhook-gateway": webhook({
    twilioError: 11200,
    why: "a proxy answers, but gets no answer from the server behind it",
    fix: "start the server, and make it listen on the address and port that the proxy forwards to; answer before slow work",
  }),
  "webhook-default-page": webhook({
    twilioError: 12100,
    why: "a web server's welcome page answers instead of the app",
    fix: "make the web server forward this host and path to the app",
  }),
  "webhook-https-port": webhook({
    twilioError: 11200,
    why: "plain http is sent to a port that speaks TLS",
    fix: "write https:// instead of http://",
  }),
  "webhook-truncated": webhook({
    twilioError: 11200,
    why: "the answer ends before it is complete",
    fix: "send the Content-Length of the body in bytes (not in characters), or let the framework compute it",
  }),
  "webhook-unfinished": webhook({
    twilioError: 11205,
    why: "the answer begins but never ends",
    fix: "end the response (res.end()), with a Content-Length or by closing the connection",
  }),
  "webhook-compressed": webhook({
    twilioError: 12100,
    why: "the answer is compressed, although Twilio's request does not ask for it",
    fix: "compress only when the request has Accept-Encoding, or turn gzip off for this path",
  }),
  "webhook-json": webhook({
    twilioError: 12300,
    why: "the webhook answers with JSON instead of TwiML",
    fix: "answer with TwiML, <Response>...</Response>, and Content-Type: text/xml",
    stacks: {
      "express-ws": "res.type('text/xml').send(twiml), not res.json().",
      fastify: "reply.type('text/xml').send(twiml).",
      fastapi: "return Response(content=str(twiml), media_type='application/xml'): a returned str becomes JSON.",
      flask: "return Response(str(twiml), mimetype='text/xml'), not jsonify().",
      "hono-bun": "c.body(twiml, 200, { 'Content-Type': 'text/xml' }), not c.json().",
    },
  }),
  "webhook-signature-rejected": webhook({
    twilioError: 11200,
    why: "the webhook checks the signature for another URL than the one requested",
    fix: "check the signature against the public URL exactly as Twilio requests it: configure it, or trust the proxy's X-Forwarded-Proto and X-Forwarded-Host",
    stacks: {
      "express-ws": "twilio.webhook({ protocol: 'https', host: PUBLIC_HOST }), or app.set('trust proxy', true).",
      fastify: "Fastify({ trustProxy: true }), and validateRequest with the public URL.",
      fastapi: "RequestValidator.validate(PUBLIC_URL + path, form, header), or uvicorn --proxy-headers --forwarded-allow-ips='*'.",
      flask: "ProxyFix(app.wsgi_app, x_proto=1, x_host=1).",
      "hono-bun": "validateRequest(token, header, PUBLIC_URL + path, form): behind a proxy, c.req.url is not the public URL.",
    },
  }),
  "webhook-signature-mismatch": webhook({
    twilioError: 11200,
    why: "the webhook rejects every signature: it has another auth token, or checks another URL",
    fix: "first compare the tokens: the server's must be the primary auth token of the account (or subaccount) that owns the number, and so must --auth-token; then the URL that it checks must be the public one",
  }),
  "webhook-redirect-loop": webhook({
    twilioError: 11215,
    why: "the webhook redirects more than 10 times",
    fix: "put the final address into Twilio's console",
  }),
  "webhook-redirect-private": webhook({
    twilioError: 11205,
    why: "the webhook redirects to a private address, which Twilio cannot reach",
    fix: "redirect to the public address, or not at all: trust the proxy's X-Forwarded-Host",
  }),
  "webhook-redirect-invalid": webhook({
    twilioError: 11200,
    why: "the webhook redirects without a usable Location",
    fix: "put the final address into Twilio's console",
  }),
  "webhook-redirect-to-get": webhook({
    twilioError: 11200,
    why: "the webhook's redirect turns Twilio's POST into a GET without the form",
    fix: "put the final URL into Twilio's console, or redirect with 307 or 308, which keep the POST",
  }),
  "webhook-redirect-insecure": {
    stage: "webhook",
    harm: "security",
    twilioError: undefined,
    callerHears: "a conversation",
    why: "the webhook redirects from https to http, so the caller's data travels unencrypted",
    fix: "put the final https URL into Twilio's console, and trust the proxy's X-Forwarded-Proto, so that redirects are built with https",
  },
  "webhook-content-type": webhook({
    twilioError: 12300,
    why: "the answer's Content-Type is not XML",
    fix: "answer with Content-Type: text/xml",
  }),
  "webhook-empty": webhook({
    twilioError: 11770,
    why: "the webhook's answer is empty",
    fix: "answer with TwiML: <Response>...</Response>",
  }),
  "webhook-too-big": webhook({
    twilioError: 11750,
    why: "the webhook's answer is larger than 64 kB",
    fix: "answer with short TwiML, and not with a page",
  }),
  "webhook-accepts-unsigned": {
    stage: "webhook",
    harm: "security",
    twilioError: undefined,
    callerHears: "a conversation",
    why: "the webhook answers requests that Twilio did not sign",
    fix: "check X-Twilio-Signature: without it, anyone can talk to the model at your cost",
  },
  "needs-token": {
    stage: "webhook",
    twilioError: undefined,
    callerHears: "unknown: the server accepts only signed requests",
    why: "the server checks Twilio's signature, and no auth token was given to sign with",
    fix: "run again with --auth-token or TWILIO_AUTH_TOKEN, the account's primary auth token",
  },
  "twilio-unreachable": {
    stage: "webhook",
    twilioError: undefined,
    callerHears: "unknown",
    why: "Twilio's API did not say where the number points",
    fix: "check TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and this machine's route to api.twilio.com, or give the webhook's URL",
  },
  "number-not-found": {
    stage: "webhook",
    twilioError: undefined,
    callerHears: "unknown: the number is not in this account",
    why: "the account has no such number",
    fix: "check the number, and that TWILIO_ACCOUNT_SID is the account or subaccount that owns it",
  },
  "number-no-webhook": webhook({
    twilioError: 11100,
    why: "calls to the number go to no webhook",
    fix: "set the number's \"A call comes in\" to Webhook in Twilio's console",
  }),
} as const satisfies Readonly<Record<string, Cause>>;
