// The fields that src/protocol reads and sends, for the tables of docs/protocol.md. Found by running it: a field is
// read if another value in its place changes the parser's result, and sent if a formatter writes it.

import { parseFromTwilio, type ToTwilio, twilioFormatter } from "../../src/protocol/media-streams/media-streams.ts";
import { formatToModel } from "../../src/protocol/realtime/format.ts";
import { parseFromModel, type ToModel } from "../../src/protocol/realtime/realtime.ts";
import { dialTwiml, screenTwiml } from "../../src/protocol/twiml/dial.ts";
import { readTwiml, type TwimlElement } from "../../src/protocol/twiml/reader.ts";
import { connectStreamTwiml, emptyTwiml, rejectTwiml, sayTwiml, transferTwiml } from "../../src/protocol/twiml/twiml.ts";
import { type Example, modelExamples, serverExamples, twilioExamples } from "../protocol/examples.ts";

type Path = readonly (string | number)[];

/** Paths of the innermost values of a JSON value. */
function leavesOf(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== "object" || value === null || Object.keys(value).length === 0) return [path];
  return Object.entries(value).flatMap(([name, inner]) => leavesOf(inner, [...path, Array.isArray(value) ? Number(name) : name]));
}

function replaceAt(value: unknown, [name, ...rest]: Path, replacement: unknown): unknown {
  if (name === undefined) return replacement;
  const inner = replaceAt((value as Record<string | number, unknown>)[name], rest, replacement);
  return Array.isArray(value) ? value.with(Number(name), inner) : { ...(value as object), [name]: inner };
}

/** "event.path" as the tables spell it. Undefined for the discriminator (`event`, `type`) itself. */
function nameOf(event: string, path: Path): string | undefined {
  if (path.length === 1 && (path[0] === "event" || path[0] === "type")) return undefined;
  const parts = path.map((name, at) => (typeof name === "number" ? "[]" : path[at - 1] === "customParameters" ? ".*" : `.${name}`));
  return `${event}${parts.join("")}`;
}

function fieldsRead(examples: readonly Example[], parse: (text: string) => unknown): Set<string> {
  const names = examples.flatMap(({ text, value }) => {
    const { type } = value as { readonly type: string };
    const message: unknown = JSON.parse(text);
    const given = JSON.stringify(parse(text));
    const changes = (path: Path): boolean =>
      ["AAAA", 7].some((other) => JSON.stringify(parse(JSON.stringify(replaceAt(message, path, other)))) !== given);
    return type === "other"
      ? []
      : leavesOf(message)
          .filter(changes)
          .map((path) => nameOf(type, path));
  });
  return new Set(names.filter((name) => name !== undefined));
}

function fieldsSent(texts: readonly string[]): Set<string> {
  const names = texts.flatMap((text) => {
    const message = JSON.parse(text) as { readonly event?: string; readonly type?: string };
    return leavesOf(message).map((path) => nameOf(message.event ?? message.type ?? "", path));
  });
  return new Set(names.filter((name) => name !== undefined));
}

const format = (message: ToTwilio): string => twilioFormatter(message.streamSid)(message);

const toModel: readonly ToModel[] = [
  { type: "session.update", eventId: "e", session: { instructions: "i", voice: "v" } },
  { type: "input_audio_buffer.append", audio: "AAAA" },
  { type: "conversation.item.create", role: "user", text: "t" },
  { type: "conversation.item.truncate", itemId: "i", contentIndex: 0, audioEndMs: 1 },
  { type: "response.create", eventId: "e", instructions: "i" },
  { type: "response.cancel", responseId: "r" },
];

function partsOf({ name, attributes, text, children }: TwimlElement): readonly string[] {
  const own = [...Object.keys(attributes), ...(text === "" ? [] : ["text"])].map((part) => `${name}.${part}`);
  const isBare = own.length === 0 && children.length === 0;
  return [...(isBare ? [name] : own), ...children.flatMap(partsOf)];
}

function twimlSent(): Set<string> {
  const connect = { streamUrl: "wss://h/s", token: "t", parameters: {}, actionUrl: "https://h/a", statusCallbackUrl: "https://h/c" };
  const transfer = (target: string): string => transferTwiml({ sentence: "a", language: "en", target, actionUrl: "https://h/a" });
  const people = { sentence: "a", language: "en", ringS: 20, screenUrl: "https://h/s", actionUrl: "https://h/a" };
  const documents = [
    connectStreamTwiml(connect),
    transfer("+15005550009"),
    transfer("sip:a@h"),
    dialTwiml({ ...people, targets: ["+15005550009", "sip:a@h"], callerId: "+15005550001" }),
    screenTwiml({ words: "a", ask: "b", language: "en", actionUrl: "https://h/s" }),
    sayTwiml("a", "en"),
    rejectTwiml("busy"),
    emptyTwiml(),
  ];
  const parts = documents.flatMap((document) => {
    const root = readTwiml(String(document));
    return "bad" in root ? [] : root.children.flatMap(partsOf);
  });
  return new Set(parts);
}

/** By heading of docs/protocol.md: the names that the first column of its table must have. */
export const protocolFields: Readonly<Record<string, () => Set<string>>> = {
  "Read from Twilio's stream": () => fieldsRead(twilioExamples, parseFromTwilio),
  "Sent to Twilio's stream": () => fieldsSent(serverExamples.map(({ value }) => format(value as ToTwilio))),
  "Read from the model": () => fieldsRead(modelExamples, parseFromModel),
  "Sent to the model": () => fieldsSent(toModel.map(formatToModel)),
  "TwiML sent": twimlSent,
};
