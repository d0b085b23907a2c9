// What a webhook's answer is when it is not TwiML: compressed, encoded once more, JSON, a web page, or TwiML with
// something around it. Pure. Twilio shows 12100 for most of them, whatever they are.

import { Buffer } from "node:buffer";
import { latin1Text, utf8Text } from "../../protocol/bytes.ts";
import { fieldValue } from "../../protocol/http/message.ts";
import { decodeTwiml } from "../../protocol/twiml/decode-twiml.ts";
import type { HttpAnswer } from "../../simulators/twilio/webhook-answer.ts";
import type { CauseCode } from "../causes/causes.ts";
import { bodyStart } from "./exchanges.ts";
import { pageTitle } from "./who-answered.ts";

/** What the body is. `fix` overrides the cause's. */
export interface BodyFault {
  readonly cause: CauseCode;
  readonly actual: string;
  readonly fix?: string;
}

/** Undefined: nothing that this file knows. Only for answers that Twilio does not parse as TwiML. */
export function findBodyFault(answer: HttpAnswer): BodyFault | undefined {
  if (answer.body.length === 0) return undefined;
  const text = utf8Text(answer.body) ?? latin1Text(answer.body);
  const finders = [compressed, wrongEncoding, encodedAgain, notText, crashed, json, webPage, openPlaceholder, extraText, cutShort];
  for (const find of finders) {
    const fault = find(text, answer);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

type Finder = (text: string, answer: HttpAnswer) => BodyFault | undefined;

/** RFC 1952 section 2.3.1, RFC 8878 section 3.1.1, RFC 1950 section 2.2. Brotli has no magic number. */
const magicNumbers: readonly (readonly [name: string, magic: RegExp])[] = [
  ["gzip", /^1f8b08/],
  ["zstd", /^28b52ffd/],
  ["deflate", /^78(?:01|5e|9c|da)/],
];

const compressed: Finder = (_text, { headers, body }) => {
  const declared = fieldValue(headers, "content-encoding")?.trim().toLowerCase();
  const start = body.subarray(0, 4).toHex();
  const seen = magicNumbers.find(([, magic]) => magic.test(start))?.[0];
  const isDeclared = declared !== undefined && declared !== "" && declared !== "identity";
  if (!isDeclared && seen === undefined) return undefined;
  return {
    cause: "webhook-compressed",
    actual: `${isDeclared ? `Content-Encoding: ${declared}` : `${seen}, without a Content-Encoding`}; the request had no Accept-Encoding`,
  };
};

/** Whether it begins as TwiML does. */
const looksLikeTwiml = (text: string): boolean => /^\uFEFF?\s*(?:<\?xml\b|<Response\b)/.test(text);

interface Wrapping {
  readonly what: string;
  readonly fix: string;
  /** The text inside; undefined: it is not wrapped like that. */
  unwrap(text: string): string | undefined;
}

const wrappings: readonly Wrapping[] = [
  {
    what: "base64 of TwiML",
    fix: "send the TwiML itself, not its base64; behind API Gateway, set isBase64Encoded to true or return plain text",
    unwrap: (text) => (/^[A-Za-z0-9+/_-]{16,}[\s=]*$/.test(text.replace(/\s+/g, "")) ? Buffer.from(text, "base64").toString() : undefined),
  },
  {
    what: "TwiML as a JSON string",
    fix: "send the string itself with Content-Type: text/xml, not its JSON (res.send instead of res.json; in FastAPI a Response instead of a str)",
    unwrap: (text) => (/^\s*"/.test(text) ? stringsOf(text)[0] : undefined),
  },
  {
    what: "TwiML in a JSON object",
    fix: "send only the TwiML, with Content-Type: text/xml; a Lambda's { statusCode, body } needs proxy integration",
    unwrap: (text) => (/^\s*[{[]/.test(text) ? stringsOf(text).find(looksLikeTwiml) : undefined),
  },
  {
    what: "entity-escaped TwiML (&lt;Response&gt;)",
    fix: "the whole document was escaped: send it as it is, and do not put it through a template's or a serializer's escaping",
    unwrap: (text) => {
      const start = /&(?:amp;)?(?:lt|#60|#x3c);(?:\?xml|Response)\b/i.exec(text)?.index;
      return start === undefined ? undefined : unescapeXml(text.slice(start));
    },
  },
  {
    what: "percent-encoded TwiML",
    fix: "send the TwiML without URL encoding",
    unwrap: (text) =>
      /^\s*%3C/i.test(text)
        ? text
            .trim()
            .replace(/%3C/gi, "<")
            .replace(/%3F/gi, "?")
            .replace(/%20|\+/g, " ")
        : undefined,
  },
  {
    what: "a Python bytes literal (b'...')",
    fix: "send the bytes, or decode them: twiml.decode(), not str(twiml)",
    unwrap: (text) => /^\s*b(['"])([\s\S]*)\1\s*$/.exec(text)?.[2],
  },
  {
    what: "TwiML in quotes",
    fix: "send the TwiML without quotes around it",
    unwrap: (text) => /^\s*(['`])([\s\S]*)\1\s*$/.exec(text)?.[2],
  },
  {
    what: 'TwiML with escaped quotes (\\")',
    fix: "send the TwiML itself: it was escaped for JSON or for a string literal",
    unwrap: (text) => (/=\\["']/.test(text) || /\?>\\n/.test(text) ? text.replaceAll("\\n", "\n").replaceAll("\\", "") : undefined),
  },
];

function unescapeXml(text: string): string {
  return text.replaceAll("&amp;", "&").replace(/&(?:lt|#60|#x3c);/gi, "<");
}

/** The JSON text's string, or the strings in it, one level down and two. */
function stringsOf(text: string): readonly string[] {
  const collect = (value: unknown, depth: number): readonly string[] => {
    if (typeof value === "string") return [value];
    return typeof value === "object" && value !== null && depth > 0 ? Object.values(value).flatMap((one) => collect(one, depth - 1)) : [];
  };
  try {
    return collect(JSON.parse(text), 2);
  } catch {
    return []; // A SyntaxError: it is not JSON.
  }
}

const encodedAgain: Finder = (text) => {
  for (const { what, fix, unwrap } of wrappings) {
    const inner = unwrap(text);
    if (inner !== undefined && looksLikeTwiml(inner)) return { cause: "twiml-encoded-again", actual: what, fix };
  }
  return undefined;
};

/** What languages make of an object, or of nothing, when it is sent as text. */
const notText: Finder = (text) => {
  const isObject = /^\s*(?:\[object \w+\]|undefined|null|None|nil|true|false|<[\w.]+ object at 0x[\da-f]+>)\s*$/i.test(text);
  if (!isObject) return undefined;
  return {
    cause: "twiml-malformed",
    actual: `the text "${text.trim()}" instead of a document`,
    fix: "send the document's text: response.toString() in JavaScript, str(response) in Python",
  };
};

/** Whether the text has a TwiML document somewhere. */
const hasTwiml = (text: string): boolean => /<Response\b/.test(text);

/** A stack trace with status 200, as PHP and careless error handlers send it. */
const crashed: Finder = (text) => {
  const trace = /(?:PHP )?(?:Fatal|Parse) error(?:<\/b>)?: [^\n<]{0,120}|Traceback \(most recent call last\)|\bat \S+ \(\S+:\d+:\d+\)/.exec(
    text,
  );
  return trace === null || hasTwiml(text)
    ? undefined
    : { cause: "webhook-crashed", actual: `an error message: ${bodyStart(trace[0], 160)}` };
};

const json: Finder = (text) => {
  const start = text.trimStart();
  if (!/^[{["]/.test(start) || hasTwiml(text)) return undefined;
  try {
    JSON.parse(start);
  } catch {
    return undefined; // A SyntaxError: it is not JSON.
  }
  return { cause: "webhook-json", actual: `JSON: ${bodyStart(text, 120)}` };
};

const webPage: Finder = (text, { headers }) => {
  const type = fieldValue(headers, "content-type") ?? "none";
  const isPage = /^\uFEFF?\s*(?:(?:<!--[\s\S]*?-->|<\?xml[^>]*>)\s*)*<(?:!doctype html|html|head|body)\b/i.test(text);
  if (!isPage || hasTwiml(text)) return undefined;
  const title = pageTitle(text);
  return { cause: "twiml-web-page", actual: `an HTML page${title === undefined ? "" : ` titled "${title}"`} (Content-Type: ${type})` };
};

/** A value such as "wss://<ngrok url>/" from a template or a guide: XML allows no < in it. */
const openPlaceholder: Finder = (text) => {
  const found = /\b([\w-]{1,40})=(["'])((?:(?!\2)[^<>]){0,400}(<(?:(?!\2)[^<>]){1,60}>)(?:(?!\2)[^<>]){0,400})\2/.exec(text);
  const [, name, , value, placeholder] = found ?? [];
  if (!hasTwiml(text) || placeholder === undefined) return undefined;
  return {
    cause: "twiml-malformed",
    actual: `${name}="${value}" has a placeholder that was not filled in: ${placeholder}`,
    fix: `replace ${placeholder} by what it stands for, such as the server's public host`,
  };
};

const extraText: Finder = (text) => {
  const declaration = text.indexOf("<?xml");
  const start = declaration === -1 ? text.indexOf("<Response") : declaration;
  if (start === -1 || !hasTwiml(text)) return undefined;
  const before = text.slice(0, start).replace(/^\uFEFF/, "");
  // White space is allowed before a root without a declaration.
  const isBefore = declaration === -1 ? before.trim() !== "" && !before.trim().endsWith("-->") : before !== "";
  if (isBefore) return { cause: "twiml-extra-text", actual: `before the TwiML: ${quoted(before)}` };
  const end = /<\/Response\s*>/.exec(text);
  const after = end === null ? "" : text.slice(end.index + end[0].length).trim();
  // A comment may be cut off, where the answer is too big.
  return after === "" || /^<!--[\s\S]*-->$/.test(after) || (after.startsWith("<!--") && !after.includes("-->"))
    ? undefined
    : { cause: "twiml-extra-text", actual: `after </Response>: ${quoted(after)}` };
};

function quoted(text: string): string {
  if (text.trim() !== "") return `"${bodyStart(text, 160)}"`;
  const lines = text.split("\n").length - 1;
  return lines > 0 ? `${lines} line break${lines === 1 ? "" : "s"}` : `${text.length} blank${text.length === 1 ? "" : "s"}`;
}

const cutShort: Finder = (text, { headers, body }) => {
  const isWhole = /<\/Response\s*>|<Response(?:\s[^>]*)?\/>/.test(text);
  if (!looksLikeTwiml(text) || !hasTwiml(text) || isWhole) return undefined;
  const length = fieldValue(headers, "content-length");
  const counted = length === undefined ? "" : ` (Content-Length: ${length})`;
  return { cause: "webhook-truncated", actual: `the document ends before </Response>, after ${body.length} bytes${counted}` };
};

const wrongEncoding: Finder = (text, { headers, body }) => {
  // UTF-16 has a zero byte in each character of markup.
  if (text.includes("\0") && looksLikeTwiml(text.replaceAll("\0", "")))
    return { cause: "twiml-encoding", actual: "UTF-16, without a byte order mark or a charset" };
  const decoded = decodeTwiml(body, fieldValue(headers, "content-type"));
  return "bad" in decoded && looksLikeTwiml(text) ? { cause: "twiml-encoding", actual: decoded.bad } : undefined;
};
