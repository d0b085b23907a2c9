// One call: how it went, on a time line and in words.

import { useEffect, useState } from "preact/hooks";
import { readStory } from "../api.ts";
import { addressText, costText, endText, isGood, lengthText, whenText } from "../format.ts";
import type { CallStory, LiveCall } from "../types.ts";
import { ErrorText } from "./error-text.tsx";
import { TimeLine } from "./time-line.tsx";
import { Transcript } from "./transcript.tsx";

export function Call({ callSid, live }: { callSid: string; live: LiveCall | undefined }) {
  const [story, setStory] = useState<CallStory>();
  const [error, setError] = useState<unknown>();
  // Again while it runs, whenever it changes. The store is a moment behind.
  useEffect(() => {
    const read = (): void => {
      readStory(callSid).then((read_) => {
        setStory(read_);
        setError(undefined);
      }, setError);
    };
    read();
    const timer = setTimeout(read, 700);
    return () => clearTimeout(timer);
  }, [callSid, live]);
  if (story === undefined) return <ErrorText error={error} />;
  const { call, turns, tools, notes } = story;
  return (
    <>
      <section class="card" aria-label="Call">
        <h1>{endText(call)}</h1>
        <p class="muted">
          {whenText(call.createdMs)}, {call.endedMs === null ? "running" : lengthText(call.endedMs - call.createdMs)}, from{" "}
          {addressText(call.from)} to {addressText(call.to)}, answered by {call.agent} ({call.model ?? "the built-in agent"})
        </p>
        {isGood(call) || call.endedMs === null ? undefined : <Trouble story={story} />}
        <TimeLine story={story} />
        <dl class="figures">
          <div>
            <dd>{turns.length}</dd>
            <dt>turns</dt>
          </div>
          <div>
            <dd>{call.longestWaitMs === null ? "–" : `${(call.longestWaitMs / 1_000).toFixed(1)} s`}</dd>
            <dt>longest wait</dt>
          </div>
          <div>
            <dd>{call.inputTokens + call.outputTokens}</dd>
            <dt>tokens</dt>
          </div>
          {call.costUsd === null ? undefined : (
            <div>
              <dd>{costText(call.costUsd)}</dd>
              <dt>cost</dt>
            </div>
          )}
        </dl>
      </section>
      <section class="card" aria-label="Transcript">
        <h2>What was said</h2>
        <Transcript turns={turns} />
      </section>
      {tools.length === 0 ? undefined : (
        <section class="card" aria-label="Tools">
          <h2>Tools</h2>
          {tools.map(({ name, arguments: given, output, startedMs, returnedMs }) => (
            <details key={startedMs}>
              <summary>
                {name} <span class="tag">{returnedMs === null ? "did not return" : `${returnedMs - startedMs} ms`}</span>
              </summary>
              <pre>{given ?? "no longer kept"}</pre>
              <pre>{output ?? "no longer kept"}</pre>
            </details>
          ))}
        </section>
      )}
      <section class="card" aria-label="What happened">
        <h2>What happened</h2>
        <ul class="notes">
          {notes.map(({ atMs, name, fields }, index) => (
            <li key={index}>
              <span class="muted">{((atMs - call.createdMs) / 1_000).toFixed(1)} s</span> <b>{name}</b>{" "}
              <span class="muted">{fieldsText(fields)}</span>
            </li>
          ))}
        </ul>
        <p class="muted">{call.callSid}</p>
      </section>
    </>
  );
}

/** Why the call did not go well: the last thing that went wrong. */
function Trouble({ story: { call, notes } }: { story: CallStory }) {
  const last = notes.findLast(({ fields }) => "detail" in fields || "failure" in fields);
  const detail = last === undefined ? undefined : String(last.fields["detail"] ?? last.fields["failure"]);
  return (
    <p class="error">
      {detail ?? endText(call)}
      {call.twilioCode === null ? undefined : ` Twilio's console shows error ${call.twilioCode}.`}
    </p>
  );
}

function fieldsText(fields: Readonly<Record<string, unknown>>): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}: ${String(value)}`)
    .join(", ");
}
