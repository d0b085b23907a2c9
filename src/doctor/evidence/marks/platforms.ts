// Marks of hosting platforms.

import { EMPTY, GATEWAY, type PlatformMarks } from "./mark.ts";

const protection =
  "in the Vercel project under Settings > Deployment Protection, turn Vercel Authentication off, or use the production domain, which it does not protect";

const vercel: PlatformMarks = {
  name: "Vercel",
  source: "https://vercel.com/docs/errors",
  marks: [
    { kind: "login", header: ["set-cookie", /_vercel_sso_nonce/], says: "asks for a login: Deployment Protection is on", fix: protection },
    { kind: "login", header: ["location", /vercel\.com\/sso-api/], says: "asks for a login: Deployment Protection is on", fix: protection },
    {
      kind: "login",
      body: /vercel\.com\/sso-api|Vercel Authentication/i,
      says: "asks for a login: Deployment Protection is on",
      fix: protection,
    },
    {
      kind: "blocked",
      header: ["x-vercel-mitigated", /./],
      says: "challenges or denies the request",
      fix: "in the Vercel project under Firewall, add a bypass rule for the webhook's path",
    },
    {
      kind: "blocked",
      body: /Vercel Security Checkpoint/,
      says: "challenges the request as a bot",
      fix: "in the Vercel project under Firewall, add a bypass rule for the webhook's path",
    },
    {
      kind: "no-app",
      body: /DEPLOYMENT_(?:NOT_FOUND|DELETED|DISABLED|PAUSED|BLOCKED)/,
      says: "has no running deployment for this host",
      fix: "deploy the project, assign the domain to it, and put that domain into Twilio's console",
    },
    {
      kind: "gateway",
      body: /FUNCTION_INVOCATION_TIMEOUT|FUNCTION_THROTTLED/,
      says: "stopped waiting for the function",
      fix: "answer before slow work, and raise maxDuration",
    },
    {
      kind: "crashed",
      body: /(?:FUNCTION|MIDDLEWARE)_INVOCATION_FAILED|NO_RESPONSE_FROM_FUNCTION/,
      says: "reports that the function failed",
      fix: "look at the function's log (vercel logs) for this request",
    },
    {
      kind: "path",
      header: ["x-vercel-error", /NOT_FOUND/],
      says: "has nothing at this path",
      fix: "correct the path: a file api/voice.ts is served at /api/voice",
    },
    {
      kind: "path",
      body: /The page could not be found[\s\S]*NOT_FOUND/,
      says: "has nothing at this path",
      fix: "correct the path: a file api/voice.ts is served at /api/voice",
    },
    {
      kind: "method",
      header: ["x-vercel-error", /INVALID_REQUEST_METHOD/],
      says: "serves this path as a file",
      fix: "make the path a function that accepts POST",
    },
  ],
};

const heroku: PlatformMarks = {
  name: "Heroku",
  source: "https://devcenter.heroku.com/articles/error-codes",
  marks: [
    {
      kind: "no-app",
      body: /error-pages\/no-such-app|No such app/i,
      says: "has no app at this host",
      fix: "put the app's own address (heroku info) into Twilio's console, or add the domain to the app",
    },
    {
      kind: "no-app",
      body: /error-pages\/maintenance-mode|Offline for Maintenance/i,
      says: "has the app in maintenance mode",
      fix: "run heroku maintenance:off",
    },
    {
      kind: "gateway",
      body: /error-pages\/application-error|herokucdn\.com\/error-pages/i,
      says: "gets no answer from the app",
      fix: "look at heroku logs for the H code (H10 crashed, H12 timeout, H14 no web dyno), and listen on process.env.PORT",
    },
    {
      kind: "gateway",
      status: GATEWAY,
      header: ["via", /\bvegur\b|heroku/i],
      body: EMPTY,
      says: "gets no answer from the app",
      fix: "look at heroku logs for the H code, and listen on process.env.PORT",
    },
  ],
};

const listenOnPort = "listen on 0.0.0.0 and the port in the PORT variable, and set the public domain's target port to it";

const railway: PlatformMarks = {
  name: "Railway",
  source: "https://docs.railway.com/reference/errors/application-failed-to-respond",
  marks: [
    {
      kind: "no-app",
      status: [404],
      header: ["x-railway-fallback", /./],
      says: "has no running service at this host",
      fix: "deploy the service, and put its public domain (Settings > Networking) into Twilio's console",
    },
    {
      kind: "no-app",
      body: /"Application not found"|train has not arrived at the station/i,
      says: "has no running service at this host",
      fix: "deploy the service, and put its public domain (Settings > Networking) into Twilio's console",
    },
    { kind: "gateway", header: ["x-railway-fallback", /./], says: "gets no answer from the service", fix: listenOnPort },
    {
      kind: "gateway",
      status: GATEWAY,
      body: /Application failed to respond/i,
      says: "gets no answer from the service",
      fix: listenOnPort,
    },
  ],
};

const render: PlatformMarks = {
  name: "Render",
  source: "https://render.com/docs/troubleshooting-deploys",
  marks: [
    {
      kind: "no-app",
      header: ["x-render-routing", /no-server|suspend/i],
      says: "has no running service at this host",
      fix: "deploy the service or resume it, and put its onrender.com address into Twilio's console",
    },
    {
      kind: "gateway",
      header: ["x-render-routing", /error|hibernate/i],
      says: "gets no answer from the service",
      fix: "use an instance type that does not spin down, and listen on 0.0.0.0 and the port in PORT",
    },
    {
      kind: "no-app",
      body: /Service Suspended|This service has been suspended/i,
      says: "has suspended the service",
      fix: "resume the service in Render's dashboard",
    },
  ],
};

const others: readonly PlatformMarks[] = [
  {
    name: "Replit",
    source: "https://docs.replit.com/replit-workspace/ports",
    marks: [
      {
        kind: "no-app",
        body: /Run this app to see the results here|couldn.t reach this app|replit\.com\/public\/[\s\S]*not running/i,
        says: "says that the app is not running",
        fix: "run the app or, better, deploy it and use the deployment's address; the workspace's address works only while the workspace is open",
      },
      {
        kind: "login",
        header: ["location", /replit\.com\/(?:login|__replshield|auth)|__replshield/i],
        says: "asks for a Replit login",
        fix: "make the deployment public, and turn Private Dev URL off",
      },
    ],
  },
  {
    name: "Fly.io",
    source: "https://fly.io/docs/networking/request-headers/",
    marks: [
      {
        kind: "gateway",
        status: GATEWAY,
        header: ["server", /^Fly\//i],
        body: EMPTY,
        says: "gets no answer from a machine",
        fix: "listen on 0.0.0.0 and the port that is internal_port in fly.toml, and look at fly logs",
      },
    ],
  },
  {
    name: "Netlify",
    source: "https://docs.netlify.com/routing/redirects/redirect-options/",
    marks: [
      {
        kind: "login",
        status: [401],
        header: ["server", /^Netlify$/i],
        body: /password|Protected/i,
        says: "asks for the site's password",
        fix: "turn the site's password protection off, or use another site for the webhook",
      },
      {
        kind: "no-app",
        status: [404],
        header: ["server", /^Netlify$/i],
        body: /Site not found/i,
        says: "has no site at this host",
        fix: "put the site's own address into Twilio's console",
      },
      {
        kind: "path",
        status: [404, 405],
        header: ["server", /^Netlify$/i],
        body: /Page not found|Not Found - Request ID|^\s*$/i,
        says: "has nothing at this path",
        fix: "use the function's path, /.netlify/functions/NAME, or add a redirect to it",
      },
    ],
  },
  {
    name: "GitHub Pages",
    source: "https://docs.github.com/pages/getting-started-with-github-pages/what-is-github-pages",
    marks: [
      {
        kind: "method",
        header: ["server", /^GitHub\.com$/i],
        says: "serves files only",
        fix: "put the address of a running server into Twilio's console",
      },
    ],
  },
  {
    name: "DigitalOcean App Platform",
    source: "https://docs.digitalocean.com/support/how-do-i-resolve-error-codes-in-app-platform/",
    marks: [
      {
        kind: "gateway",
        header: ["x-do-failure-code", /./i],
        says: "gets no answer from the app",
        fix: "listen on 0.0.0.0 and the app's http_port, and look at its runtime log",
      },
      {
        kind: "gateway",
        body: /via_upstream \(|App Platform failed to forward this request/i,
        says: "gets no answer from the app",
        fix: "listen on 0.0.0.0 and the app's http_port, and look at its runtime log",
      },
    ],
  },
  {
    name: "Supabase",
    source: "https://supabase.com/docs/guides/functions/auth",
    marks: [
      {
        kind: "login",
        status: [401],
        header: ["sb-gateway-version", /./],
        says: "requires the project's key",
        fix: "deploy the function with --no-verify-jwt (verify_jwt = false): it checks Twilio's signature itself",
      },
    ],
  },
  {
    name: "PythonAnywhere",
    source: "https://help.pythonanywhere.com/pages/DebuggingImportError/",
    marks: [
      {
        kind: "no-app",
        body: /Coming Soon![\s\S]*PythonAnywhere/i,
        says: "has no web app at this host",
        fix: "create the web app on the Web tab, and reload it",
      },
      {
        kind: "crashed",
        body: /Something went wrong :-\([\s\S]*PythonAnywhere/i,
        says: "reports that the app failed",
        fix: "look at the error log on the Web tab; WebSockets are not supported there",
      },
    ],
  },
  {
    name: "Deno Deploy",
    source: "https://docs.deno.com/deploy/",
    marks: [
      {
        kind: "crashed",
        body: /ISOLATE_INTERNAL_FAILURE|USER_CODE_\w+|TIME_LIMIT/,
        says: "reports that the code failed",
        fix: "look at the deployment's log",
      },
    ],
  },
];

export const PLATFORMS: readonly PlatformMarks[] = [vercel, heroku, railway, render, ...others];
