"""A relay between Twilio and a Realtime model on FastAPI, with two tasks. argv: the model's URL, its key, habits."""

import asyncio
import json
import socket
import sys

import uvicorn
import websockets
from fastapi import FastAPI, Request, Response, WebSocket, WebSocketDisconnect

MODEL_URL, KEY, HABITS = sys.argv[1], sys.argv[2], sys.argv[3:]
DELTA = "response.audio.delta" if "beta" in HABITS else "response.output_audio.delta"
ULAW = {"type": "audio/pcmu"}
SESSION = {"type": "realtime", "audio": {"input": {"format": ULAW}, "output": {"format": ULAW}}}
app = FastAPI()


@app.api_route("/incoming-call", methods=["GET", "POST"])
async def incoming_call(request: Request):
    url = f"wss://{request.url.hostname}/media-stream"
    twiml = f'<Response><Say>One moment.</Say><Pause length="1"/><Say>Go ahead.</Say><Connect><Stream url="{url}"/></Connect></Response>'
    return Response(twiml, media_type="application/xml")


@app.websocket("/stream" if "path" in HABITS else "/media-stream")
async def media_stream(caller: WebSocket):
    await caller.accept()
    headers = {"Authorization": f"Bearer {KEY}", **({"OpenAI-Beta": "realtime=v1"} if "beta" in HABITS else {})}
    async with websockets.connect(MODEL_URL, extra_headers=headers) as model:
        await send(model, {"type": "session.update", "session": SESSION})
        call = {"sid": None, "latest": 0, "started": None, "item": None, "unplayed": 0}
        await asyncio.gather(from_caller(caller, model, call), from_model(caller, model, call))


async def send(model, event):
    try:
        await model.send(json.dumps(event))
    except websockets.ConnectionClosed as closed:
        print(closed, file=sys.stderr)


async def from_caller(caller, model, call):
    try:
        async for text in caller.iter_text():
            message = json.loads(text)
            if message["event"] == "media" and model.open:
                call["latest"] = int(message["media"]["timestamp"])
                await send(model, {"type": "input_audio_buffer.append", "audio": message["media"]["payload"]})
            elif message["event"] == "start":
                call["sid"] = message["start"]["streamSid"]
            elif message["event"] == "mark":
                call["unplayed"] = max(0, call["unplayed"] - 1)
    except WebSocketDisconnect:
        pass
    await model.close()


async def from_model(caller, model, call):
    try:
        await relay_events(caller, model, call)
    except websockets.ConnectionClosed as closed:
        print(closed, file=sys.stderr)


async def relay_events(caller, model, call):
    async for text in model:
        event = json.loads(text)
        if event["type"] == DELTA:
            await caller.send_json({"event": "media", "streamSid": call["sid"], "media": {"payload": event["delta"]}})
            await caller.send_json({"event": "mark", "streamSid": call["sid"], "mark": {"name": "part"}})
            call["unplayed"] += 1
            call["item"] = event["item_id"]
            if call["started"] is None:
                call["started"] = call["latest"]
        elif event["type"] == "input_audio_buffer.speech_started" and call["unplayed"] > 0 and call["item"]:
            played = max(0, call["latest"] - call["started"])
            cut = {"type": "conversation.item.truncate", "item_id": call["item"], "content_index": 0, "audio_end_ms": played}
            await send(model, cut)
            await caller.send_json({"event": "clear", "streamSid": call["sid"]})
            call.update(unplayed=0, item=None, started=None)


listening = socket.create_server(("127.0.0.1", 0))
print(listening.getsockname()[1], flush=True)
asyncio.run(uvicorn.Server(uvicorn.Config(app, log_level="critical", ws="websockets")).serve(sockets=[listening]))
