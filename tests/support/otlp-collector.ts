// A collector of traces on loopback: takes OTLP over HTTP as JSON, and keeps what it got.
// https://opentelemetry.io/docs/specs/otlp/#otlphttp

export interface CollectedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Undefined: the root. */
  readonly parentSpanId: string | undefined;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly { readonly name: string; readonly attributes: Readonly<Record<string, unknown>> }[];
  readonly failed: boolean;
}

export interface Collector {
  readonly origin: string;
  readonly requests: readonly { readonly path: string; readonly headers: Readonly<Record<string, string>>; readonly body: string }[];
  readonly spans: readonly CollectedSpan[];
  /** Attributes of the resource of the last request. */
  readonly resource: Readonly<Record<string, unknown>>;
  /** Answers with this status from now on. */
  refuseWith(status: number): void;
  stop(): Promise<void>;
}

interface AnyValue {
  readonly stringValue?: string;
  readonly intValue?: number;
  readonly doubleValue?: number;
  readonly boolValue?: boolean;
  readonly arrayValue?: { readonly values: readonly AnyValue[] };
}
type KeyValues = readonly { readonly key: string; readonly value: AnyValue }[];
interface OtlpSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: KeyValues;
  readonly events: readonly { readonly name: string; readonly attributes: KeyValues }[];
  readonly status: { readonly code: number };
}
interface OtlpBody {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: KeyValues };
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
  }[];
}

/** STATUS_CODE_ERROR. */
const ERROR_CODE = 2;

function plainValue({ stringValue, intValue, doubleValue, boolValue, arrayValue }: AnyValue): unknown {
  return stringValue ?? intValue ?? doubleValue ?? boolValue ?? arrayValue?.values.map(plainValue);
}

const recordOf = (pairs: KeyValues): Record<string, unknown> => Object.fromEntries(pairs.map(({ key, value }) => [key, plainValue(value)]));
const msOf = (nanoseconds: string): number => Number(BigInt(nanoseconds) / 1_000_000n);

function collected(span: OtlpSpan): CollectedSpan {
  const { name, traceId, spanId, parentSpanId, startTimeUnixNano, endTimeUnixNano, attributes, events, status } = span;
  return {
    name,
    traceId,
    spanId,
    parentSpanId: parentSpanId === "" ? undefined : parentSpanId,
    startMs: msOf(startTimeUnixNano),
    endMs: msOf(endTimeUnixNano),
    attributes: recordOf(attributes),
    events: events.map((event) => ({ name: event.name, attributes: recordOf(event.attributes) })),
    failed: status.code === ERROR_CODE,
  };
}

export function startCollector(): Collector {
  const requests: { path: string; headers: Record<string, string>; body: string }[] = [];
  const spans: CollectedSpan[] = [];
  let resource: Record<string, unknown> = {};
  let status = 200;
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      const body = await request.text();
      requests.push({ path: new URL(request.url).pathname, headers: request.headers.toJSON(), body });
      if (status !== 200) return new Response(null, { status });
      for (const one of (JSON.parse(body) as OtlpBody).resourceSpans) {
        resource = recordOf(one.resource.attributes);
        spans.push(...one.scopeSpans.flatMap((scope) => scope.spans.map(collected)));
      }
      return Response.json({});
    },
  });
  return {
    origin: `http://127.0.0.1:${server.port}`,
    requests,
    spans,
    get resource() {
      return resource;
    },
    refuseWith(code) {
      status = code;
    },
    stop: () => server.stop(true),
  };
}
