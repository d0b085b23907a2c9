// The caller's end of the meter: Twilio, as far as one call's cost depends on it. It requests the webhook, opens the
// stream that the TwiML names, sends a frame every 20 ms, plays what comes in real time, and returns each mark when the
// audio before it has been played, or at once on `clear`.
// Follows https://www.twilio.com/docs/voice/media-streams/websocket-messages

import type { Socket } from "bun";
import { signRequest } from "../../src/protocol/signature.ts";
import { Flow, Histogram, Lane } from "./flow.ts";
import { callOf, durationMs, frameOf, noiseAfterTag, tag } from "./tagged-audio.ts";
import { AUTH_TOKEN } from "./target.ts";
import { Wire, type WireListener } from "./wire.ts";

export const FRAME_MS = 20;
const ACCOUNT_SID = `AC${"b".repeat(32)}`;
const noise = noiseAfterTag(FRAME_MS);
/** `{"event":"` as every server writes it: what follows says which message it is. */
const EVENT_CHARS = 10;
/** Of a webhook's answer. */
const MAX_ANSWER_CHARS = 65_536;
/** Spreads the calls' frames over the 20 ms: multiples of it never cluster. */
const GOLDEN_RATIO = 0.618_034;

/** What all calls of a round count together. */
export class Tally {
  readonly up = new Flow();
  readonly down = new Flow();
  /** From the request to the whole TwiML. */
  readonly webhook = new Histogram();
  /** From dialling the stream to the 101. */
  handshake = new Histogram();
  /** How late the meter itself sent a frame. */
  lag = new Histogram();
  bargeIn = new Histogram();
  failures: string[] = [];
}

interface PendingMark {
  readonly name: string;
  readonly dueAtMs: number;
}

export class CallerSide implements WireListener {
  readonly number: number;
  readonly up: Lane;
  readonly down: Lane;
  state: "ringing" | "streaming" | "over" = "ringing";
  /** Audio has come: the call is up from end to end. */
  isAnswered = false;
  readonly #tally: Tally;
  readonly #frameMs: number;
  readonly #callSid: string;
  readonly #streamSid: string;
  #wire: Wire | undefined;
  #sequence = 1;
  #frame = 0;
  #nextFrameAtMs = Number.POSITIVE_INFINITY;
  #playedAtMs = 0;
  #marks: PendingMark[] = [];
  #interruptedAtMs: number | undefined;
  #parameters: Readonly<Record<string, string>> = {};
  #dialledAtMs = 0;
  readonly #port: number;
  /** Made before the calls arrive, so that a burst does not wait for the meter. */
  readonly #request: string;

  /** `frameMs`: one that floods sends more often than every {@link FRAME_MS}. */
  constructor(number: number, port: number, tally: Tally, frameMs = FRAME_MS) {
    this.#frameMs = frameMs;
    this.number = number;
    this.#tally = tally;
    this.up = new Lane(tally.up);
    this.down = new Lane(tally.down);
    const id = crypto.randomUUID().replaceAll("-", "");
    this.#callSid = `CA${id}`;
    this.#streamSid = `MZ${id}`;
    this.#port = port;
    this.#request = webhookOf(port, this.#callSid);
  }

  /** Webhook, then stream. Never rejects: what fails is in the tally. */
  async dial(): Promise<void> {
    try {
      const requestedAtMs = performance.now();
      const twiml = await requestTwiml(this.#port, this.#request);
      this.#tally.webhook.add(performance.now() - requestedAtMs);
      const url = /<Stream[^>]* url="wss?:\/\/[^/"]+([^"]*)"/.exec(twiml)?.[1];
      if (url === undefined) throw new Error(`no <Stream> in the answer: ${twiml.slice(0, 200)}`);
      const parameters = twiml.matchAll(/<Parameter name="([^"]+)" value="([^"]+)"/g);
      this.#parameters = Object.fromEntries([...parameters].map(([, name, value]) => [name, value]));
      this.#dialledAtMs = performance.now();
      this.#wire = Wire.dial(this.#port, url, this);
    } catch (error) {
      this.#fail(`webhook: ${(error as Error).message}`);
    }
  }

  opened(): void {
    const nowMs = performance.now();
    this.#tally.handshake.add(nowMs - this.#dialledAtMs);
    this.state = "streaming";
    const mediaFormat = { encoding: "audio/x-mulaw", sampleRate: 8000, channels: 1 };
    const [streamSid, callSid] = [this.#streamSid, this.#callSid];
    const start = { accountSid: ACCOUNT_SID, streamSid, callSid, tracks: ["inbound"], mediaFormat, customParameters: this.#parameters };
    this.#wire?.sendText('{"event":"connected","protocol":"Call","version":"1.0.0"}');
    this.#wire?.sendText(JSON.stringify({ event: "start", sequenceNumber: "1", start, streamSid }));
    this.#nextFrameAtMs = nowMs + ((this.number * GOLDEN_RATIO) % 1) * FRAME_MS;
  }

  closed(why: string): void {
    if (this.state !== "over") this.#fail(why);
  }

  modelClosed(): void {
    if (this.state === "streaming") this.#fail("the target closed the model's connection");
  }

  #fail(why: string): void {
    this.state = "over";
    this.#nextFrameAtMs = Number.POSITIVE_INFINITY;
    this.#tally.failures.push(why);
  }

  /** Audio of another call arrived in this one. */
  crossed(): void {
    this.#tally.up.crossed += 1;
  }

  /** The model has detected speech: the time to `clear` begins. */
  interrupted(atMs: number): void {
    this.#interruptedAtMs = atMs;
  }

  /** Called every millisecond. */
  tick(nowMs: number): void {
    while (nowMs >= this.#nextFrameAtMs) {
      this.#tally.lag.add(nowMs - this.#nextFrameAtMs);
      this.#sendFrame();
      this.#nextFrameAtMs += this.#frameMs;
    }
    while ((this.#marks[0]?.dueAtMs ?? Number.POSITIVE_INFINITY) <= nowMs) this.#returnMark(this.#marks.shift()?.name ?? "");
  }

  #sendFrame(): void {
    this.#frame += 1;
    this.#sequence += 1;
    const media = `{"track":"inbound","chunk":"${this.#frame}","timestamp":"${this.#frame * FRAME_MS}","payload":"`;
    this.up.sent(this.#frame, performance.now());
    this.#wire?.sendText(
      `{"event":"media","sequenceNumber":"${this.#sequence}","media":${media}${tag(this.number, this.#frame)}${noise}"},"streamSid":"${this.#streamSid}"}`,
    );
  }

  #returnMark(name: string): void {
    this.#sequence += 1;
    const mark = `"mark":{"name":${JSON.stringify(name)}}`;
    this.#wire?.sendText(`{"event":"mark","sequenceNumber":"${this.#sequence}","streamSid":"${this.#streamSid}",${mark}}`);
  }

  text(bytes: Buffer, from: number, to: number): void {
    const nowMs = performance.now();
    // m-e of media, m-a of mark, c of clear.
    const [first, second] = [bytes[from + EVENT_CHARS], bytes[from + EVENT_CHARS + 1]];
    if (first === 109 && second === 101) this.#play(bytes, from, nowMs);
    else if (first === 109) this.#onMark(bytes.toString("utf8", from, to), nowMs);
    else if (first === 99) this.#onClear(nowMs);
    else this.#fail(`a message that is not media, mark or clear: ${bytes.toString("utf8", from, Math.min(to, from + 60))}`);
  }

  #play(bytes: Buffer, messageAt: number, nowMs: number): void {
    const from = bytes.indexOf('"payload":"', messageAt, "latin1") + 11;
    const to = bytes.indexOf(34, from);
    this.isAnswered = true;
    this.#playedAtMs = Math.max(this.#playedAtMs, nowMs) + durationMs(bytes, from, to);
    const call = callOf(bytes, from, to);
    if (call === this.number) this.down.arrived(frameOf(bytes, from), nowMs);
    else if (call >= 0) this.#tally.down.crossed += 1;
  }

  #onMark(text: string, nowMs: number): void {
    const { mark } = JSON.parse(text);
    this.#marks.push({ name: mark.name, dueAtMs: Math.max(nowMs, this.#playedAtMs) });
  }

  #onClear(nowMs: number): void {
    if (this.#interruptedAtMs !== undefined) this.#tally.bargeIn.add(nowMs - this.#interruptedAtMs);
    this.#interruptedAtMs = undefined;
    this.#playedAtMs = nowMs;
    for (const { name } of this.#marks.splice(0)) this.#returnMark(name);
  }

  /** Sends no more frames. What is under way still arrives. */
  pause(): void {
    this.#nextFrameAtMs = Number.POSITIVE_INFINITY;
  }

  /** After a pause: what has not arrived is lost. */
  settle(): void {
    if (this.state !== "streaming") return;
    this.up.settle();
    this.down.settle();
  }

  hangUp(): void {
    if (this.state === "over") return;
    this.state = "over";
    this.#nextFrameAtMs = Number.POSITIVE_INFINITY;
    const stop = `"stop":{"accountSid":"${ACCOUNT_SID}","callSid":"${this.#callSid}"}`;
    this.#wire?.sendText(`{"event":"stop","sequenceNumber":"${this.#sequence + 1}",${stop},"streamSid":"${this.#streamSid}"}`);
    this.#wire?.close();
  }
}

/** A signed webhook: https://www.twilio.com/docs/voice/twiml#request-parameters */
function webhookOf(port: number, callSid: string): string {
  const form = { CallSid: callSid, AccountSid: ACCOUNT_SID, From: "+15005550001", To: "+15005550006", CallStatus: "ringing" };
  const body = new URLSearchParams(form).toString();
  const url = `http://127.0.0.1:${port}/twilio/voice`;
  const head = [
    "POST /twilio/voice HTTP/1.1",
    `Host: 127.0.0.1:${port}`,
    `X-Twilio-Signature: ${signRequest(AUTH_TOKEN, url, form)}`,
    "Content-Type: application/x-www-form-urlencoded",
    `Content-Length: ${body.length}`,
    "Connection: close",
  ];
  return `${head.join("\r\n")}\r\n\r\n${body}`;
}

/** The answer, once it holds a whole document. Rejects when the connection ends before. On a raw socket: cheap. */
function requestTwiml(port: number, request: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let answer = "";
  const ended = (): void => reject(new Error(`no document in the answer: ${answer.slice(0, 200)}`));
  const socket = {
    open: (opened: Socket) => void opened.write(request),
    data(opened: Socket, bytes: Buffer) {
      answer += bytes.toString("latin1");
      if (answer.length > MAX_ANSWER_CHARS || answer.includes("</Response>")) {
        resolve(answer);
        opened.end();
      }
    },
    close: ended,
    error: ended,
  };
  Bun.connect({ hostname: "127.0.0.1", port, socket }).catch(reject);
  return promise;
}
