// An error, and what to do about it.

import { RequestError } from "../api.ts";

export function ErrorText({ error }: { error: unknown }) {
  if (error === undefined) return undefined;
  const text = error instanceof Error ? error.message : String(error);
  const isLogin = error instanceof RequestError && error.status === 401;
  return (
    <p class="error" role="alert">
      {text}
      {isLogin ? <code>voice console</code> : undefined}
    </p>
  );
}
