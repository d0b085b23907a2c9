// Requests the webhook and the stream's handshake once more after the calls: some servers work for one call only, and
// some die of it. What failed in the call itself is not requested. Judged in doctor/checks/afterwards.ts.

import type { Afterwards, DoctorCall, HandshakeTry, WebhookTry } from "../evidence/evidence.ts";
import { judgedExchange } from "../evidence/exchanges.ts";
import type { DoctorOptions, DoctorWorld } from "../options.ts";
import { requestWebhook } from "./request-webhook.ts";
import { tryHandshake } from "./try-handshakes.ts";

/** Pause before a failed request is repeated: a supervisor restarts a dead process within this time. */
const RESTART_MS = 2_500;

/** Undefined: the call got nowhere, so there is nothing to compare with. */
export async function requestAfterwards({ call }: DoctorCall, options: DoctorOptions, world: DoctorWorld): Promise<Afterwards | undefined> {
  const worked = call.options.twiml === undefined && judgedExchange(call)?.plan?.type === "twiml";
  const opened = call.streams.find(({ openedAtMs }) => openedAtMs !== undefined);
  if (!worked && opened === undefined) return undefined;
  const askWebhook = (): Promise<WebhookTry> => requestWebhook(call, { variant: "after the call" }, options, world);
  const askHandshake = (url: string): Promise<HandshakeTry> => tryHandshake({ variant: "after", url }, options, world);
  const webhook = worked ? await twice(askWebhook, ({ isTwiml }) => isTwiml, world) : [];
  const handshake =
    opened === undefined
      ? []
      : await twice(
          () => askHandshake(opened.url),
          ({ answer }) => answer?.head.status === 101,
          world,
        );
  return { webhook, handshake };
}

async function twice<T>(ask: () => Promise<T>, isGood: (one: T) => boolean, { clock }: DoctorWorld): Promise<readonly T[]> {
  const first = await ask();
  if (isGood(first)) return [first];
  await new Promise<void>((resolve) => void clock.after(RESTART_MS, resolve));
  return [first, await ask()];
}
