// One POST of JSON to an address from the configuration, such as VOICE_ALERT_URL.

import type { Clock } from "../../call/ports.ts";

export interface PostOptions {
  /** Beside Content-Type. */
  readonly headers: Readonly<Record<string, string>>;
  /** For the answer. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Replaces fetch in tests. */
  readonly send?: typeof fetch | undefined;
}

export interface Posted {
  /** Why it was not taken; undefined: the answer was a 2xx. */
  readonly problem: string | undefined;
  /** Retry-After of a refusal; null: none. */
  readonly retryAfter: string | null;
}

/** Never rejects. Redirects are not followed: they could lead to another host. */
export async function postJson(url: string, body: string, { headers, timeoutMs, clock, send = fetch }: PostOptions): Promise<Posted> {
  const timeout = new AbortController();
  const cancelTimeout = clock.after(timeoutMs, () => timeout.abort(new Error(`no answer within ${timeoutMs / 1_000} s`)));
  try {
    const response = await send(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...headers },
      body,
      redirect: "manual",
      signal: timeout.signal,
    });
    await response.body?.cancel();
    if (response.ok) return { problem: undefined, retryAfter: null };
    return { problem: `answered ${response.status}`, retryAfter: response.headers.get("retry-after") };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error), retryAfter: null };
  } finally {
    cancelTimeout();
  }
}
