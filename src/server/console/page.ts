// The console's page: files that scripts/build-console.ts has bundled, compressed, and named by their content. The
// names change with the content, so browsers keep the files forever; the page itself is asked for each time.

import { Buffer } from "node:buffer";
import { plainAnswer } from "../http/answers.ts";

interface Asset {
  readonly contentType: string;
  /** gzip, base64. */
  readonly gzip: string;
}

/** By name; "index.html" is the page. */
type Assets = Readonly<Record<string, Asset>>;

/**
 * Nothing but our own files, and no script in the page (https://www.w3.org/TR/CSP3/). Style attributes place the marks
 * on a time line. connect-src also needs ws: where 'self' is http only.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "media-src 'self' blob:",
  "connect-src 'self' ws: wss:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const pageHeaders = {
  "Content-Security-Policy": POLICY,
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
  "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
  "Cache-Control": "no-store",
};

let loaded: Promise<Assets | undefined> | undefined;

/** Loaded with the first request. Undefined: this checkout has not been built. */
function assets(): Promise<Assets | undefined> {
  loaded ??= import("../../console/assets.txt", { with: { type: "text" } }).then(
    ({ default: text }) => JSON.parse(text) as Assets,
    () => undefined,
  );
  return loaded;
}

/** The page, or one of its files. */
export async function answerPage(request: Request, name: string): Promise<Response> {
  const all = await assets();
  if (all === undefined) return plainAnswer(503, "The console was not built: run ./compile.sh.");
  const asset = Object.hasOwn(all, name) ? all[name] : undefined;
  if (asset === undefined) return plainAnswer(404, "There is no such file.");
  const isPage = name === "index.html";
  const caching = isPage ? pageHeaders : { "Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff" };
  const gzip = Buffer.from(asset.gzip, "base64");
  const takesGzip = /\bgzip\b/.test(request.headers.get("accept-encoding") ?? "");
  const body = takesGzip ? gzip : (await import("node:zlib")).gunzipSync(gzip);
  const encoding: Record<string, string> = takesGzip ? { "Content-Encoding": "gzip" } : {};
  return new Response(new Uint8Array(body), {
    headers: { ...caching, ...encoding, "Content-Type": asset.contentType, Vary: "Accept-Encoding" },
  });
}
