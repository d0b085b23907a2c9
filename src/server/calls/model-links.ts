// The connections of one call to its model, by number: the current one, and its successor while a session is being
// replaced. No rules (call/).

import type { Clock, ModelDialler, ModelEnd, ModelListener, ModelPort } from "../../call/ports.ts";
import { sha256 } from "../../protocol/digest.ts";
import { formatToModel } from "../../protocol/realtime/format.ts";
import { modelReader } from "../../protocol/realtime/model-reader.ts";
import type { SessionSettings } from "../../protocol/realtime/realtime.ts";
import type { EventSink } from "./caller-link.ts";
import { type ModelMessageEffect, modelEvent, toModel } from "./translate.ts";

export interface ModelLinkDeps {
  readonly clock: Clock;
  /** The models of the agent, in the order in which they take over. At least one. */
  readonly models: readonly CallModel[];
}

/** A model, and the session that it is configured with. */
export interface CallModel {
  readonly dialler: ModelDialler;
  readonly session: SessionSettings;
}

/** One connection. A class, for the reason that CallerLink is one. */
class ModelLink implements ModelListener {
  readonly epoch: number;
  readonly session: SessionSettings;
  port: ModelPort | undefined;
  readonly #read = modelReader();
  readonly #links: ModelLinks;

  constructor(epoch: number, session: SessionSettings, links: ModelLinks) {
    this.epoch = epoch;
    this.session = session;
    this.#links = links;
  }

  opened(): void {
    const { clock, sink } = this.#links;
    sink.take({ type: "model.opened", atMs: clock.nowMs(), epoch: this.epoch });
  }

  text(text: string): void {
    const { clock, sink } = this.#links;
    const event = modelEvent(this.#read(text), this.epoch, clock.nowMs());
    if (event !== undefined) sink.take(event);
  }

  closed(end: ModelEnd): void {
    const { clock, sink } = this.#links;
    this.#links.forget(this);
    sink.take({ type: "model.lost", atMs: clock.nowMs(), epoch: this.epoch, errorCode: undefined, ...end });
  }
}

export class ModelLinks {
  readonly clock: Clock;
  readonly sink: EventSink;
  readonly #models: readonly CallModel[];
  /** Two at most. */
  #links: readonly ModelLink[] = [];

  /** `sink` receives the events of every connection. */
  constructor({ clock, models }: ModelLinkDeps, sink: EventSink) {
    this.clock = clock;
    this.sink = sink;
    this.#models = models;
  }

  /** Opens connection number `epoch`, to the model with the index `chosen`, for the caller with the number `from`. */
  dial(epoch: number, chosen: number, callSid: string, from: string): void {
    const model = this.#models[chosen];
    if (model === undefined) throw new Error(`BUG: there is no model ${chosen}`);
    const link = new ModelLink(epoch, model.session, this);
    link.port = model.dialler.dial(callSid, safetyIdentifier(from), link);
    this.#links = [...this.#links, link];
  }

  /** Sends the effect's message: on the connection that the effect names, otherwise on `current`. */
  send(effect: ModelMessageEffect, current: number): void {
    const link = this.#find("epoch" in effect ? effect.epoch : current);
    link?.port?.send(formatToModel(toModel(effect, link.session)));
  }

  /** Closes a connection. The call drops later events of it by their epoch. */
  close(epoch: number): void {
    const link = this.#find(epoch);
    if (link === undefined) return;
    this.forget(link);
    link.port?.close();
  }

  closeAll(): void {
    for (const { epoch } of this.#links) this.close(epoch);
  }

  /** The connection has ended. */
  forget(ended: ModelLink): void {
    this.#links = this.#links.filter((link) => link !== ended);
  }

  #find(epoch: number): ModelLink | undefined {
    for (const link of this.#links) if (link.epoch === epoch) return link;
    return undefined;
  }
}

/**
 * A stable hash of the caller's number, never the number:
 * https://developers.openai.com/api/docs/guides/realtime-websocket
 */
function safetyIdentifier(from: string): string {
  return sha256(`voice caller ${from}`).toString("hex").slice(0, 32);
}
