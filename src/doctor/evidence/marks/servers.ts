// Marks of web servers and proxies.

import { EMPTY, GATEWAY, type PlatformMarks } from "./mark.ts";

const proxyTo = (name: string, setting: string): string =>
  `start the server, and make ${name}'s ${setting} its address and port (try 127.0.0.1 instead of localhost)`;

export const SERVERS: readonly PlatformMarks[] = [
  {
    name: "voice",
    source: "https://www.twilio.com/docs/voice/twiml#twilios-request-to-your-application",
    marks: [
      {
        kind: "path",
        status: [404],
        body: /Twilio's (?:voice )?webhook is POST \/twilio\/voice/,
        says: "has nothing at this path",
        fix: "use the path /twilio/voice, behind the prefix of PUBLIC_URL if it has one",
      },
    ],
  },
  {
    name: "nginx",
    source: "https://nginx.org/en/docs/http/ngx_http_proxy_module.html",
    marks: [
      {
        kind: "default-page",
        body: /Welcome to (?:nginx|OpenResty)!/i,
        says: "answers with its welcome page",
        fix: "add a server block for this host, with a location for the webhook's and the stream's path that has proxy_pass",
      },
      {
        kind: "https-port",
        body: /The plain HTTP request was sent to HTTPS port/i,
        says: "got plain HTTP on an HTTPS port",
        fix: "write https:// (wss:// for the stream) for this port",
      },
      {
        kind: "gateway",
        status: GATEWAY,
        body: /<center>(?:nginx|openresty|tengine)/i,
        says: "gets no answer from the server behind it",
        fix: proxyTo("nginx", "proxy_pass"),
      },
      {
        kind: "login",
        status: [401],
        body: /<center>(?:nginx|openresty)/i,
        says: "asks for a password",
        fix: "turn auth_basic off for the webhook's and the stream's path",
      },
      {
        kind: "method",
        status: [405],
        body: /<center>(?:nginx|openresty)/i,
        says: "serves this path as a file",
        fix: "add a location for the path with proxy_pass to the server",
      },
      {
        kind: "path",
        status: [404],
        body: /<center>(?:nginx|openresty)/i,
        says: "has nothing at this path",
        fix: "add a location for the path with proxy_pass to the server",
      },
      {
        kind: "blocked",
        status: [403, 429, 444],
        body: /<center>(?:nginx|openresty)/i,
        says: "refuses the request",
        fix: "check allow, deny, limit_req and the location: it refuses before the server behind it is asked",
      },
    ],
  },
  {
    name: "Caddy",
    source: "https://caddyserver.com/docs/caddyfile/directives/reverse_proxy",
    marks: [
      {
        kind: "default-page",
        body: /Congratulations!?[\s\S]*Caddy|Caddy works/i,
        says: "answers with its welcome page",
        fix: "add a site block for this host with reverse_proxy to the server",
      },
      {
        kind: "gateway",
        status: GATEWAY,
        header: ["server", /^Caddy$/i],
        body: EMPTY,
        says: "gets no answer from the server behind it",
        fix: proxyTo("Caddy", "reverse_proxy"),
      },
      {
        kind: "path",
        status: [200, 404],
        header: ["server", /^Caddy$/i],
        body: EMPTY,
        says: "has no handler for this host or path",
        fix: "add a site block for this host with reverse_proxy to the server",
      },
      {
        kind: "login",
        status: [401],
        header: ["server", /^Caddy$/i],
        body: EMPTY,
        says: "asks for a password",
        fix: "exclude the webhook's and the stream's path from basic_auth",
      },
    ],
  },
  {
    name: "Apache",
    source: "https://httpd.apache.org/docs/2.4/mod/mod_proxy.html",
    marks: [
      {
        kind: "default-page",
        body: /Apache2? (?:\w+ )*Default Page|<h1>It works!<\/h1>|Test Page for the (?:Apache )?HTTP Server/i,
        says: "answers with its welcome page",
        fix: "enable the virtual host of this name, with ProxyPass to the server",
      },
      {
        kind: "https-port",
        body: /speaking plain HTTP to an SSL-enabled server port/i,
        says: "got plain HTTP on an HTTPS port",
        fix: "write https:// (wss:// for the stream) for this port",
      },
      {
        kind: "gateway",
        status: GATEWAY,
        body: /<address>Apache|Proxy Error|maintenance downtime or capacity problems|The gateway did not receive a timely response/i,
        says: "gets no answer from the server behind it",
        fix: proxyTo("Apache", "ProxyPass"),
      },
      {
        kind: "path",
        status: [404],
        body: /<address>Apache|The requested URL (?:\S+ )?was not found on this server\.<\/p>\s*(?:<hr>|<p>Additionally|<\/body>)/i,
        says: "has nothing at this path",
        fix: "add ProxyPass for the path, or correct the path",
      },
      {
        kind: "method",
        status: [405],
        body: /<address>Apache/i,
        says: "serves this path as a file",
        fix: "add ProxyPass for the path to the server",
      },
      {
        kind: "blocked",
        status: [403],
        body: /<address>Apache|You don't have permission to access/i,
        says: "refuses the request",
        fix: "check Require, .htaccess and the document root: it refuses before the app is asked",
      },
    ],
  },
  {
    name: "IIS",
    source: "https://learn.microsoft.com/troubleshoot/developer/webapps/iis/www-administration-management/http-status-code",
    marks: [
      {
        kind: "default-page",
        body: /<title>IIS (?:Windows|7|8|10)/i,
        says: "answers with its welcome page",
        fix: "bind the site to this host name",
      },
      {
        kind: "host",
        status: [400],
        body: /Bad Request - Invalid Hostname/i,
        says: "does not accept this Host",
        fix: "bind the site to the public host name, or add it to AllowedHosts",
      },
      {
        kind: "crashed",
        body: /HTTP Error 50\d\.3\d|ANCM/i,
        says: "reports that the app failed to start",
        fix: "look at the stdout log that web.config names",
      },
    ],
  },
  {
    name: "HAProxy",
    source: "https://docs.haproxy.org/3.0/configuration.html",
    marks: [
      {
        kind: "gateway",
        status: [...GATEWAY],
        body: /No server is available to handle this request|The server didn't respond in time|server returned an invalid or incomplete response/i,
        says: "gets no answer from the server behind it",
        fix: proxyTo("HAProxy", "server line"),
      },
    ],
  },
  {
    name: "Envoy",
    source: "https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/response_code_details",
    marks: [
      {
        kind: "gateway",
        status: GATEWAY,
        body: /upstream connect error or disconnect|no healthy upstream|upstream request timeout/i,
        says: "gets no answer from the server behind it",
        fix: "check that the server listens on the port that the cluster or ingress names",
      },
      {
        kind: "blocked",
        status: [403],
        body: /RBAC: access denied/i,
        says: "refuses the request",
        fix: "allow the webhook's and the stream's path in the authorization policy",
      },
    ],
  },
  {
    name: "the Kubernetes ingress",
    source: "https://kubernetes.github.io/ingress-nginx/user-guide/default-backend/",
    marks: [
      {
        kind: "path",
        body: /default backend - 404/i,
        says: "has no rule for this host or path",
        fix: "add a rule for the host and the path, with the service and its port",
      },
    ],
  },
  {
    name: "LiteSpeed",
    source: "https://docs.litespeedtech.com/lsws/cp/",
    marks: [
      {
        kind: "blocked",
        status: [403],
        body: /Access to this resource on the server is denied/i,
        says: "refuses the request",
        fix: "check .htaccess, the document root and mod_security: it refuses before the app is asked",
      },
    ],
  },
  {
    name: "the web host",
    source: "https://docs.cpanel.net/whm/account-functions/manage-account-suspension/",
    marks: [
      {
        kind: "no-app",
        body: /Account (?:has been )?Suspended|suspendedpage\.cgi/i,
        says: "has suspended the account",
        fix: "settle the account with the host",
      },
      {
        kind: "default-page",
        body: /<title>Index of \/|Default Web ?Site Page|Web Server's Default Page|domain (?:name )?(?:is|may be) (?:for sale|parked)|parked (?:free|domain)/i,
        says: "answers with a page of its own",
        fix: "deploy the app at this host and path, and check the domain's DNS entry",
      },
    ],
  },
  {
    name: "Kong",
    source: "https://docs.konghq.com/gateway/latest/reference/",
    marks: [
      {
        kind: "path",
        status: [404],
        body: /no Route matched with those values/i,
        says: "has no route for this path",
        fix: "add a route for the path and for POST",
      },
      {
        kind: "login",
        status: [401],
        body: /No API key found in request/i,
        says: "requires an API key",
        fix: "remove the key-auth plugin from the webhook's route",
      },
    ],
  },
  {
    name: "the Go server",
    source: "https://pkg.go.dev/net/http",
    marks: [
      {
        kind: "https-port",
        body: /Client sent an HTTP request to an HTTPS server/i,
        says: "got plain HTTP on an HTTPS port",
        fix: "write https:// (wss:// for the stream) for this port",
      },
    ],
  },
];
