// The usual kind of bridge: Node, the `ws` package, JSON.parse of each message, JSON.stringify of each, a mark after
// each delta, and a truncation when the caller speaks. Written for the bench, after the shape that Twilio's and
// OpenAI's tutorials share: https://www.twilio.com/en-us/blog/voice-ai-assistant-openai-realtime-api-node
// The bench bundles it for Node (target.ts), since Node 20 does not run TypeScript.

import { createServer } from "node:http";
import process from "node:process";
import { WebSocket, WebSocketServer } from "ws";

const port = Number(process.env.PORT);
const modelUrl = `${(process.env.OPENAI_BASE_URL ?? "").replace(/^http/, "ws")}/realtime?model=bench`;

const server = createServer((request, response) => {
  if (!request.url?.startsWith("/twilio/voice")) {
    response.end("node bridge");
    return;
  }
  response.setHeader("Content-Type", "text/xml");
  response.end(`<Response><Connect><Stream url="wss://127.0.0.1:${port}/stream"/></Connect></Response>`);
});

new WebSocketServer({ server, path: "/stream" }).on("connection", (caller: WebSocket) => {
  let streamSid = "";
  let latestMediaMs = 0;
  let responseStartMs: number | undefined;
  let lastItemId: string | undefined;
  let marks: string[] = [];

  const model = new WebSocket(modelUrl, { headers: { Authorization: "Bearer x" } });

  const interrupt = (): void => {
    if (marks.length === 0 || responseStartMs === undefined) return;
    const audio_end_ms = latestMediaMs - responseStartMs;
    if (lastItemId !== undefined) {
      model.send(JSON.stringify({ type: "conversation.item.truncate", item_id: lastItemId, content_index: 0, audio_end_ms }));
    }
    caller.send(JSON.stringify({ event: "clear", streamSid }));
    marks = [];
    lastItemId = undefined;
    responseStartMs = undefined;
  };

  model.on("open", () => {
    const session = {
      type: "realtime",
      output_modalities: ["audio"],
      audio: {
        input: { format: { type: "audio/pcmu" }, turn_detection: { type: "server_vad" } },
        output: { format: { type: "audio/pcmu" }, voice: "marin" },
      },
      instructions: "You are a helpful assistant.",
    };
    model.send(JSON.stringify({ type: "session.update", session }));
    model.send(JSON.stringify({ type: "response.create" }));
  });

  model.on("message", (data) => {
    const event = JSON.parse(String(data));
    if (event.type === "response.output_audio.delta" && event.delta) {
      caller.send(JSON.stringify({ event: "media", streamSid, media: { payload: event.delta } }));
      responseStartMs ??= latestMediaMs;
      if (event.item_id) lastItemId = event.item_id;
      caller.send(JSON.stringify({ event: "mark", streamSid, mark: { name: "responsePart" } }));
      marks.push("responsePart");
    }
    if (event.type === "input_audio_buffer.speech_started") interrupt();
  });

  caller.on("message", (data) => {
    const message = JSON.parse(String(data));
    switch (message.event) {
      case "media":
        latestMediaMs = message.media.timestamp;
        if (model.readyState === WebSocket.OPEN) {
          model.send(JSON.stringify({ type: "input_audio_buffer.append", audio: message.media.payload }));
        }
        break;
      case "start":
        streamSid = message.start.streamSid;
        responseStartMs = undefined;
        latestMediaMs = 0;
        break;
      case "mark":
        if (marks.length > 0) marks.shift();
        break;
    }
  });

  caller.on("close", () => model.close());
  model.on("close", () => caller.close());
  model.on("error", () => caller.close());
});

server.listen(port, "127.0.0.1");
