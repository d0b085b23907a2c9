# One call for systemd-boot.sh, with python3 alone: requests the webhook, opens the stream that it names, stays on the line until
# stdin has a line, then hangs up. Follows https://www.twilio.com/docs/voice/media-streams/websocket-messages and RFC 6455 5.
import base64, json, re, select, socket, sys, urllib.parse, urllib.request

call, account, stream = "CA" + "1" * 32, "AC" + "2" * 32, "MZ" + "3" * 32
form = {"CallSid": call, "AccountSid": account, "From": "+15550001111", "To": "+15550002222", "CallStatus": "ringing"}
twiml = urllib.request.urlopen("http://127.0.0.1:8080/twilio/voice", urllib.parse.urlencode(form).encode()).read().decode()
parameters = dict(re.findall(r'<Parameter name="([^"]*)" value="([^"]*)"', twiml))

line = socket.create_connection(("127.0.0.1", 8080))
line.sendall(
    b"GET /twilio/realtime HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
answer = line.recv(65536)
assert b" 101 " in answer.split(b"\r\n")[0], answer


def send(message):
    """A masked text frame, RFC 6455 5.2; the mask is four zeros."""
    text = json.dumps(message).encode()
    length = bytes([0x80 | len(text)]) if len(text) < 126 else bytes([0x80 | 126]) + len(text).to_bytes(2, "big")
    line.sendall(b"\x81" + length + b"\0\0\0\0" + text)


send({"event": "connected", "protocol": "Call", "version": "1.0.0"})
media_format = {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}
start = {"accountSid": account, "streamSid": stream, "callSid": call, "tracks": ["inbound"], "mediaFormat": media_format, "customParameters": parameters}
send({"event": "start", "sequenceNumber": "1", "start": start, "streamSid": stream})
silence = base64.b64encode(b"\xff" * 160).decode()
frames, heard = 0, b""
while True:
    send({"event": "media", "sequenceNumber": str(frames + 2), "streamSid": stream,
          "media": {"track": "inbound", "chunk": str(frames + 1), "timestamp": str(frames * 20), "payload": silence}})
    frames += 1
    ready, _, _ = select.select([line, sys.stdin], [], [], 0.02)
    if line in ready:
        got = line.recv(65536)
        if got == b"":
            print("the server hung up", flush=True)
            sys.exit(1)
        if heard == b"":
            print("talking", flush=True)
        heard += got
    if sys.stdin in ready:
        break
send({"event": "stop", "sequenceNumber": str(frames + 2), "streamSid": stream, "stop": {"accountSid": account, "callSid": call}})
line.close()
print("frames", heard.count(b'"event":"media"'), flush=True)
