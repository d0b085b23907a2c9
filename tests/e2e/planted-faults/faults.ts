// Faults to plant, one a line of source: what is replaced by what, and which checks of the selftest must see it. A text that is no longer found
// exactly once fails its test, so that no fault can rot away unnoticed. Types are not checked: bun runs what stands there.

/** One fault. */
export interface Fault {
  readonly name: string;
  /** Below src/. */
  readonly file: string;
  /** Stands there exactly once. */
  readonly find: string;
  readonly put: string;
  /** Checks that must fail. */
  readonly red: readonly string[];
  /** Checks that may fail besides, since the fault keeps their calls from getting so far; "*": any. */
  readonly also?: readonly string[];
}

const interrupts = ["interrupt.clear", "interrupt.truncate", "marks.accounted"];
/** Checks whose call begins with hearing the greeting. */
const afterGreeting = ["reply.unchanged", ...interrupts, "dtmf.told", "bad-frames.survived", "calls.isolated", "stream.resumed"];

/** All of them. */
export const faults: readonly Fault[] = [
  {
    name: "a sub-protocol is sent unasked",
    file: "protocol/subprotocol.ts",
    find: "?? offered[0];",
    put: "?? offered[0] ?? TWILIO_SUBPROTOCOL;",
    red: ["handshake.no-subprotocol"],
  },
  {
    name: "the first sub-protocol is taken, whatever it is",
    file: "protocol/subprotocol.ts",
    find: "return offered.find((name) => name === TWILIO_SUBPROTOCOL) ?? offered[0];",
    put: "return offered[0];",
    red: ["handshake.several"],
  },
  {
    name: "of unknown sub-protocols none is taken",
    file: "protocol/subprotocol.ts",
    find: "?? offered[0];",
    put: ";",
    red: ["handshake.unknown-only"],
  },
  {
    name: "the upgrade waits for something slow",
    file: "server/app.ts",
    find: 'app.get("/twilio/realtime", by(openStream));',
    put: 'app.get("/twilio/realtime", async (c) => (await new Promise((go) => setTimeout(go, 6_000)), by(openStream)(c)));',
    red: ["handshake.no-subprotocol", "handshake.audio-twilio-com", "handshake.several", "handshake.unknown-only", "handshake.model-hangs"],
    also: ["*"],
  },
  {
    name: "an unsigned webhook is let in",
    file: "server/door.ts",
    find: 'if (signature === undefined) return { type: "forbidden", why: "X-Twilio-Signature is missing" };',
    put: "if (signature === undefined) return letIn(unsignedUrl(facts), facts, false);",
    red: ["webhook.unsigned"],
  },
  {
    name: "any signature fits",
    file: "server/door.ts",
    find: "const fitting = triedUrls.find((url) => signatureFits(twilioAuthToken, signature, url, params));",
    put: "const fitting = triedUrls.find((url) => signatureFits(twilioAuthToken, signature, url, params)) ?? triedUrls[2];",
    red: ["webhook.wrong-token"],
  },
  {
    name: "a stream needs no token",
    file: "server/door.ts",
    find: 'if (token === undefined) return "no token";',
    put: "if (token === undefined) return undefined;",
    red: ["start.refused"],
  },
  {
    name: "a stream's token is not checked",
    file: "server/door.ts",
    find: 'if (expiresAtMs === undefined) return "the token was not made for this call";',
    put: "if (expiresAtMs === undefined) return undefined;",
    red: ["start.refused"],
  },
  {
    name: "TwiML is called JSON",
    file: "protocol/twiml.ts",
    find: 'export const TWIML_CONTENT_TYPE = "text/xml; charset=utf-8";',
    put: 'export const TWIML_CONTENT_TYPE = "application/json";',
    red: ["webhook.signed"],
    also: ["*"],
  },
  {
    name: "the stream's URL has a query",
    file: "server/webhook.ts",
    find: "return `${verdict.streamBaseUrl}/twilio/realtime`;",
    put: "return `${verdict.streamBaseUrl}/twilio/realtime?from=webhook`;",
    red: ["twiml.shape"],
  },
  {
    name: "nothing follows <Connect>",
    file: "protocol/twiml.ts",
    find: 'response.redirect({ method: "POST" }, actionUrl);',
    put: "",
    red: ["twiml.shape"],
  },
  {
    name: "the stream's URL is ws for everybody",
    file: "server/door.ts",
    find: 'plain ? "ws" : "wss"',
    put: '"ws"',
    red: ["twiml.public"],
  },
  {
    name: "callbacks are answered with an error",
    file: "server/answers.ts",
    find: "return new Response(null, { status: 204 });",
    put: "return new Response(null, { status: 500 });",
    red: ["callbacks.answered"],
    also: ["start.accepted"],
  },
  {
    name: "the greeting is never asked for",
    file: "call/model-events.ts",
    find: 'const asked = live && told.call.phase === "greeting" ? askForResponse(told, atMs, "greeting") : askForWaiting(told, atMs);',
    put: "const asked = askForWaiting(told, atMs);",
    red: ["greeting.heard", "first-call"],
    also: afterGreeting,
  },
  {
    name: "the caller's audio is not held until the model is ready",
    file: "call/intake.ts",
    find: "if (intake.open) return { intake, pass: [payload] };",
    put: "return { intake, pass: [payload] };",
    red: ["speech.unchanged"],
  },
  {
    name: "the caller's audio is changed on its way",
    file: "server/translate.ts",
    find: 'return { type: "input_audio_buffer.append", audio: effect.payload };',
    put: 'return { type: "input_audio_buffer.append", audio: effect.payload.replaceAll("/", "+") };',
    red: ["speech.unchanged"],
    also: ["*"],
  },
  {
    name: "the first bytes of each delta are cut off",
    file: "call/playout.ts",
    find: "for (let at = 0; at < payload.length; at += SLICE_CHARS)",
    put: "for (let at = 4; at < payload.length; at += SLICE_CHARS)",
    red: ["reply.unchanged", "greeting.heard"],
    also: ["bad-frames.survived", "dtmf.told", ...interrupts, "calls.isolated"],
  },
  {
    name: "a clear is not sent",
    file: "call/barge-in.ts",
    find: 'const back = takeBack(step, playing ? [{ type: "caller.flush" }, ...orders] : orders);',
    put: "const back = takeBack(step, orders);",
    red: ["interrupt.clear"],
    also: ["interrupt.truncate", "marks.accounted", "calls.isolated"],
  },
  {
    name: "late audio of an interrupted response is played",
    file: "call/response-events.ts",
    find: "isDiscarded(call.responses, responseId)) return step;",
    put: "false) return step;",
    red: ["interrupt.clear"],
    also: ["interrupt.truncate", "marks.accounted"],
  },
  {
    name: "the model is told that all was heard that was sent",
    file: "call/playout.ts",
    find: "audioEndMs: Math.floor(heardBytes / PCMU_BYTES_PER_MS),",
    put: "audioEndMs: Math.floor(sentBytes / PCMU_BYTES_PER_MS),",
    red: ["interrupt.truncate"],
  },
  {
    name: "the model is told that nothing was heard",
    file: "call/playout.ts",
    find: "audioEndMs: Math.floor(heardBytes / PCMU_BYTES_PER_MS),",
    put: "audioEndMs: 0,",
    red: ["interrupt.truncate"],
  },
  {
    name: "marks that a clear sends back count as heard",
    file: "call/playout.ts",
    find: "return { playout: { ...playout, parts: [], marks: [], bytesSinceMark: 0 }, truncations };",
    put: "return { playout: { ...playout, bytesSinceMark: 0 }, truncations };",
    red: ["marks.accounted"],
    also: ["interrupt.truncate", "interrupt.clear"],
  },
  {
    name: "marks are numbered anew after a clear",
    file: "call/playout.ts",
    find: "parts: [], marks: [], bytesSinceMark: 0 }, truncations",
    put: "parts: [], marks: [], nextMark: 1, bytesSinceMark: 0 }, truncations",
    red: ["interrupt.truncate"],
    also: ["marks.accounted"],
  },
  {
    name: "keys are not told",
    file: "server/translate.ts",
    find: 'return { type: "caller.pressed", atMs, epoch, sequence: message.sequenceNumber, digit: message.digit };',
    put: "return undefined;",
    red: ["dtmf.told"],
  },
  {
    name: "a binary frame ends the stream",
    file: "server/media.ts",
    find: 'if (stage.at === "attached") stage.input.binary(bytes);',
    put: 'if (stage.at === "attached") this.socket.close(1003, "text, please");',
    red: ["bad-frames.survived"],
  },
  {
    name: "another stream's frames are taken for this one's",
    file: "server/translate.ts",
    find: "message.streamSid !== epoch",
    put: "message.streamSid === undefined",
    red: ["bad-frames.survived"],
  },
  {
    name: "all calls speak into one socket",
    file: "server/driver.ts",
    find: "caller?.port.send(formatToTwilio(message));",
    put: "(globalThis.theCaller ??= caller)?.port.send(formatToTwilio(message));",
    red: ["calls.isolated"],
    also: ["*"],
  },
  {
    name: "what one model hears, another hears too",
    file: "server/driver.ts",
    find: "if (message !== undefined) this.#model?.send(formatToModel(message));",
    put: "globalThis.models ??= new Set(); globalThis.models.add(this.#model); if (effect.type === 'model.hear') for (const one of globalThis.models) one?.send(formatToModel(message)); else if (message !== undefined) this.#model?.send(formatToModel(message));",
    red: ["calls.isolated", "speech.unchanged"],
    also: ["*"],
  },
  {
    name: "a lost stream is taken for a hang-up",
    file: "call/after.ts",
    find: 'return answer(resume(step, atMs), { type: "connect" });',
    put: 'return answer(endHere(step, atMs), { type: "nothing" });',
    red: ["stream.resumed"],
  },
  {
    name: "a model that is down is answered with nothing",
    file: "call/after.ts",
    find: "if (call.next !== undefined) return answer(endHere(step, atMs), call.next);",
    put: 'if (call.next !== undefined) return answer(endHere(step, atMs), { type: "nothing" });',
    red: ["model-down.sentence"],
  },
  {
    name: "an unknown call is answered with nothing",
    file: "server/webhook.ts",
    find: 'return callStatus === "in-progress" ? { type: "say", sentence: "apology" } : { type: "nothing" };',
    put: 'return { type: "nothing" };',
    red: ["after.unknown-call"],
  },
  {
    name: "the model's socket is left open",
    file: "call/ending.ts",
    find: 'return model.state === "waiting" ? gone : order(gone, { type: "model.close" });',
    put: "return gone;",
    red: ["stop.no-leak"],
  },
  {
    name: "a timer is left running",
    file: "server/driver.ts",
    find: "    this.#timer?.cancel();\n    this.#timer = undefined;\n",
    put: "",
    red: ["stop.no-leak"],
  },
  {
    name: "a call is recorded twice",
    file: "call/ending.ts",
    find: '{ type: "record.save", record },',
    put: '{ type: "record.save", record }, { type: "record.save", record },',
    red: ["stop.no-leak"],
    also: ["stream.resumed", "marks.accounted"],
  },
  {
    name: "a call's own fault is thrown",
    file: "call/caller-events.ts",
    find: "const text = `The caller pressed ${digit}.`;",
    put: 'throw new Error("BUG: planted");',
    red: ["server.no-throw", "dtmf.told"],
  },
];
