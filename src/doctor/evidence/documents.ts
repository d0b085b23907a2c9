// What the doctor's checks read off a telephone call: its documents and what is in them, the request at which it failed. Not a check.

import type { TwimlElement } from "../../protocol/twiml/reader.ts";
import { readTwiml } from "../../protocol/twiml/reader.ts";
import type { HttpExchange, TelephoneCall } from "../../simulators/twilio/telephone/telephone-state.ts";
import type { Evidence } from "./evidence.ts";

/** A document that the call had, and where from. */
export interface Document {
  readonly exchange: HttpExchange | undefined;
  readonly root: TwimlElement;
}

/** Requests whose answer is to be TwiML, in order. */
export function documentExchanges({ exchanges }: TelephoneCall): readonly HttpExchange[] {
  return exchanges.filter(({ purpose }) => purpose !== "status" && purpose !== "streamStatus");
}

/** The call's TwiML documents, in order; that of a call that came with its own too. */
export function documentsOf(call: TelephoneCall): readonly Document[] {
  const own = call.options.twiml === undefined ? undefined : readTwiml(call.options.twiml);
  const first: readonly Document[] = own === undefined || "bad" in own ? [] : [{ exchange: undefined, root: own }];
  return [
    ...first,
    ...documentExchanges(call).flatMap((exchange) => (exchange.plan?.type === "twiml" ? [{ exchange, root: exchange.plan.root }] : [])),
  ];
}

/** The documents of the first call; none when it was not placed. */
export function firstDocuments({ calls: [first] }: Pick<Evidence, "calls">): readonly Document[] {
  return first === undefined ? [] : documentsOf(first.call);
}

/** Every element of a document, itself first, in order. */
export function elementsOf(root: TwimlElement): readonly TwimlElement[] {
  return [root, ...root.children.flatMap(elementsOf)];
}

/** The first `<Stream>` under a `<Connect>`. */
export function streamElement(root: TwimlElement): TwimlElement | undefined {
  return elementsOf(root)
    .filter(({ name }) => name === "Connect")
    .flatMap(({ children }) => children.filter(({ name }) => name === "Stream"))[0];
}

/** Requests whose answer is to be TwiML, up to the first stream. */
export function leadingExchanges(call: TelephoneCall): readonly HttpExchange[] {
  const streamAtMs = call.streams[0]?.dialledAtMs ?? Number.POSITIVE_INFINITY;
  return documentExchanges(call).filter(({ atMs }, at) => at === 0 || atMs < streamAtMs);
}

/** The request by which the webhook is judged: the first that failed before a stream was dialled, else the last before it. */
export function judgedExchange(call: TelephoneCall): HttpExchange | undefined {
  const leading = leadingExchanges(call);
  return leading.find(({ fault }) => fault !== undefined) ?? leading.at(-1);
}
