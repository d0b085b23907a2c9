// The connections of one call to its model, by number: the current one, and its successor while a session is being
// replaced. No rules (call/).

import type { ModelEvent } from "../../call/events.ts";
import type { Clock, ModelDialler, ModelPort } from "../../call/ports.ts";
import { sha256 } from "../../protocol/digest.ts";
import { formatToModel } from "../../protocol/realtime/format.ts";
import { modelReader } from "../../protocol/realtime/model-reader.ts";
import type { SessionSettings } from "../../protocol/realtime/realtime.ts";
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

interface Link {
  readonly port: ModelPort;
  readonly session: SessionSettings;
}

export class ModelLinks {
  readonly #deps: ModelLinkDeps;
  readonly #onEvent: (event: ModelEvent) => void;
  readonly #links = new Map<number, Link>();

  /** `onEvent` receives the events of every connection. */
  constructor(deps: ModelLinkDeps, onEvent: (event: ModelEvent) => void) {
    this.#deps = deps;
    this.#onEvent = onEvent;
  }

  /** Opens connection number `epoch`, to the model with the index `chosen`, for the caller with the number `from`. */
  dial(epoch: number, chosen: number, callSid: string, from: string): void {
    const { clock, models } = this.#deps;
    const model = models[chosen];
    if (model === undefined) throw new Error(`BUG: there is no model ${chosen}`);
    const { dialler, session } = model;
    const read = modelReader();
    const port = dialler.dial(callSid, safetyIdentifier(from), {
      opened: () => this.#onEvent({ type: "model.opened", atMs: clock.nowMs(), epoch }),
      text: (text) => {
        const event = modelEvent(read(text), epoch, clock.nowMs());
        if (event !== undefined) this.#onEvent(event);
      },
      closed: (end) => {
        this.#links.delete(epoch);
        this.#onEvent({ type: "model.lost", atMs: clock.nowMs(), epoch, errorCode: undefined, ...end });
      },
    });
    this.#links.set(epoch, { port, session });
  }

  /** Sends the effect's message: on the connection that the effect names, otherwise on `current`. */
  send(effect: ModelMessageEffect, current: number): void {
    const epoch = "epoch" in effect ? effect.epoch : current;
    const link = this.#links.get(epoch);
    link?.port.send(formatToModel(toModel(effect, link.session)));
  }

  /** Closes a connection. The call drops later events of it by their epoch. */
  close(epoch: number): void {
    const link = this.#links.get(epoch);
    this.#links.delete(epoch);
    link?.port.close();
  }

  closeAll(): void {
    for (const epoch of [...this.#links.keys()]) this.close(epoch);
  }
}

/**
 * A stable hash of the caller's number, never the number:
 * https://developers.openai.com/api/docs/guides/realtime-websocket
 */
function safetyIdentifier(from: string): string {
  return sha256(`voice caller ${from}`).toString("hex").slice(0, 32);
}
