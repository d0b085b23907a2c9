// Stubs of the REST APIs of OpenAI and Twilio on a loopback port: only what `voice check` requests, with responses that
// a test can change. Follows https://developers.openai.com/api/reference/resources/models and
// https://www.twilio.com/docs/iam/api/account

export interface Answer {
  readonly status?: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface StubApi {
  /** http://127.0.0.1:port */
  readonly url: string;
  /** Every request, in order. `line`: "GET /path?query". */
  readonly requests: readonly { readonly line: string; readonly authorization: string | null }[];
  /** By path prefix: the first that fits. 404 when none does. May be changed at any time. */
  answers: Readonly<Record<string, Answer>>;
  stop(): Promise<void>;
}

export function startStubApi(answers: Readonly<Record<string, Answer>>): StubApi {
  const requests: { line: string; authorization: string | null }[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch(request) {
      const { pathname, search } = new URL(request.url);
      requests.push({ line: `${request.method} ${pathname}${search}`, authorization: request.headers.get("authorization") });
      const path = Object.keys(api.answers).find((one) => pathname.startsWith(one));
      const { status = 200, body, headers = {} } = (path === undefined ? undefined : api.answers[path]) ?? { status: 404, body: {} };
      return typeof body === "string" ? new Response(body, { status, headers }) : Response.json(body, { status, headers });
    },
  });
  const api: StubApi = { url: `http://127.0.0.1:${server.port}`, requests, answers, stop: () => server.stop(true) };
  return api;
}

/** The answer to GET /v1/models/{model}. */
export function modelAnswer(id: string, shutdownDate: string | null = null): Answer {
  return { body: { id, object: "model", created: 1, owned_by: "openai", shutdown_date: shutdownDate } };
}

/** The answer to GET /2010-04-01/Accounts/{sid}.json. `more` overrides its fields. */
export function accountAnswer(more: Readonly<Record<string, unknown>> = {}): Answer {
  return { body: { status: "active", type: "Full", friendly_name: "voice tests", ...more } };
}

/** The answer to GET .../IncomingPhoneNumbers.json with one number. */
export function numberAnswer(number: Readonly<Record<string, unknown>>): Answer {
  return { body: { incoming_phone_numbers: [number] } };
}
