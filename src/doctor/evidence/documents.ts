// The TwiML documents of a telephone call, and the elements in them.

import type { TwimlElement } from "../../protocol/twiml/reader.ts";
import { readTwiml } from "../../protocol/twiml/reader.ts";
import type { HttpExchange, TelephoneCall } from "../../simulators/twilio/telephone/telephone-state.ts";
import type { Evidence } from "./evidence.ts";
import { documentExchanges } from "./exchanges.ts";

export interface TwimlDocument {
  /** Undefined: the call was placed with this TwiML, and no webhook was requested. */
  readonly exchange: HttpExchange | undefined;
  readonly root: TwimlElement;
}

/** A call's documents, in order, including the one that it was placed with. */
export function documentsOf(call: TelephoneCall): readonly TwimlDocument[] {
  const own = call.options.twiml === undefined ? undefined : readTwiml(call.options.twiml);
  const first: readonly TwimlDocument[] = own === undefined || "bad" in own ? [] : [{ exchange: undefined, root: own }];
  return [
    ...first,
    ...documentExchanges(call).flatMap((exchange) => (exchange.plan?.type === "twiml" ? [{ exchange, root: exchange.plan.root }] : [])),
  ];
}

/** The documents of the first call; empty when no call was placed. */
export function firstDocuments({ calls: [first] }: Pick<Evidence, "calls">): readonly TwimlDocument[] {
  return first === undefined ? [] : documentsOf(first.call);
}

/** The root and all its descendants, in document order. */
export function elementsOf(root: TwimlElement): readonly TwimlElement[] {
  const elements: TwimlElement[] = [];
  const add = (element: TwimlElement): void => {
    elements.push(element);
    element.children.forEach(add);
  };
  add(root);
  return elements;
}

/** The first `<Stream>` directly under a `<Connect>`. */
export function streamElement(root: TwimlElement): TwimlElement | undefined {
  return elementsOf(root)
    .filter(({ name }) => name === "Connect")
    .flatMap(({ children }) => children.filter(({ name }) => name === "Stream"))[0];
}
