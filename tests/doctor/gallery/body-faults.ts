// Webhooks that answer 200 with a body that is not the intended TwiML: compressed, encoded once more, cut off, in
// another encoding, or with something around it.

import { gzipSync } from "node:zlib";
import { agent } from "./agent.ts";
import { type Answer, type Exhibit, type ServerAddress, withTwilioError } from "./exhibit.ts";
import { connectTo, nodeServer } from "./node-server.ts";
import { rawServer } from "./raw-server.ts";

type Spoil = (twiml: string) => string | Uint8Array;

const exhibit = (name: string, cause: string, spoil: Spoil, headers: Readonly<Record<string, string>> = {}): Exhibit => ({
  name: `body: ${name}`,
  cause: cause,
  open: nodeServer(({ clock }) => ({
    webhook: (_request, { host }: ServerAddress): Answer => ({ headers, body: spoil(String(connectTo(`ws://${host}/stream`).body)) }),
    stream: agent(clock),
  })),
});

const raw = (name: string, cause: string, answer: (twiml: string) => string, ends: boolean): Exhibit => ({
  name: `body: ${name}`,
  cause: cause,
  open: rawServer((port) => answer(String(connectTo(`ws://127.0.0.1:${port}/stream`).body)), ends),
});

const escaped = (twiml: string): string => twiml.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const latin1 = (twiml: string): Uint8Array => Buffer.from(twiml.replace("<Connect>", "<Say>été</Say><Connect>"), "latin1");
/** Without the declaration, which has an encoding. */
const bare = (twiml: string): string => twiml.slice(twiml.indexOf("<Response"));

const encoded: readonly Exhibit[] = [
  exhibit("gzip that was not asked for", "webhook-compressed", (twiml) => gzipSync(twiml), { "Content-Encoding": "gzip" }),
  exhibit("gzip without a Content-Encoding", "webhook-compressed", (twiml) => gzipSync(twiml)),
  exhibit("base64", "twiml-encoded-again", (twiml) => Buffer.from(twiml).toString("base64")),
  exhibit("a JSON string as text/xml", "twiml-encoded-again", (twiml) => JSON.stringify(twiml)),
  exhibit("escaped as a whole", "twiml-encoded-again", escaped),
  withTwilioError(
    12102,
    exhibit("escaped inside another element", "twiml-encoded-again", (twiml) => `<string xmlns="http://a/">${escaped(twiml)}</string>`),
  ),
  {
    ...exhibit("only its verbs escaped", "twiml-encoded-again", (twiml) => `<Response>${escaped(bare(twiml).slice(10, -11))}</Response>`),
    twilioError: "nothing",
  },
  exhibit("a Python bytes literal", "twiml-encoded-again", (twiml) => `b'${twiml.replace("\n", "\\n")}'`),
  withTwilioError(
    12300,
    exhibit("a function's response object", "twiml-encoded-again", (twiml) => JSON.stringify({ statusCode: 200, body: twiml }), {
      "Content-Type": "application/json",
    }),
  ),
];

const around: readonly Exhibit[] = [
  exhibit(
    "a PHP warning before it",
    "twiml-extra-text",
    (twiml) => `<br />\n<b>Warning</b>: Undefined variable $x in <b>a.php</b><br />\n${twiml}`,
  ),
  exhibit("blank lines before it", "twiml-extra-text", (twiml) => `\n\n${twiml}`),
  exhibit("a script after it", "twiml-extra-text", (twiml) => `${twiml}\n<script>track()</script>`),
  withTwilioError(
    12100,
    exhibit(
      "a fatal error instead of it",
      "webhook-crashed",
      () => "<br />\n<b>Fatal error</b>: Uncaught Error: no such file in <b>a.php</b>",
    ),
  ),
];

const encodings: readonly Exhibit[] = [
  exhibit("ISO-8859-1, declared", "healthy", (twiml) => latin1(twiml.replace("UTF-8", "ISO-8859-1")), { "Content-Type": "text/xml" }),
  exhibit("ISO-8859-1 by its charset", "healthy", (twiml) => latin1(bare(twiml)), { "Content-Type": "text/xml; charset=ISO-8859-1" }),
  exhibit("ISO-8859-1, not declared", "twiml-encoding", (twiml) => latin1(bare(twiml)), { "Content-Type": "text/xml" }),
  withTwilioError(
    "nothing",
    exhibit("UTF-8 that is declared UTF-16", "twiml-encoding", (twiml) => twiml.replace("UTF-8", "utf-16"), { "Content-Type": "text/xml" }),
  ),
  exhibit("TwiML as text/plain", "twiml-as-plain-text", (twiml) => twiml, { "Content-Type": "text/plain" }),
];

const head = "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n";
const lengths: readonly Exhibit[] = [
  raw(
    "shorter than its Content-Length",
    "webhook-truncated",
    (twiml) => `${head}Content-Length: ${twiml.length + 40}\r\n\r\n${twiml}`,
    true,
  ),
  raw(
    "without its last chunk",
    "webhook-truncated",
    (twiml) => `${head}Transfer-Encoding: chunked\r\n\r\n${twiml.length.toString(16)}\r\n${twiml}\r\n`,
    true,
  ),
  raw("without an end", "webhook-unfinished", (twiml) => `${head}Connection: keep-alive\r\n\r\n${twiml}`, false),
  raw(
    "shorter than its Content-Length, on an open connection",
    "webhook-unfinished",
    (twiml) => `${head}Content-Length: ${twiml.length + 40}\r\n\r\n${twiml}`,
    false,
  ),
  withTwilioError(
    12100,
    raw(
      "cut at a Content-Length that is too short",
      "webhook-truncated",
      (twiml) => `${head}Content-Length: ${twiml.length - 20}\r\n\r\n${twiml}`,
      true,
    ),
  ),
];

export const bodyFaults: readonly Exhibit[] = [...encoded, ...around, ...encodings, ...lengths];
