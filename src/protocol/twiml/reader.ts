// Reads TwiML into a tree of elements with their positions, as strictly as Twilio: well-formed, root `<Response>`. It
// does not know which verbs and attributes exist. Writing TwiML: twiml.ts. Follows XML 1.0 through the saxes package,
// and Twilio's error codes (twilio-errors.ts).

import { SaxesParser } from "saxes";
import type { Bad } from "../bad.ts";
import { MAX_TWIML_BYTES } from "./twiml.ts";

/**
 * `<Response>` at the root, verbs in it, nouns in those. Lines and columns count from 1, columns in UTF-16 code units.
 */
export interface TwimlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly TwimlElement[];
  /** The element's own text, trimmed. */
  readonly text: string;
  /** The text of the element and of all inside it, in order, trimmed: what a `<Say>` with SSML speaks. */
  readonly wholeText: string;
  readonly line: number;
  readonly column: number;
}

/** Why Twilio would reject a document, and where. */
export interface BadTwiml extends Bad {
  /** As its console shows it. */
  readonly twilioCode: 11750 | 11770 | 12100 | 12101 | 12102;
  readonly line: number;
  readonly column: number;
}

interface OpenElement extends TwimlElement {
  readonly children: TwimlElement[];
  attributes: Readonly<Record<string, string>>;
  text: string;
  wholeText: string;
}

/** Elements inside each other. TwiML needs four, and SSML in a `<Say>` a few more. Twilio documents no limit. */
export const MAX_DEPTH = 100;

/** Returns the first problem. Never throws. */
export function readTwiml(document: string): TwimlElement | BadTwiml {
  const bytes = new TextEncoder().encode(document).length;
  const start = { line: 1, column: 1 };
  if (bytes > MAX_TWIML_BYTES)
    return { bad: `document: expected at most ${MAX_TWIML_BYTES} bytes, got ${bytes}`, twilioCode: 11750, ...start };
  if (document.trim() === "") return { bad: "document: expected TwiML, got nothing", twilioCode: 11770, ...start };
  return parse(document);
}

function parse(document: string): TwimlElement | BadTwiml {
  const parser = new SaxesParser();
  const positionOf = positionFinder(document);
  const open: OpenElement[] = [];
  let root: TwimlElement | undefined;
  let bad: BadTwiml | undefined;
  parser.on("error", (error) => {
    // The character where the problem was noticed; at the end of the document the position is after the last one.
    bad ??= { bad: withoutPosition(error.message), twilioCode: 12100, ...positionOf(Math.min(parser.position, document.length) - 1) };
  });
  parser.on("xmldecl", ({ version }) => {
    if (version !== "1.0") bad ??= { bad: `version: expected 1.0, got ${version ?? "none"}`, twilioCode: 12101, line: 1, column: 1 };
  });
  parser.on("opentagstart", ({ name }) => {
    if (bad !== undefined) return;
    // The position is after the name, and a name holds no "<".
    const position = positionOf(document.lastIndexOf("<", parser.position - 1));
    if (open.length >= MAX_DEPTH)
      bad = { bad: `nesting: expected at most ${MAX_DEPTH} elements inside each other, got more`, twilioCode: 12100, ...position };
    const element: OpenElement = { name, attributes: {}, children: [], text: "", wholeText: "", ...position };
    open.at(-1)?.children.push(element);
    open.push(element);
    root ??= element;
  });
  parser.on("opentag", ({ attributes }) => {
    const element = open.at(-1);
    if (element !== undefined) element.attributes = { ...attributes };
  });
  const addText = (text: string): void => {
    const element = open.at(-1);
    if (element === undefined) return;
    element.text += text;
    element.wholeText += text;
  };
  parser.on("text", addText);
  parser.on("cdata", addText);
  parser.on("closetag", () => {
    const element = open.pop();
    if (element === undefined) return;
    const parent = open.at(-1);
    if (parent !== undefined) parent.wholeText += element.wholeText;
    element.text = element.text.trim();
    element.wholeText = element.wholeText.trim();
  });
  parser.write(document).close();
  if (bad !== undefined) return bareAmpersand(document) ?? bad;
  if (root === undefined) return { bad: "document: expected an element, got none", twilioCode: 12100, line: 1, column: 1 };
  return root.name === "Response" ? root : notResponse(root);
}

function notResponse({ name, line, column }: TwimlElement): BadTwiml {
  return { bad: `root: expected <Response>, got <${name.slice(0, 40)}>`, twilioCode: 12102, line, column };
}

/**
 * The most common mistake, an unescaped & in a URL: the parser takes everything up to the next ";" for an entity's name
 * and reports another problem much later. Only called for a document that is bad anyway.
 */
function bareAmpersand(document: string): BadTwiml | undefined {
  const markup = document.replace(/<!--.*?(?:-->|$)|<!\[CDATA\[.*?(?:\]\]>|$)/gs, (unparsed) => unparsed.replaceAll("&", " "));
  const at = markup.search(/&(?!(?:#\d+|#x[\da-f]+|[a-z_:][\w.:-]*);)/i);
  if (at === -1) return undefined;
  return { bad: 'expected an entity, got a bare "&": in XML it is written "&amp;"', twilioCode: 12100, ...positionFinder(document)(at) };
}

/** The messages of saxes start with "line:column: " and end with a full stop. */
function withoutPosition(message: string): string {
  return message.replace(/^\d+:\d+: /, "").replace(/\.$/, "");
}

/** Returns a function from offsets to lines and columns. Offsets must not decrease: each line is counted once. */
function positionFinder(document: string): (offset: number) => { readonly line: number; readonly column: number } {
  let line = 1;
  let lineStart = 0;
  return (offset) => {
    for (let next = document.indexOf("\n", lineStart); next !== -1 && next < offset; next = document.indexOf("\n", lineStart)) {
      line += 1;
      lineStart = next + 1;
    }
    return { line, column: offset - lineStart + 1 };
  };
}
