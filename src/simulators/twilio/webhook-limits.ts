// How long Twilio's HTTP client waits and when it retries: the defaults, and the overrides in a webhook URL's fragment.
// Follows https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides

/** The timeouts and retries of one webhook request. */
export interface WebhookLimits {
  /** TCP and TLS of one attempt. */
  readonly connectMs: number;
  /** Until the first bytes of the answer, and between its pieces. */
  readonly readMs: number;
  /** All attempts together. */
  readonly totalMs: number;
  readonly retries: number;
  /** What is retried: "4xx", "5xx", "ct" (connect timeout), "rt" (read timeout), "all". */
  readonly policy: readonly string[];
}

const bounds = { ct: [100, 10_000, 5_000], rt: [100, 15_000, 15_000], tt: [100, 15_000, 15_000], rc: [0, 5, 1] } as const;
const policies = ["4xx", "5xx", "ct", "rt", "all"];

/**
 * Reads the limits from a URL's fragment, as in "#rc=2&rp=ct,rt". Out-of-range values are clamped, other text is
 * ignored.
 */
export function webhookLimits(url: string): WebhookLimits {
  const overrides = new URLSearchParams(/#(.*)$/.exec(url)?.[1] ?? "");
  const read = (key: keyof typeof bounds): number => {
    const [least, most, byDefault] = bounds[key];
    const text = overrides.get(key) ?? "";
    return /^\d{1,9}$/.test(text) ? Math.min(most, Math.max(least, Number(text))) : byDefault;
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
