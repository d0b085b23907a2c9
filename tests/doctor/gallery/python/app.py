"""FastAPI on uvicorn as people write it, with the fault that argv names. Prints its port and serves until killed."""

import asyncio
import json
import socket
import sys

import uvicorn
from fastapi import FastAPI, Request, Response, WebSocket, WebSocketDisconnect
from pydantic import BaseModel

FAULT = sys.argv[1]
app = FastAPI()


class Call(BaseModel):
    """What the author expects Twilio to post."""

    CallSid: str


def twiml(request: Request) -> str:
    return f'<Response><Connect><Stream url="ws://{request.headers["host"]}/stream"/></Connect></Response>'


if FAULT == "json-body":

    @app.post("/voice")
    async def voice_json(call: Call, request: Request):
        return Response(twiml(request), media_type="text/xml")

elif FAULT == "returns-str":

    @app.post("/voice")
    async def voice_str(request: Request):
        return twiml(request)

else:

    @app.post("/voice")
    async def voice(request: Request):
        return Response(twiml(request), media_type="text/xml")


@app.websocket("/stream")
async def stream(ws: WebSocket):
    if FAULT == "closed-before-accept":
        await ws.close()
        return
    await ws.accept(subprotocol="audio.twilio.com" if FAULT == "subprotocol" else None)
    try:
        async for text in ws.iter_text():
            message = json.loads(text)
            if FAULT == "key-error":
                print(message["streamSid"], file=sys.stderr)
            if message["event"] == "media":
                payload = message["media"]["payload"]
                audio = {"event": "media", "streamSid": message["streamSid"], "media": {"payload": payload}}
                if FAULT == "binary":
                    await ws.send_bytes(json.dumps(audio).encode())
                else:
                    await ws.send_json(audio)
            elif message["event"] == "stop":
                break
        await ws.close()
    except WebSocketDisconnect:
        pass


listening = socket.create_server(("127.0.0.1", 0))
print(listening.getsockname()[1], flush=True)
config = uvicorn.Config(app, log_level="critical", ws="none" if FAULT == "no-websockets" else "websockets")
asyncio.run(uvicorn.Server(config).serve(sockets=[listening]))
