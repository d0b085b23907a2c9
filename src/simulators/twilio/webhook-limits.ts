// How long Twilio's HTTP client waits, and when it tries again: its defaults, and what a webhook URL's fragment says instead.
// Follows https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides

/** Waits and retries of one webhook request. */
export interface WebhookLimits {
  /** For TCP and TLS of one try. */
  readonly connectMs: number;
  /** For the first bytes of the answer, and between its pieces. */
  readonly readMs: number;
  /** For all tries together. */
  readonly totalMs: number;
  readonly retries: number;
  /** What is tried again: "4xx", "5xx", "ct" (connecting), "rt" (reading), "all". */
  readonly policy: readonly string[];
}

const bounds = { ct: [100, 10_000, 5_000], rt: [100, 15_000, 15_000], tt: [100, 15_000, 15_000], rc: [0, 5, 1] } as const;
const policies = ["4xx", "5xx", "ct", "rt", "all"];

/** Reads the limits from a URL's fragment, "#rc=2&rp=ct,rt". A value out of its range counts as its bound, one that is no number as missing. */
export function webhookLimits(url: string): WebhookLimits {
  const overrides = new URLSearchParams(/#(.*)$/.exec(url)?.[1] ?? "");
  const read = (key: keyof typeof bounds): number => {
    const [least, most, usual] = bounds[key];
    const text = overrides.get(key) ?? "";
    return /^\d{1,9}$/.test(text) ? Math.min(most, Math.max(least, Number(text))) : usual;
  };
  const policy = (overrides.get("rp") ?? "").split(",").filter((name) => policies.includes(name));
  return {
    connectMs: read("ct"),
    readMs: read("rt"),
    totalMs: read("tt"),
    retries: read("rc"),
    policy: policy.length === 0 ? ["ct"] : policy,
  };
}
