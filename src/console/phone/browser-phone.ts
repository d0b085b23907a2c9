// A call from the browser: it plays Twilio. Microphone and loudspeaker are a worklet's (worklet.ts); the wire is the
// Media Streams protocol, as on any call (https://www.twilio.com/docs/voice/media-streams/websocket-messages).

import { beginCall, nextOf } from "../api.ts";
import { assetUrl } from "../asset-url.ts";
import type { BrowserCall } from "../types.ts";
import type { FromWorklet, ToWorklet } from "./worklet-messages.ts";

export type PhoneState =
  | { readonly type: "idle" }
  /** `why`: how the last call ended, or why it did not begin. */
  | { readonly type: "over"; readonly why: string }
  | { readonly type: "dialling" }
  | { readonly type: "talking"; readonly callSid: string; readonly sinceMs: number };

export interface PhoneView {
  state(state: PhoneState): void;
  levels(microphone: number, loudspeaker: number): void;
}

const FRAME_MS = 20;
const CLOSE_HUNG_UP = 1000;

/** A class because it holds a microphone and a socket. One call at a time. */
export class BrowserPhone {
  readonly #view: PhoneView;
  #audio: { readonly context: AudioContext; readonly node: AudioWorkletNode; readonly microphone: MediaStream } | undefined;
  #socket: WebSocket | undefined;
  #call: BrowserCall | undefined;
  #sequence = 0;
  #chunk = 0;
  #isOver = true;

  constructor(view: PhoneView) {
    this.#view = view;
  }

  async dial(from: string, to: string): Promise<void> {
    if (!this.#isOver) return;
    this.#isOver = false;
    this.#view.state({ type: "dialling" });
    try {
      this.#audio = await openAudio();
      this.#audio.node.port.onmessage = ({ data }: MessageEvent<FromWorklet>) => this.#onWorklet(data);
      this.#connect(await beginCall(from, to));
    } catch (error) {
      this.#end(reasonOf(error));
    }
  }

  press(digit: string): void {
    this.#send("dtmf", { dtmf: { track: "inbound_track", digit } });
  }

  mute(isMuted: boolean): void {
    this.#toWorklet({ type: "mute", isMuted });
  }

  hangUp(): void {
    if (this.#isOver) return;
    const { accountSid, callSid } = this.#call ?? {};
    this.#send("stop", { stop: { accountSid, callSid } });
    this.#end("You hung up.");
  }

  #connect(call: BrowserCall): void {
    this.#call = call;
    this.#sequence = 0;
    this.#chunk = 0;
    const prefix = location.pathname.replace(/\/console.*$/, "");
    const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}${prefix}${call.path}`);
    this.#socket = socket;
    socket.onopen = () => this.#start(call);
    socket.onmessage = ({ data }: MessageEvent<string>) => this.#onMessage(data);
    socket.onclose = () => void this.#onClose(socket, call);
  }

  #start({ accountSid, callSid, streamSid, token }: BrowserCall): void {
    this.#socket?.send(JSON.stringify({ event: "connected", protocol: "Call", version: "1.0.0" }));
    const mediaFormat = { encoding: "audio/x-mulaw", sampleRate: 8000, channels: 1 };
    const start = { accountSid, streamSid, callSid, tracks: ["inbound"], mediaFormat, customParameters: { token } };
    this.#send("start", { start });
    this.#view.state({ type: "talking", callSid, sinceMs: Date.now() });
  }

  #send(event: string, fields: object): void {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    this.#sequence += 1;
    this.#socket.send(JSON.stringify({ event, sequenceNumber: String(this.#sequence), ...fields, streamSid: this.#call?.streamSid }));
  }

  #onWorklet(message: FromWorklet): void {
    if (message.type === "levels") this.#view.levels(message.in, message.out);
    else if (message.type === "mark") this.#send("mark", { mark: { name: message.name } });
    else if (this.#sequence > 0) this.#sendFrame(message.mulaw);
  }

  #sendFrame(mulaw: Uint8Array): void {
    this.#chunk += 1;
    const payload = btoa(String.fromCharCode(...mulaw));
    const timestamp = String((this.#chunk - 1) * FRAME_MS);
    this.#send("media", { media: { track: "inbound", chunk: String(this.#chunk), timestamp, payload } });
  }

  #onMessage(text: string): void {
    const message = JSON.parse(text) as { event: string; media?: { payload: string }; mark?: { name: string } };
    if (message.event === "media" && message.media !== undefined) {
      this.#toWorklet({ type: "play", mulaw: Uint8Array.from(atob(message.media.payload), (character) => character.charCodeAt(0)) });
    } else if (message.event === "mark" && message.mark !== undefined) this.#toWorklet({ type: "mark", name: message.mark.name });
    else if (message.event === "clear") this.#toWorklet({ type: "clear" });
  }

  #toWorklet(message: ToWorklet): void {
    this.#audio?.node.port.postMessage(message);
  }

  /** The server closed the stream, or it broke: Twilio would ask what comes next. */
  async #onClose(socket: WebSocket, call: BrowserCall): Promise<void> {
    if (this.#isOver || socket !== this.#socket) return;
    try {
      const next = await nextOf(call.callSid);
      if (next.type === "connect") this.#connect(next.call);
      else if (next.type === "hangUp") this.#end("The agent hung up.");
      else if (next.type === "say") this.#end(`The caller hears: “${next.text}”`);
      else this.#end(`The caller hears: “${next.text}”, and is connected to ${next.to}.`);
    } catch (error) {
      this.#end(`The connection broke: ${reasonOf(error)}`);
    }
  }

  #end(why: string): void {
    this.#isOver = true;
    this.#socket?.close(CLOSE_HUNG_UP);
    this.#socket = undefined;
    for (const track of this.#audio?.microphone.getTracks() ?? []) track.stop();
    void this.#audio?.context.close();
    this.#audio = undefined;
    this.#view.levels(0, 0);
    this.#view.state({ type: "over", why });
  }
}

/** Rejects with what to do when there is no microphone. */
async function openAudio() {
  if (!globalThis.isSecureContext) {
    throw new Error(
      `Browsers give the microphone to https pages and to this machine's own address only. Open the console at https, or by ssh -L 8080:127.0.0.1:${location.port || "80"} at http://127.0.0.1:8080/console.`,
    );
  }
  const microphone = await navigator.mediaDevices.getUserMedia({ audio: true }).catch((error: unknown) => {
    throw new Error(microphoneHint(error));
  });
  const context = new AudioContext({ sampleRate: 48_000 });
  await context.audioWorklet.addModule(assetUrl("worklet"));
  const node = new AudioWorkletNode(context, "telephone", { numberOfInputs: 1, numberOfOutputs: 1, outputChannelCount: [1] });
  context.createMediaStreamSource(microphone).connect(node);
  node.connect(context.destination);
  await context.resume();
  return { context, node, microphone };
}

/** By the names of https://www.w3.org/TR/mediacapture-streams/#dom-mediadevices-getusermedia */
function microphoneHint(error: unknown): string {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError")
    return "The browser was not allowed to use the microphone. Allow it beside the address bar, and call again.";
  if (name === "NotFoundError") return "This computer has no microphone that the browser can find.";
  if (name === "NotReadableError") return "Another program uses the microphone.";
  return `The microphone cannot be used: ${reasonOf(error)}`;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
