// One HTTP request on its own connection, against raw bytes: what is sent, and how each answer is read.

import { afterAll, test } from "bun:test";
import { assertEquals } from "@std/assert";
import { realClock } from "../../../src/adapters/clock.ts";
import { sendHttpRequest } from "../../../src/simulators/sockets/send-http-request.ts";

const clock = realClock();

/** Answers every connection with these bytes after the request's head. "" never answers. `close` closes afterwards. */
function serve(answer: string, close: boolean, got: string[] = []) {
  const server = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      data(socket, bytes) {
        got.push(bytes.toString());
        if (answer !== "") socket.write(answer);
        if (close) socket.end();
      },
    },
  });
  afterAll(() => server.stop(true));
  return server.port;
}

const request = (port: number, more: { readTimeoutMs?: number; totalTimeoutMs?: number } = {}) =>
  new Promise<string>((resolve) => {
    const order = {
      type: "http.request",
      id: 1,
      method: "POST",
      url: `http://127.0.0.1:${port}/v?a=1`,
      headers: [
        ["Host", "h"],
        ["x-Odd", "1"],
      ],
      body: "A=b",
      connectTimeoutMs: 5_000,
      readTimeoutMs: 5_000,
      totalTimeoutMs: 5_000,
      maxBodyBytes: 10,
      ...more,
    } as const;
    sendHttpRequest(order, {}, clock, (result) => {
      resolve("failure" in result ? result.failure : `${result.status} ${new TextDecoder().decode(result.body)}`);
    });
  });

test("sendHttpRequest: sends the request byte for byte", async () => {
  const got: string[] = [];
  await request(serve("HTTP/1.1 204 No Content\r\n\r\n", false, got));
  assertEquals(got.join(""), "POST /v?a=1 HTTP/1.1\r\nHost: h\r\nx-Odd: 1\r\n\r\nA=b");
});

const answers: readonly (readonly [what: string, answer: string, close: boolean, result: string])[] = [
  ["a body with a length on an open connection", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", false, "200 hi"],
  ["a body ended by the close", "HTTP/1.1 200 OK\r\n\r\nhi", true, "200 hi"],
  ["a chunked body", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", false, "200 hi"],
  ["a body that is cut off", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi", true, "truncated"],
  ["a chunked body that is cut off", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n", true, "truncated"],
  ["a body over the limit", "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n", false, "tooLarge"],
  ["something that is not HTTP", "SSH-2.0-x\r\n\r\n", false, "protocol"],
  ["a close without an answer", "", true, "closed"],
];
for (const [what, answer, close, result] of answers) {
  test(`sendHttpRequest: ${what} is ${result}`, async () => assertEquals(await request(serve(answer, close)), result));
}

test("sendHttpRequest: a silent server is readTimeout, or totalTimeout if that is shorter", async () => {
  const port = serve("", false);
  assertEquals(await request(port, { readTimeoutMs: 30 }), "readTimeout");
  assertEquals(await request(port, { totalTimeoutMs: 30 }), "totalTimeout");
});

test("sendHttpRequest: an answer that begins and does not end within the timeouts is unfinished", async () => {
  const endless = serve("HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n\r\nhi", false);
  assertEquals(await request(endless, { readTimeoutMs: 30 }), "unfinished");
  assertEquals(await request(endless, { totalTimeoutMs: 30 }), "unfinished");
});

test("sendHttpRequest: an aborted request reports nothing", async () => {
  let reports = 0;
  const port = serve("", false);
  const order = { type: "http.request", id: 1, method: "GET", url: `http://127.0.0.1:${port}/`, headers: [], body: "" } as const;
  const giveUp = sendHttpRequest(
    { ...order, connectTimeoutMs: 9, readTimeoutMs: 9, totalTimeoutMs: 9, maxBodyBytes: 1 },
    {},
    clock,
    () => (reports += 1),
  );
  giveUp();
  // A second request to the same server takes longer than the first one's timeouts.
  await request(port, { readTimeoutMs: 30 });
  assertEquals(reports, 0);
});
