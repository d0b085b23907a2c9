// Reads TwiML into a tree of verbs, with the place of each, as Twilio would: well-formed, root `<Response>`. Which verbs and attributes exist
// is not its business, and writing is twiml.ts's.
// Follows XML 1.0 by the saxes package, and the codes of https://www.twilio.com/docs/api/errors

import { SaxesParser } from "saxes";
import type { Bad } from "../bad.ts";
import { MAX_TWIML_BYTES } from "./twiml.ts";

/** One element: `<Response>` at the root, verbs in it, nouns in those. Lines and columns count from 1, columns in UTF-16 code units. */
export interface TwimlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly TwimlElement[];
  /** The text directly in it, trimmed. */
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

/** Why Twilio would not take a TwiML document, and where; the codes are those its console shows. */
export interface BadTwiml extends Bad {
  /** 11750 too long, 11770 empty, 12100 not well-formed, 12101 not XML 1.0, 12102 root is not Response. */
  readonly twilioCode: 11750 | 11770 | 12100 | 12101 | 12102;
  readonly line: number;
  readonly column: number;
}

interface OpenElement extends TwimlElement {
  readonly children: TwimlElement[];
  attributes: Readonly<Record<string, string>>;
  text: string;
}

/** Reads a TwiML document; BadTwiml tells the first thing wrong with it. Never throws. */
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
  const placeOf = placeFinder(document);
  const open: OpenElement[] = [];
  let root: TwimlElement | undefined;
  let bad: BadTwiml | undefined;
  parser.on("error", (error) => {
    // The character at which it was noticed; at the end of the document the parser stands behind the last.
    bad ??= { bad: withoutPlace(error.message), twilioCode: 12100, ...placeOf(Math.min(parser.position, document.length) - 1) };
  });
  parser.on("xmldecl", ({ version }) => {
    if (version !== "1.0") bad ??= { bad: `version: expected 1.0, got ${version ?? "none"}`, twilioCode: 12101, line: 1, column: 1 };
  });
  parser.on("opentagstart", ({ name }) => {
    // The parser stands behind the name, and no "<" can stand between.
    const place = placeOf(document.lastIndexOf("<", parser.position - 1));
    const element: OpenElement = { name, attributes: {}, children: [], text: "", ...place };
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
    if (element !== undefined) element.text += text;
  };
  parser.on("text", addText);
  parser.on("cdata", addText);
  parser.on("closetag", () => {
    const element = open.pop();
    if (element !== undefined) element.text = element.text.trim();
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
 * The commonest mistake, an URL's & written as it is: the parser takes all up to the next ";" for an entity's name, and complains far behind,
 * of something else. Asked only of a document that is bad anyway.
 */
function bareAmpersand(document: string): BadTwiml | undefined {
  const markup = document.replace(/<!--.*?(?:-->|$)|<!\[CDATA\[.*?(?:\]\]>|$)/gs, (unparsed) => unparsed.replaceAll("&", " "));
  const at = markup.search(/&(?!(?:#\d+|#x[\da-f]+|[a-z_:][\w.:-]*);)/i);
  if (at === -1) return undefined;
  return { bad: 'expected an entity, got a bare "&": in XML it is written "&amp;"', twilioCode: 12100, ...placeFinder(document)(at) };
}

/** saxes puts "line:column: " before its messages. */
function withoutPlace(message: string): string {
  return message.replace(/^\d+:\d+: /, "");
}

/** Gives a function from offsets, asked in rising order, to lines and columns; each line is counted once. */
function placeFinder(document: string): (offset: number) => { readonly line: number; readonly column: number } {
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
