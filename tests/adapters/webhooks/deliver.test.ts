// Deliveries: signed, retried later and later, parked after a day, never two at once for one, and none lost.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import { Webhook } from "standardwebhooks";
import { ANSWER_MS, type Attempt, type Delivery, deliver, GIVE_UP_MS, MAX_SENDING } from "../../../src/adapters/webhooks/deliver.ts";
import { manualClock } from "../../support/manual-clock.ts";

const secret = Buffer.alloc(32, 7);

interface Sent {
  readonly body: string;
  readonly headers: Record<string, string>;
  readonly signal: AbortSignal;
  answer(response: Response | Error): void;
}

/** An outbox in memory, and a receiver played by the test. */
function setUp(deliveries: readonly Delivery[]) {
  const clock = manualClock(Date.now());
  const sent: Sent[] = [];
  const attempts: Attempt[] = [];
  const lines: string[] = [];
  const next = new Map(deliveries.map(({ id }) => [id, { atMs: 0, attempts: 0 }]));
  const stop = deliver({
    url: "https://crm.example/hook",
    secret,
    clock,
    log: (_level, event) => void lines.push(event),
    due: async (nowMs, limit) =>
      deliveries
        .map((one) => ({ ...one, attempts: next.get(one.id)?.attempts ?? 0 }))
        .filter(({ id }) => (next.get(id)?.atMs ?? Number.POSITIVE_INFINITY) <= nowMs)
        .slice(0, limit),
    attempted(attempt) {
      attempts.push(attempt);
      next.set(attempt.id, { atMs: attempt.nextMs ?? Number.POSITIVE_INFINITY, attempts: (next.get(attempt.id)?.attempts ?? 0) + 1 });
    },
    send: ((_url: string, init: RequestInit) =>
      new Promise((resolve, reject) => {
        const signal = init.signal as AbortSignal;
        signal.addEventListener("abort", () => reject(signal.reason));
        const answer = (response: Response | Error): void => (response instanceof Error ? reject(response) : resolve(response));
        sent.push({ body: String(init.body), headers: init.headers as Record<string, string>, signal, answer });
      })) as typeof fetch,
  });
  /** Lets promises settle. */
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  };
  const advance = async (ms: number): Promise<void> => {
    clock.advance(ms);
    await settle();
  };
  return { clock, sent, attempts, lines, stop, settle, advance };
}

const one = (id: string, more: Partial<Delivery> = {}): Delivery => ({
  id,
  callSid: "CA1",
  event: "call.ended",
  payload: '{"type":"call.ended"}',
  attempts: 0,
  createdMs: Date.now(),
  ...more,
});

test("deliver: signed as Standard Webhooks, under the id of the delivery", async () => {
  const { sent, attempts, lines, settle, stop } = setUp([one("msg_1")]);
  await settle();
  const [request] = sent;
  assert(request !== undefined);
  assertEquals(new Webhook(secret.toString("base64")).verify(request.body, request.headers), { type: "call.ended" });
  assertEquals(request.headers["webhook-id"], "msg_1");
  request.answer(new Response(null, { status: 204 }));
  await settle();
  assertEquals([attempts[0]?.problem, attempts[0]?.nextMs, lines], [undefined, undefined, ["delivery.sent"]]);
  stop();
});

test("deliver: a failure is tried again later and later, for a day; then it is parked and logged", async () => {
  const { clock, sent, attempts, lines, advance, settle, stop } = setUp([one("msg_1")]);
  await settle();
  const waits: number[] = [];
  for (let n = 0; lines.at(-1) !== "delivery.parked" && n < 40; n += 1) {
    sent[n]?.answer(new Response(null, { status: 500 }));
    await settle();
    const last = attempts.at(-1);
    if (last?.nextMs === undefined) break;
    waits.push(last.nextMs - clock.nowMs());
    // Looks every second: the outbox is asked when it is due.
    await advance(last.nextMs - clock.nowMs());
    await advance(1_000);
    assertEquals(sent.length, n + 2);
  }
  assert(
    waits.every((wait, index) => wait >= ([5_000, 30_000, 120_000, 600_000, 1_800_000, 3_600_000][index] ?? 7_200_000)),
    String(waits),
  );
  assertEquals([lines.at(-1), attempts.at(-1)?.problem], ["delivery.parked", "answered 500"]);
  assert(clock.nowMs() - one("").createdMs > GIVE_UP_MS - 9_000_000);
  stop();
}, 60_000);

test("deliver: Retry-After decides when, as seconds or as a date", async () => {
  for (const value of ["120", new Date(Date.now() + 120_000).toUTCString()]) {
    const { clock, sent, attempts, settle, stop } = setUp([one("msg_1")]);
    await settle();
    sent[0]?.answer(new Response(null, { status: 429, headers: { "Retry-After": value } }));
    await settle();
    const wait = (attempts[0]?.nextMs ?? 0) - clock.nowMs();
    assert(wait > 115_000 && wait <= 121_000, `${value}: ${wait}`);
    stop();
  }
});

test("deliver: no answer in time, and a connection that fails", async () => {
  const { sent, attempts, advance, settle, stop } = setUp([one("msg_1"), one("msg_2")]);
  await settle();
  sent[1]?.answer(new Error("ECONNREFUSED"));
  await advance(ANSWER_MS);
  assertEquals(
    attempts.map(({ id, problem }) => [id, problem]),
    [
      ["msg_2", "ECONNREFUSED"],
      ["msg_1", "no answer within 15 s"],
    ],
  );
  stop();
});

test("deliver: only so many at once, and one that is being sent is not sent twice", async () => {
  const many = Array.from({ length: MAX_SENDING + 2 }, (_, n) => one(`msg_${n}`));
  const { sent, advance, settle, stop } = setUp(many);
  await settle();
  await advance(5_000);
  assertEquals(sent.length, MAX_SENDING);
  sent[0]?.answer(new Response(null));
  await settle();
  await advance(1_000);
  assertEquals(new Set(sent.map(({ headers }) => headers["webhook-id"])).size, MAX_SENDING + 1);
  stop();
});

test("deliver: nothing more after the stop", async () => {
  const { clock, sent, advance, settle, stop } = setUp([]);
  await settle();
  stop();
  await advance(10_000);
  assertEquals([sent.length, clock.pending], [0, 0]);
});
