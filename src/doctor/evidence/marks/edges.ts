// Marks of edges, firewalls and tunnels.

import { GATEWAY, type PlatformMarks } from "./mark.ts";

const skipBotChecks = "add a WAF custom rule for the webhook's path with the action Skip, and turn Bot Fight Mode off for it";

const cloudflare: PlatformMarks = {
  name: "Cloudflare",
  source: "https://developers.cloudflare.com/support/troubleshooting/http-status-codes/",
  marks: [
    {
      kind: "blocked",
      header: ["cf-mitigated", /challenge/i],
      says: "challenges the request as a bot",
      fix: `in Cloudflare, ${skipBotChecks}`,
    },
    {
      kind: "blocked",
      // Not any challenge-platform script: Cloudflare adds one to every page of an app.
      body: /<title>Just a moment\.\.\.|challenge-platform\/h\/\w+\/orchestrate|cf_chl_opt|Checking your browser before accessing|Performing security verification/i,
      says: "challenges the request as a bot",
      fix: `in Cloudflare, ${skipBotChecks}`,
    },
    {
      kind: "blocked",
      body: /error code: 1015|rate limited \| |you are being rate limited/i,
      says: "limits the rate of requests",
      fix: "in Cloudflare, exempt the webhook's path from rate limiting rules",
    },
    {
      kind: "blocked",
      body: /Attention Required! \| Cloudflare|error code: 10(?:0[5-9]|1[0-2]|20)\b|Error(?: code)?:?\s*(?:<[^>]*>\s*)*10(?:0[6-9]|1[0-2]|20)\b|Access denied \| .* used Cloudflare/i,
      says: "blocks the request",
      fix: "in Cloudflare under Security > Events, find the rule that blocked it, and add a WAF custom rule for the webhook's path with the action Skip",
    },
    {
      kind: "login",
      header: ["location", /cloudflareaccess\.com|\/cdn-cgi\/access\/login/i],
      says: "sends the request to the login of Cloudflare Access",
      fix: "in Cloudflare Zero Trust, add an Access application for the webhook's and the stream's path with a Bypass policy for everyone",
    },
    {
      kind: "login",
      body: /Cloudflare Access<|cloudflareaccess\.com|cdn-cgi\/access/i,
      says: "shows the login of Cloudflare Access",
      fix: "in Cloudflare Zero Trust, add an Access application for the webhook's and the stream's path with a Bypass policy for everyone",
    },
    {
      kind: "tunnel",
      body: /error code: 1033|Error\s*(?:<[^>]*>\s*)*1033|Cloudflare Tunnel error/i,
      says: "has no connected tunnel for this host",
      fix: "start cloudflared, and check that the host's DNS record points to this tunnel",
    },
    {
      kind: "gateway",
      body: /reach the origin service|from cloudflared/i,
      says: "cannot reach the server behind the tunnel",
      fix: "start the server, and make cloudflared's service URL point to its port (try 127.0.0.1 instead of localhost)",
    },
    {
      kind: "crashed",
      body: /error code: 1101|Worker threw exception|error code: 1102|Worker exceeded resource limits/i,
      says: "reports that the Worker threw or ran out of resources",
      fix: "look at the Worker's log (wrangler tail) for this request",
    },
    {
      kind: "gateway",
      status: [520, 521, 522, 523, 524, 525, 526, 527, 530],
      says: "cannot get an answer from the origin",
      fix: "start the origin, let Cloudflare's addresses through its firewall, and make the SSL/TLS mode match what the origin speaks",
    },
    {
      kind: "gateway",
      status: GATEWAY,
      body: /error code: 50[234]|cf-error-details|\| 50[234]: /i,
      says: "cannot get an answer from the origin",
      fix: "start the origin, and let Cloudflare's addresses through its firewall",
    },
  ],
};

const startTunnel = "start the tunnel again (ngrok http PORT), and put the address that it prints into Twilio's console";

const ngrok: PlatformMarks = {
  name: "ngrok",
  source: "https://ngrok.com/docs/errors",
  marks: [
    {
      kind: "tunnel",
      header: ["ngrok-error-code", /ERR_NGROK_3200/],
      says: "says that the endpoint is offline",
      fix: startTunnel,
    },
    {
      kind: "tunnel",
      body: /ERR_NGROK_3200|endpoint \S+ is offline|Tunnel \S+ not found/i,
      says: "says that the endpoint is offline",
      fix: startTunnel,
    },
    {
      kind: "gateway",
      header: ["ngrok-error-code", /ERR_NGROK_(?:80\d\d|300[34])/],
      says: "finds no server at the tunnel's port",
      fix: "start the server, and give ngrok its port (ngrok http PORT)",
    },
    {
      kind: "gateway",
      body: /ERR_NGROK_(?:80\d\d|300[34])|failed to (?:complete|establish a) .{0,20}connection to (?:the )?upstream/i,
      says: "finds no server at the tunnel's port",
      fix: "start the server, and give ngrok its port (ngrok http PORT)",
    },
    {
      kind: "blocked",
      body: /ERR_NGROK_6024|you are about to visit/i,
      says: "shows its browser warning",
      fix: "keep Twilio's own User-Agent (ngrok warns only browsers), or use a paid ngrok plan or another tunnel",
    },
    {
      kind: "login",
      header: ["location", /idp\.ngrok\.com|ngrok\.com\/.*oauth/i],
      says: "sends the request to its OAuth login",
      fix: "remove the OAuth or OIDC action from the endpoint's traffic policy, or let the webhook's and the stream's path pass",
    },
    {
      kind: "blocked",
      header: ["ngrok-error-code", /ERR_NGROK_3205/],
      says: "blocks this address",
      fix: "remove the IP restriction from the endpoint's traffic policy: Twilio's requests come from changing addresses",
    },
    {
      kind: "blocked",
      // 3204: its check of Twilio's signature failed, which is judged as the app's own.
      header: ["ngrok-error-code", /ERR_NGROK_(?!3204)/],
      says: "refuses the request",
      fix: "look the code up at ngrok.com/docs/errors, and change the plan, the traffic policy or the agent accordingly",
    },
    {
      kind: "blocked",
      body: /\(ERR_NGROK_(?!3204)\d+\)/,
      says: "refuses the request",
      fix: "look the code up at ngrok.com/docs/errors, and change the plan, the traffic policy or the agent accordingly",
    },
  ],
};

const otherTunnels: readonly PlatformMarks[] = [
  {
    name: "localtunnel",
    source: "https://github.com/localtunnel/localtunnel",
    marks: [
      {
        kind: "blocked",
        status: [511],
        says: "asks for the tunnel password",
        fix: "use another tunnel: localtunnel asks unknown clients for a password",
      },
      {
        kind: "tunnel",
        body: /Tunnel Unavailable|loca\.lt.*not found/i,
        says: "has no connected tunnel of this name",
        fix: "start lt again, and put the address that it prints into Twilio's console",
      },
    ],
  },
  {
    name: "localhost.run",
    source: "https://localhost.run/docs/",
    marks: [
      {
        kind: "tunnel",
        body: /no tunnel here/i,
        says: "has no connected tunnel of this name",
        fix: "start the tunnel again, and put the address that it prints into Twilio's console",
      },
    ],
  },
  {
    name: "the dev tunnel",
    source: "https://learn.microsoft.com/azure/developer/dev-tunnels/security",
    marks: [
      {
        kind: "login",
        header: ["location", /github\.dev\/pf-signin|tunnels\.api\.visualstudio\.com|global\.rel\.tunnels|\/_portforward\/signin/i],
        says: "asks for a GitHub or Microsoft login",
        fix: "make the forwarded port public (Ports > Port Visibility > Public; gh codespace ports visibility PORT:public; devtunnel with --allow-anonymous)",
      },
      {
        kind: "login",
        header: ["www-authenticate", /^tunnel\b/i],
        says: "asks for a GitHub or Microsoft login",
        fix: "make the forwarded port public (Ports > Port Visibility > Public; devtunnel with --allow-anonymous)",
      },
    ],
  },
];

const letThrough = "let requests to the webhook's and the stream's path through, whatever their User-Agent";

const firewalls: readonly PlatformMarks[] = [
  {
    name: "AWS WAF",
    source: "https://docs.aws.amazon.com/waf/latest/developerguide/waf-captcha-and-challenge-how-it-works.html",
    marks: [
      {
        kind: "blocked",
        header: ["x-amzn-waf-action", /./],
        says: "challenges the request as a bot",
        fix: `in the web ACL, ${letThrough}`,
      },
    ],
  },
  {
    name: "CloudFront",
    source: "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/troubleshooting-response-errors.html",
    marks: [
      {
        kind: "method",
        status: [403],
        body: /not configured to allow the HTTP request method/i,
        says: "does not allow POST",
        fix: "in the distribution's cache behaviour, allow GET, HEAD, OPTIONS, PUT, POST, PATCH and DELETE, and disable caching for this path",
      },
      {
        kind: "gateway",
        status: GATEWAY,
        body: /generated by cloudfront/i,
        says: "cannot get an answer from the origin",
        fix: "start the origin, and check the distribution's origin: name, port, protocol and certificate",
      },
      {
        kind: "blocked",
        body: /Request blocked[\s\S]*generated by cloudfront|generated by cloudfront/i,
        says: "blocks the request",
        fix: `in the distribution and its web ACL, ${letThrough}`,
      },
    ],
  },
  {
    name: "Akamai",
    source: "https://techdocs.akamai.com/edge-diagnostics/docs/err-codes-list",
    marks: [
      {
        kind: "blocked",
        body: /errors\.edgesuite\.net|Access Denied[\s\S]*Reference(?:&#32;| )(?:&#35;|#)/i,
        says: "blocks the request",
        fix: `in the security configuration, ${letThrough}`,
      },
    ],
  },
  {
    name: "Imperva",
    source: "https://docs.imperva.com/bundle/cloud-application-security/page/more/error-pages.htm",
    marks: [
      {
        kind: "blocked",
        body: /Incapsula incident ID|_Incapsula_Resource/i,
        says: "blocks the request",
        fix: `in the site's security settings, ${letThrough}`,
      },
    ],
  },
  {
    name: "Sucuri",
    source: "https://docs.sucuri.net/website-firewall/troubleshooting/",
    marks: [
      {
        kind: "blocked",
        body: /Sucuri WebSite Firewall/i,
        says: "blocks the request",
        fix: "allowlist the webhook's path in the Sucuri dashboard",
      },
    ],
  },
  {
    name: "Wordfence",
    source: "https://www.wordfence.com/help/blocking/",
    marks: [
      {
        kind: "blocked",
        body: /generated by Wordfence/i,
        says: "blocks the request",
        fix: "allowlist the webhook's path in Wordfence under All Options",
      },
    ],
  },
  {
    name: "ModSecurity",
    source: "https://github.com/owasp-modsecurity/ModSecurity/wiki/Reference-Manual-(v2.x)",
    marks: [
      {
        kind: "blocked",
        body: /mod_security|This error was generated by ModSecurity/i,
        says: "blocks the request",
        fix: "exempt the webhook's path from the rule that its audit log names",
      },
    ],
  },
  {
    name: "DataDome",
    source: "https://docs.datadome.co/docs/",
    marks: [
      {
        kind: "blocked",
        status: [401, 403],
        header: ["x-datadome", /./],
        says: "challenges the request as a bot",
        fix: `in DataDome, ${letThrough}`,
      },
    ],
  },
  {
    name: "Azure's firewall",
    source: "https://learn.microsoft.com/azure/frontdoor/troubleshoot-issues",
    marks: [
      {
        kind: "blocked",
        status: [403],
        body: /The request is blocked\.|Microsoft-Azure-Application-Gateway/i,
        says: "blocks the request",
        fix: `in the WAF policy, ${letThrough}`,
      },
      {
        kind: "gateway",
        status: GATEWAY,
        body: /Our services aren't available right now|Microsoft-Azure-Application-Gateway/i,
        says: "cannot get an answer from the origin",
        fix: "start the server, and check the backend pool: name, port and health probe",
      },
    ],
  },
  {
    name: "Fastly",
    source: "https://www.fastly.com/documentation/guides/full-site-delivery/debugging/common-503-errors/",
    marks: [
      {
        kind: "no-app",
        body: /Fastly error: unknown domain/i,
        says: "does not know the domain",
        fix: "add the domain to the Fastly service, or correct its DNS entry",
      },
      {
        kind: "gateway",
        status: GATEWAY,
        body: /Guru Meditation|Backend fetch failed/i,
        says: "cannot get an answer from the origin",
        fix: "start the origin, and check the service's backend",
      },
    ],
  },
];

export const EDGES: readonly PlatformMarks[] = [cloudflare, ngrok, ...otherTunnels, ...firewalls];
