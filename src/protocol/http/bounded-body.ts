// A body of a server that nobody knows, read to a limit: it may have no end. Of our own server's requests:
// server/http/body.ts.

/** The same body; reading it fails after so many bytes, and the connection is dropped then. */
export function boundedBody(body: ReadableStream<Uint8Array> | null, maxBytes: number): ReadableStream<Uint8Array> | null {
  let bytes = 0;
  const limit = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) controller.error(new Error(`the answer is longer than ${maxBytes} bytes`));
      else controller.enqueue(chunk);
    },
  });
  return body === null ? null : body.pipeThrough(limit);
}
