// What both sides said, turn by turn, with how long each answer took.

import type { StoredTurn } from "../types.ts";

/** A turn of a running call or of a stored one. */
export type ShownTurn = Pick<StoredTurn, "trigger" | "interrupted"> & {
  readonly latencyMs?: number | null | undefined;
  readonly callerText?: string | null | undefined;
  readonly modelText?: string | null | undefined;
};

export function Transcript({ turns }: { turns: readonly ShownTurn[] }) {
  if (turns.length === 0) return <p class="muted">Nothing has been said yet.</p>;
  return (
    <ol class="transcript">
      {turns.map((turn, index) => (
        // Turns are only added and changed in place.
        <Turn key={index} turn={turn} />
      ))}
    </ol>
  );
}

function Turn({ turn: { trigger, latencyMs, interrupted, callerText, modelText } }: { turn: ShownTurn }) {
  const hasAnswer = latencyMs !== undefined && latencyMs !== null;
  return (
    <li>
      {trigger === "greeting" ? undefined : (
        <p class="said caller">
          <b>Caller</b> {trigger === "keys" ? <i>pressed a key</i> : (callerText ?? <i>no transcript</i>)}
        </p>
      )}
      {hasAnswer ? (
        <p class="said agent">
          <b>Agent</b> {modelText ?? <i>no transcript</i>} <span class="tag">{latencyMs} ms</span>
          {interrupted ? <span class="tag warn">interrupted</span> : undefined}
        </p>
      ) : undefined}
    </li>
  );
}
