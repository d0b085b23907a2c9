// Past calls in a table.

import { addressText, endText, isGood, lengthText, whenText } from "../format.ts";
import type { StoredCall } from "../types.ts";

export function CallTable({ calls, isLoading }: { calls: readonly StoredCall[]; isLoading: boolean }) {
  if (calls.length === 0) return <p class="muted">{isLoading ? "Loading…" : "No calls."}</p>;
  return (
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">From</th>
            <th scope="col">Agent</th>
            <th scope="col">Length</th>
            <th scope="col">Turns</th>
            <th scope="col">How it ended</th>
          </tr>
        </thead>
        <tbody>
          {calls.map((call) => (
            <tr key={call.callSid}>
              <td>
                <a href={`#/calls/${call.callSid}`}>{whenText(call.createdMs)}</a>
              </td>
              <td>{addressText(call.from)}</td>
              <td>{call.agent}</td>
              <td>{call.endedMs === null ? "" : lengthText(call.endedMs - call.createdMs)}</td>
              <td>{call.turns}</td>
              <td>
                {call.endedMs === null || isGood(call) ? endText(call) : <span class="bad">{endText(call)}</span>}
                {call.fallback === null || call.fallback === "none" ? undefined : <span class="tag warn">{call.fallback}</span>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
