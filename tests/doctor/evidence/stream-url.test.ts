// What the text of a stream's URL shows, and which texts are in order.

import { test } from "bun:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { modelHostRefusal, streamUrlFault } from "../../../src/doctor/evidence/stream-url.ts";

const webhook = "https://voice.acme.io/twilio/voice";
const local = "http://127.0.0.1:5050/voice";

const good = [
  "wss://voice.acme.io/media",
  "WSS://voice.acme.io:8443/media/CA01/aGVsbG8=",
  "wss://voice.acme.io/media?to=wss://x.acme.io/y",
  "wss://a-b.ngrok-free.app/media-stream",
  "wss://myapp.fly.dev/host/domain",
  "wss://hostinger.acme.io/",
  "wss://9.9.9.9/s",
  "wss://voice.acme.io",
  "/media",
  "media/stream",
  "../stream",
  "stream.php?x=1",
  "v1.2/stream",
  "wss://voice.acme.io/o'brien/media",
];
for (const url of good) test(`streamUrlFault: ${url} is in order`, () => assertEquals(streamUrlFault(url, webhook), undefined));

const faulty = {
  "url-missing": ["", "  "],
  "url-placeholder": [
    ...["wss://{host}/media", "wss://{{NGROK_HOST}}/media", "wss://${HOST}/media", "wss://$HOST/media", "wss://<host>/media"],
    ...[
      "wss://#{host}/media",
      "wss://%7Bhost%7D/media",
      "wss://<%= host %>/media",
      "wss://[host]/media",
      "wss://%HOST%/media",
      "wss://%s/media",
    ],
    ...["wss://undefined/media", "wss://null/media", "wss://None/media", "wss://NaN:5050/media", "wss://undefined.ngrok.io/media"],
    ...[
      "wss://your-domain.com/media",
      "wss://yourdomain.com/media",
      "wss://your_ngrok_subdomain.ngrok.io/media",
      "wss://mydomain.com/media",
    ],
    ...[
      "wss://example.com/media",
      "wss://app.example.com/media",
      "wss://NGROK_URL/media",
      "wss://xxxx.ngrok.io/m",
      "wss:///media",
      "wss://:5050/media",
    ],
    ...[
      "wss://voice.acme.io/media/{call_sid}",
      "wss://voice.acme.io/undefined",
      "wss://[object Object]/media",
      "wss://process.env.HOST/media",
    ],
  ],
  "url-scheme-twice": [
    ...[
      "wss://https://voice.acme.io/media",
      "wss://wss://voice.acme.io/media",
      "https://wss://voice.acme.io/media",
      "wss:https://voice.acme.io/m",
    ],
    ...["wss://http//voice.acme.io/media", "wss://https%3A//voice.acme.io/media", "wss://voice.acme.iowss://voice.acme.io/media"],
  ],
  "url-malformed": [
    ...[
      "wss://voice.acme.io\n/media",
      "wss://voice.acme.io/media\r\n",
      " wss://voice.acme.io/media",
      "wss://voice acme.io/media",
      "wss://voice.acme.io/me\tdia",
    ],
    ...[
      "wss:\\\\voice.acme.io\\media",
      "wss://voice.acme.io\\media",
      '"wss://voice.acme.io/media"',
      "wss://'voice.acme.io'/media",
      "wss:/voice.acme.io/media",
    ],
    ...[
      "wss//voice.acme.io/media",
      "wss:voice.acme.io/media",
      "wss://voice.acme.io:5050:5050/media",
      "wss://voice.acme.io:port/media",
      "wss://voice.acme.io/\u200bmedia",
    ],
  ],
  "url-scheme-missing": [
    "voice.acme.io/media",
    "voice.acme.io:8443/media",
    "localhost:5050/media",
    "//voice.acme.io/media",
    "127.0.0.1:5050/media",
  ],
  "url-model-host": [
    "wss://api.openai.com/v1/realtime",
    "wss://acme.openai.azure.com/openai/realtime",
    "wss://api.elevenlabs.io/v1/convai",
  ],
  "url-private": [
    "wss://localhost:5050/media",
    "wss://127.0.0.1/media",
    "wss://192.168.1.20/media",
    "wss://app:3000/media",
    "wss://voice.internal/media",
    "wss://[::1]/m",
  ],
} as const;
test("modelHostRefusal: a model's own host, unless it is the one to call", () => {
  for (const url of faulty["url-model-host"]) assertStringIncludes(modelHostRefusal(url, "https://voice.acme.io/x") ?? "", "not dialled");
  assertEquals(modelHostRefusal("wss://voice.acme.io/media", "https://voice.acme.io/x"), undefined);
  assertEquals(modelHostRefusal("wss://api.openai.com/v1", "wss://api.openai.com/v1"), undefined);
});

for (const [cause, urls] of Object.entries(faulty)) {
  for (const url of urls)
    test(`streamUrlFault: ${JSON.stringify(url)}: ${cause}`, () => assertEquals(streamUrlFault(url, webhook)?.cause, cause as never));
}

test("streamUrlFault: in a local trial, only the host that the webhook was reached by is in order", () => {
  assertEquals(streamUrlFault("ws://127.0.0.1:5050/media", local), undefined);
  assertEquals(streamUrlFault("wss://127.0.0.1/media", local), undefined);
  assertEquals(streamUrlFault("wss://192.168.1.20/media", local)?.mayWork, false);
  assertEquals(streamUrlFault("ws://localhost:5050/media", local)?.mayWork, true); // the same machine by another name
});

test("streamUrlFault: a host of an example is in order for a server of that name", () => {
  assertEquals(streamUrlFault("wss://app.example.com/media", "https://app.example.com/voice"), undefined);
});
