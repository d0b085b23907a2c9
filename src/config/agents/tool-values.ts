// Readers of the values of tools in voice.toml.

import type { Reader } from "../values.ts";

const PLACEHOLDER = /\{\{\s*[\w-]+\s*\}\}/g;

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
  const [origin = ""] = /^[^:]*:\/\/[^/?#]*/.exec(text) ?? [];
  return origin.includes("{{") ? { expected: "placeholders after the host only", hint: "write the host out" } : text;
};

/** $.name, $.items[0].price, $["first name"]. */
export const jsonPath: Reader<string> = (text) =>
  /^\$(?:\.[A-Za-z_][\w-]*|\[\d{1,9}\]|\["(?:[^"\\]|\\.)*"\])*$/.test(text)
    ? text
    : { expected: "a path of names and indexes that begins with $", hint: "try $.name or $.items[0].price" };
