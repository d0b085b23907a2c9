// The connections of one call to its model, by number: the one that runs, and while a session is being replaced the next one. No rules here (call/).

import { createHash } from "node:crypto";
import type { Effect } from "../../call/effects.ts";
import type { ModelEvent } from "../../call/events.ts";
import type { Clock, ModelDialler, ModelPort } from "../../call/ports.ts";
import { formatToModel } from "../../protocol/realtime/format.ts";
import { parseFromModel, type SessionSettings } from "../../protocol/realtime/realtime.ts";
import { modelEvent, toModel } from "./translate.ts";

/** What the links of a call need. */
export interface ModelLinkDeps {
  readonly clock: Clock;
  readonly dialler: ModelDialler;
  /** What the model is told to be. */
  readonly session: SessionSettings;
}

/** The links of one call. A class because it holds sockets. */
export class ModelLinks {
  readonly #deps: ModelLinkDeps;
  readonly #take: (event: ModelEvent) => void;
  readonly #ports = new Map<number, ModelPort>();

  /** `take` is told of what happens on any of them. */
  constructor(deps: ModelLinkDeps, take: (event: ModelEvent) => void) {
    this.#deps = deps;
    this.#take = take;
  }

  /** Dials connection number `epoch`, for a caller whose number is `from`. */
  dial(epoch: number, callSid: string, from: string): void {
    const { clock, dialler } = this.#deps;
    const port = dialler.dial(callSid, safetyIdentifier(from), {
      opened: () => this.#take({ type: "model.opened", atMs: clock.nowMs(), epoch }),
      text: (text) => {
        const event = modelEvent(parseFromModel(text), epoch, clock.nowMs());
        if (event !== undefined) this.#take(event);
      },
      closed: (end) => {
        this.#ports.delete(epoch);
        this.#take({ type: "model.lost", atMs: clock.nowMs(), epoch, errorCode: undefined, ...end });
      },
    });
    this.#ports.set(epoch, port);
  }

  /** Sends what an order to the model is; an order that names no connection goes to `current`. */
  send(effect: Effect, current: number): void {
    const message = toModel(effect, this.#deps.session);
    if (message !== undefined) this.#ports.get("epoch" in effect ? effect.epoch : current)?.send(formatToModel(message));
  }

  /** Closes one. What it still says is dropped by its number. */
  close(epoch: number): void {
    const port = this.#ports.get(epoch);
    this.#ports.delete(epoch);
    port?.close();
  }

  /** Closes whatever is open. */
  closeAll(): void {
    for (const epoch of [...this.#ports.keys()]) this.close(epoch);
  }
}

/** A stable hash of the caller's number, never the number: https://developers.openai.com/api/docs/guides/realtime-websocket */
function safetyIdentifier(from: string): string {
  return createHash("sha256").update(`voice caller ${from}`).digest("hex").slice(0, 32);
}
