// Readers of the values of tools in voice.toml.

import { parseJsonPath } from "../../protocol/json-path.ts";
import type { Reader } from "../values.ts";

/** The tool in an agent's list that lets it end the call. */
export const HANG_UP = "hang_up";

/** The tool that lets an agent press keys. */
export const SEND_DIGITS = "send_digits";
/** The tool that lets an agent have the caller type digits. */
export const COLLECT_DIGITS = "collect_digits";

/** The beginning of the names of tools that transfer the caller. */
export const TRANSFER_TO = "transfer_to_";

/** Placeholders that are no arguments: adapters/tools/http-tool.ts fills them in. */
export const callPlaceholders: readonly string[] = ["caller", "called", "call_sid"];

/** An argument, one of the call's, or {{digits.pin}}. */
const PLACEHOLDER = /\{\{\s*((?:digits\.)?[\w-]+)\s*\}\}/g;

/** The names of a template's placeholders. */
export function placeholdersOf(template: string): readonly string[] {
  return [...template.matchAll(PLACEHOLDER)].map(([, name = ""]) => name);
}

/** A URL with placeholders in its path or query: never in the host, where a value could choose the server. */
export const urlTemplate: Reader<string> = (text) => {
  const url = URL.parse(text.replace(PLACEHOLDER, "x"));
  const isWeb = url?.protocol === "https:" || url?.protocol === "http:";
  if (url === null || !isWeb || url.username !== "" || url.password !== "" || url.hash !== "") {
    return {
      expected: "an https:// or http:// URL without credentials and fragment",
      hint: "try https://api.example.com/bookings/{{phone}}",
    };
  }
  // URL takes backslashes, blanks and other numbers of slashes, too: only what it makes of a value shows where it is.
  const other = URL.parse(text.replace(PLACEHOLDER, "1"));
  return url.origin === other?.origin ? text : { expected: "placeholders after the host only", hint: "write the host out" };
};

/** "crm.internal", "10.0.0.5:8080", "[::1]": in the spelling of URL, as the host of a tool's URL is compared. */
export const privateHost: Reader<string> = (text) => {
  const [, host = "", port = ""] = /^(\[[^\]]*\]|[^:/?#@\s\\]+)(:\d{1,5})?$/.exec(text) ?? [];
  const url = URL.parse(`http://${host}/`);
  return host !== "" && url !== null && Number(port.slice(1)) <= 65_535
    ? `${url.hostname}${port}`
    : { expected: "a host, or a host and a port", hint: "try crm.internal, 10.0.0.5:8080 or [fd00::1]" };
};

/** Headers by which HTTP finds the end of a message (RFC 9112 section 6) or manages the connection: voice sets them. */
const ownHeader = /^(?:connection|content-length|expect|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade)$/i;

interface HeaderProblem {
  readonly name: string;
  readonly expected: string;
  readonly hint: string;
}

export function headerProblems(names: readonly string[]): readonly HeaderProblem[] {
  const lower = names.map((name) => name.toLowerCase());
  return names.flatMap((name, index): readonly HeaderProblem[] => {
    if (ownHeader.test(name)) return [{ name, expected: "a header that is not about the connection", hint: "remove it: voice sets it" }];
    return lower.indexOf(name.toLowerCase()) < index ? [{ name, expected: "each header once", hint: "remove one of them" }] : [];
  });
}

/** RFC 9110 section 5.5, without the obsolete characters. */
export function isHeaderValue(text: string): boolean {
  return /^[\t\x20-\x7e]*$/.test(text);
}

/** $.name, $.items[0].price, $["first name"]. */
export const jsonPath: Reader<string> = (text) =>
  parseJsonPath(text) !== undefined
    ? text
    : { expected: "a path of names and indexes that begins with $", hint: "try $.name or $.items[0].price" };
