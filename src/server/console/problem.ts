// Errors of the API: RFC 9457, "Problem Details for HTTP APIs".

export interface Problem {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
}

export function problemAnswer({ status, title, detail }: Problem): Response {
  const headers = { "Content-Type": "application/problem+json", "Cache-Control": "no-store" };
  return new Response(`${JSON.stringify({ type: "about:blank", status, title, detail })}\n`, { status, headers });
}
