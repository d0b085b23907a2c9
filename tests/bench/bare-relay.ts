// The bare relay: the least that a bridge between Twilio and the Realtime API can do on Bun, so that `bun run bench`
// can say what voice's own work costs. It cuts the payload out of each message by position, parses nothing, and keeps
// no state but its two sockets. It is not a server for real calls: no signature, no barge-in, no mark, no recovery.
// Follows https://www.twilio.com/docs/voice/media-streams/websocket-messages and
// https://developers.openai.com/api/reference/resources/realtime
//
//   PORT=8080 OPENAI_BASE_URL=http://127.0.0.1:9090/v1 bun tests/bench/bare-relay.ts

const port = Number(process.env.PORT);
const modelUrl = `${(process.env.OPENAI_BASE_URL ?? "").replace(/^http/, "ws")}/realtime?model=bench`;

const FORMAT = `{"format":{"type":"audio/pcmu"}}`;
const SESSION_UPDATE = `{"type":"session.update","session":{"type":"realtime","audio":{"input":${FORMAT},"output":${FORMAT}}}}`;

interface Call {
  streamSid: string;
  model: WebSocket | undefined;
}

/** The text between `before` and the next quote. Undefined when `before` is not in the message. */
function cut(message: string, before: string): string | undefined {
  const at = message.indexOf(before);
  if (at < 0) return undefined;
  const from = at + before.length;
  return message.slice(from, message.indexOf('"', from));
}

function openModel(call: Call, caller: Bun.ServerWebSocket<Call>): WebSocket {
  const model = new WebSocket(modelUrl, { headers: { Authorization: "Bearer x" }, perMessageDeflate: false });
  model.onopen = () => {
    model.send(SESSION_UPDATE);
    model.send(`{"type":"response.create"}`);
  };
  model.onmessage = ({ data }) => {
    const delta = cut(String(data), '"delta":"');
    if (delta !== undefined) caller.send(`{"event":"media","streamSid":"${call.streamSid}","media":{"payload":"${delta}"}}`);
  };
  model.onerror = () => caller.close();
  model.onclose = () => caller.close();
  return model;
}

Bun.serve<Call>({
  hostname: "127.0.0.1",
  port,
  development: false,
  fetch(request, server) {
    const { pathname } = new URL(request.url);
    if (pathname === "/stream" && server.upgrade(request, { data: { streamSid: "", model: undefined } })) return undefined;
    if (pathname !== "/twilio/voice") return new Response("bare relay");
    const twiml = `<Response><Connect><Stream url="wss://127.0.0.1:${port}/stream"/></Connect></Response>`;
    return new Response(twiml, { headers: { "Content-Type": "text/xml" } });
  },
  websocket: {
    perMessageDeflate: false,
    message(caller, data) {
      const call = caller.data;
      const message = String(data);
      const payload = cut(message, '"payload":"');
      if (payload !== undefined) {
        if (call.model?.readyState === WebSocket.OPEN) call.model.send(`{"type":"input_audio_buffer.append","audio":"${payload}"}`);
      } else if (message.startsWith('{"event":"start"')) {
        call.streamSid = cut(message, '"streamSid":"') ?? "";
        call.model = openModel(call, caller);
      }
    },
    close: (caller) => caller.data.model?.close(),
  },
});
