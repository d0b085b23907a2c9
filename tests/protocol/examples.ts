// The vector tables for the tests: one table feeds the tests of parsing and formatting, and the fuzz seeds.

import clientEvents from "./vectors/openai-client-events.json" with { type: "json" };
import modelEvents from "./vectors/openai-server-events.json" with { type: "json" };
import ownEvents from "./vectors/own-server-events.json" with { type: "json" };
import toTwilio from "./vectors/server-to-twilio.json" with { type: "json" };
import fromTwilio from "./vectors/twilio-to-server.json" with { type: "json" };

/** `text` is parsed and means `value`. `documented` is the page's own text, which may be abbreviated or invalid. */
export interface Example {
  readonly name: string;
  readonly text: string;
  readonly documented: string;
  readonly value: unknown;
}

interface Row {
  readonly name: string;
  readonly documented: string;
  readonly fix?: readonly (readonly string[])[];
  readonly value: unknown;
}

function examplesOf(rows: readonly Row[]): readonly Example[] {
  return rows.map(({ name, documented, fix = [], value }) => {
    const text = fix.reduce((whole, [from = "", to = ""]) => {
      if (!whole.includes(from)) throw new Error(`vector ${name}: nothing to fix`);
      return whole.replace(from, () => to);
    }, documented);
    return { name, text, documented, value };
  });
}

/** Twilio's messages, as documented. */
export const twilioExamples = examplesOf(fromTwilio.examples);
/** A server's messages to Twilio, as documented. */
export const serverExamples = examplesOf(toTwilio.examples);
/** OpenAI's server events, as documented, then our additions. */
export const modelExamples = [...examplesOf(modelEvents.examples), ...examplesOf(ownEvents.examples)];

/** What voice sends to OpenAI, as documented. */
export const clientExamples = examplesOf(clientEvents.examples);

/** Removes undefined fields, which JSON vectors cannot hold. */
export function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
