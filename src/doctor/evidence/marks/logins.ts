// Marks of frameworks that refuse before the app's own code, and of logins and bot checks of any kind.

import type { PlatformMarks } from "./mark.ts";

const csrf = "exempt the webhook's path from the CSRF check: Twilio sends no token, and X-Twilio-Signature takes its place";

const frameworks: readonly PlatformMarks[] = [
  {
    name: "Rails",
    source: "https://guides.rubyonrails.org/configuring.html#actiondispatch-hostauthorization",
    marks: [
      {
        kind: "host",
        body: /Blocked hosts?:/i,
        says: "does not accept this Host",
        fix: 'add the public host to config.hosts (config.hosts << "voice.example.com")',
      },
      {
        kind: "csrf",
        body: /InvalidAuthenticityToken|Can't verify CSRF token authenticity/i,
        says: "requires a CSRF token",
        fix: "skip_before_action :verify_authenticity_token for the webhook's action",
      },
    ],
  },
  {
    name: "Django",
    source: "https://docs.djangoproject.com/en/stable/ref/settings/#allowed-hosts",
    marks: [
      {
        kind: "host",
        body: /DisallowedHost|Invalid HTTP_HOST header/,
        says: "does not accept this Host",
        fix: "add the public host to ALLOWED_HOSTS",
      },
      {
        kind: "host",
        status: [400],
        body: /^\s*(?:<!doctype html>)?[\s\S]{0,200}<title>Bad Request \(400\)<\/title>/i,
        says: "probably does not accept this Host",
        fix: "add the public host to ALLOWED_HOSTS",
      },
      { kind: "csrf", body: /CSRF verification failed/i, says: "requires a CSRF token", fix: "put @csrf_exempt on the webhook's view" },
      {
        kind: "login",
        header: ["location", /\/accounts\/login\/\?next=/],
        says: "sends the request to its login",
        fix: "remove login_required (or LoginRequiredMiddleware) from the webhook's view",
      },
      {
        kind: "login",
        body: /Authentication credentials were not provided/i,
        says: "requires a login (REST framework)",
        fix: "set authentication_classes and permission_classes of the webhook's view to []",
      },
    ],
  },
  {
    name: "Spring Security",
    source: "https://docs.spring.io/spring-security/reference/servlet/exploits/csrf.html",
    marks: [
      {
        kind: "csrf",
        status: [403],
        body: /"status": ?403,[\s\S]*"path": ?"|HTTP Status 403[\s\S]*Apache Tomcat/i,
        says: "refuses a POST without a CSRF token or a login",
        fix: "csrf.ignoringRequestMatchers and permitAll for the webhook's path in the SecurityFilterChain",
      },
      {
        kind: "login",
        status: [401],
        body: /"status": ?401,[\s\S]*"path": ?"|HTTP Status 401[\s\S]*Apache Tomcat/i,
        says: "requires a login",
        fix: "permitAll for the webhook's path in the SecurityFilterChain",
      },
    ],
  },
  {
    name: "socket.io",
    source: "https://socket.io/docs/v4/engine-io-protocol/",
    marks: [
      {
        kind: "method",
        status: [400],
        body: /"(?:Transport unknown|Session ID unknown|Bad handshake method|Unsupported protocol version)"/,
        says: "speaks a protocol of its own, not plain WebSocket",
        fix: "add a plain WebSocket server (such as ws) for the stream's path: Twilio does not speak socket.io",
      },
    ],
  },
  {
    name: "Vite",
    source: "https://vite.dev/config/server-options.html#server-allowedhosts",
    marks: [
      {
        kind: "host",
        body: /Blocked request\. This host/i,
        says: "does not accept this Host",
        fix: "send the webhook to the server's own port, or add the public host to server.allowedHosts (preview.allowedHosts) in vite.config",
      },
    ],
  },
  {
    name: "webpack's dev server",
    source: "https://webpack.js.org/configuration/dev-server/#devserverallowedhosts",
    marks: [
      {
        kind: "host",
        body: /^\s*Invalid Host header/,
        says: "does not accept this Host",
        fix: "send the webhook to the server's own port, or add the public host to devServer.allowedHosts",
      },
    ],
  },
  {
    name: "the framework",
    source: "https://www.starlette.io/middleware/#trustedhostmiddleware",
    marks: [
      {
        kind: "host",
        status: [400, 403, 421],
        body: /^\s*Invalid host header|Host '[^']*' is not trusted|Untrusted Host|Invalid Host(?:name)?\b|host (?:is )?not allowed|Misdirected Request/i,
        says: "does not accept this Host",
        fix: "add the public host to its allowed hosts (TrustedHostMiddleware, TRUSTED_HOSTS, AllowedHosts)",
      },
      {
        kind: "csrf",
        body: /Cross-site POST form submissions are forbidden/i,
        says: "refuses form posts from elsewhere",
        fix: "set csrf.checkOrigin (SvelteKit) or security.checkOrigin (Astro) to false, and check X-Twilio-Signature instead",
      },
      {
        kind: "csrf",
        status: [419],
        says: "requires a CSRF token (Laravel)",
        fix: "exclude the webhook's path in validateCsrfTokens(except: [...])",
      },
      { kind: "csrf", status: [400, 401, 403, 422, 500], body: /csrf|XSRF/i, says: "requires a CSRF token", fix: csrf },
    ],
  },
];

const noLogin = "let the webhook's and the stream's path through without a login: Twilio's signature takes its place";

/** Any login. After everything more specific. */
const logins: readonly PlatformMarks[] = [
  {
    name: "HTTP authentication",
    source: "https://www.twilio.com/docs/usage/security#http-authentication",
    marks: [
      {
        kind: "login",
        status: [401],
        header: ["www-authenticate", /^\s*(?:basic|digest)\b/i],
        says: "asks for a user name and password",
        fix: "put them into the webhook's URL in Twilio's console (https://user:password@host/path), or take the password off this path; the stream's path cannot have one",
      },
      {
        kind: "login",
        status: [401, 403],
        header: ["www-authenticate", /^\s*(?:negotiate|ntlm)\b/i],
        says: "asks for a Windows login",
        fix: noLogin,
      },
      { kind: "login", status: [401, 403], header: ["www-authenticate", /^\s*bearer\b/i], says: "asks for a bearer token", fix: noLogin },
      { kind: "login", status: [407], says: "asks for a proxy login", fix: noLogin },
      {
        kind: "login",
        status: [401],
        header: ["www-authenticate", /./],
        says: "asks for credentials",
        fix: noLogin,
      },
    ],
  },
  {
    name: "an API's authentication",
    source: "https://fastapi.tiangolo.com/reference/security/",
    marks: [
      {
        kind: "login",
        status: [401, 403],
        body: /"Not authenticated"|"Unauthenticated\.?"|API[ _-]?key|No auth(?:orization)? (?:header|token)|(?:missing|no|invalid|malformed) (?:authorization|bearer|access token|jwt)|jwt (?:malformed|must be|expired)|Authentication required|login required/i,
        says: "requires credentials that Twilio does not send",
        fix: noLogin,
      },
    ],
  },
  {
    name: "an identity provider",
    source: "https://oauth2-proxy.github.io/oauth2-proxy/",
    marks: [
      {
        kind: "login",
        header: [
          "location",
          /\.(?:auth0|okta|oktapreview|onelogin|clerk\.accounts|authelia|amazoncognito)\.(?:com|dev)|\/oauth2?\/(?:start|sign_in|authorize)|\/protocol\/openid-connect\/auth|\/authorize\?(?:.*&)?client_id=/i,
        ],
        says: "is where the request is sent for a login",
        fix: noLogin,
      },
      {
        kind: "login",
        status: [401, 403],
        body: /oauth2-proxy|Sign in with (?:a )?(?:Google|GitHub|Okta|OpenID)/i,
        says: "asks for a login",
        fix: noLogin,
      },
    ],
  },
  {
    name: "a login page",
    source: "https://developer.mozilla.org/docs/Web/HTTP/Redirections",
    marks: [
      {
        kind: "login",
        header: [
          "location",
          /\/(?:auth\/)?(?:log-?in|sign-?in|users\/sign_in|sessions?\/new|sso|saml\/login|wp-login\.php)(?:\.\w+)?\/?(?:[?#]|$)/i,
        ],
        says: "is where the request is sent",
        fix: noLogin,
      },
      { kind: "login", body: /<title>[^<]*\b(?:log ?in|sign ?in|anmelden|connexion|iniciar sesi)/i, says: "is the answer", fix: noLogin },
      { kind: "login", body: /<input[^>]+type=["']?password/i, says: "is the answer", fix: noLogin },
    ],
  },
  {
    name: "a bot check",
    source: "https://developers.google.com/recaptcha/docs/display",
    marks: [
      {
        kind: "blocked",
        body: /\bg-recaptcha\b|\bh-captcha\b|\bcf-turnstile\b|px-captcha/i,
        says: "asks for a captcha",
        fix: "let the webhook's and the stream's path through without a bot check",
      },
    ],
  },
  {
    name: "an address filter",
    source: "https://www.twilio.com/docs/usage/webhooks/ip-addresses",
    marks: [
      {
        kind: "blocked",
        status: [401, 403],
        body: /\b(?:your )?IP(?: address)?\b[^.]{0,40}(?:not (?:allowed|authorized|permitted|whitelisted|allow-?listed)|blocked|denied|banned|forbidden)/i,
        says: "blocks this address",
        fix: "do not filter by address: Twilio's webhooks come from changing addresses; check X-Twilio-Signature",
      },
    ],
  },
];

/** In this order: the last ones are the least specific. */
export const FRAMEWORKS_AND_LOGINS: readonly PlatformMarks[] = [...frameworks, ...logins];
