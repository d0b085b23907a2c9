// What stands between Twilio and voice: a proxy on a loopback port, whose address is the PUBLIC_URL, and which can be
// made to misbehave path by path.

/** How the proxy treats a request: its own answer, or undefined to pass it on. */
export type Misbehave = (
  path: string,
  request: Request,
  upgrade: (headers: Readonly<Record<string, string>>) => void,
) => Response | undefined;

/** A running proxy. */
export interface Front {
  /** http://127.0.0.1:port, or https://127.0.0.1:port with TLS. */
  readonly url: string;
  /** Where requests are forwarded. */
  target: string;
  misbehave: Misbehave;
  /** "METHOD /path" of every request, in order. */
  readonly asked: readonly string[];
  stop(): Promise<void>;
}

/**
 * Starts one; `tls` is key and certificate, PEM. It forwards HTTP, and opens WebSockets only where `misbehave` does.
 */
export function startFront(tls?: { readonly key: string; readonly cert: string }): Front {
  const asked: string[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    ...(tls === undefined ? {} : { tls }),
    async fetch(request, self) {
      const { pathname, search } = new URL(request.url);
      asked.push(`${request.method} ${pathname}`);
      let isOpen = false;
      const answer = front.misbehave(pathname, request, (headers) => {
        isOpen = self.upgrade(request, { headers });
      });
      if (isOpen) return undefined;
      if (answer !== undefined) return answer;
      const { method } = request;
      const headers = new Headers(request.headers);
      // As a proxy that does not support WebSockets: RFC 9110 7.6.1.
      for (const name of ["connection", "upgrade"]) headers.delete(name);
      const body = method === "POST" ? await request.arrayBuffer() : null;
      const passed = await fetch(`${front.target}${pathname}${search}`, { method, headers, body, redirect: "manual" });
      return new Response(await passed.arrayBuffer(), { status: passed.status, headers: passed.headers });
    },
    websocket: { message: () => {} },
  });
  const url = tls === undefined ? `http://127.0.0.1:${server.port}` : `https://127.0.0.1:${server.port}`;
  const front: Front = { url, target: "", misbehave: () => undefined, asked, stop: () => server.stop(true) };
  return front;
}
