// The first page: call the agent, what is still missing, today in figures, running calls, the latest calls.

import { useEffect, useState } from "preact/hooks";
import { type CallPage, hangUpCall, readCalls, readStatus, type Status } from "../api.ts";
import { addressText, costText, lengthText, stateText } from "../format.ts";
import type { CallFigures, ChecklistItem, LiveCall } from "../types.ts";
import { CallTable } from "./call-table.tsx";
import { ErrorText } from "./error-text.tsx";
import { Phone } from "./phone.tsx";

/** How many past calls are shown. */
const LATEST = 8;

export function Home({ live }: { live: ReadonlyMap<string, LiveCall> }) {
  const [status, setStatus] = useState<Status>();
  const [latest, setLatest] = useState<CallPage>();
  const [error, setError] = useState<unknown>();
  const running = live.size;
  // Again whenever a call begins or ends. The store is a moment behind.
  useEffect(() => {
    const read = (): void => {
      Promise.all([readStatus().then(setStatus), readCalls({}).then(setLatest)]).then(() => setError(undefined), setError);
    };
    read();
    const timer = setTimeout(read, 700);
    return () => clearTimeout(timer);
  }, [running]);
  return (
    <>
      <ErrorText error={error} />
      <div class="columns">
        <Phone status={status} live={live} />
        <div>
          <Checklist items={status?.checklist ?? []} />
          <Figures figures={status?.figures} />
        </div>
      </div>
      <LiveTable calls={[...live.values()]} />
      <section class="card" aria-label="Latest calls">
        <h2>Latest calls</h2>
        <CallTable calls={latest?.calls.slice(0, LATEST) ?? []} isLoading={latest === undefined && error === undefined} />
      </section>
    </>
  );
}

function Checklist({ items }: { items: readonly ChecklistItem[] }) {
  return (
    <section class="card" aria-label="Set-up">
      <h2>Set-up</h2>
      <ul class="checklist">
        {items.map(({ name, isDone, detail }) => (
          <li key={name} class={isDone ? "done" : "todo"}>
            <span class="mark" role="img" aria-label={isDone ? "done" : "to do"}>
              {isDone ? "✓" : "○"}
            </span>
            <div>
              <b>{name}</b>
              <p>{detail}</p>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Figures({ figures }: { figures: CallFigures | undefined }) {
  if (figures === undefined) return undefined;
  const { calls, talkMs, transferred, apologies, costUsd, latencyP95Ms } = figures;
  const values: readonly (readonly [string, string])[] = [
    ["calls", String(calls)],
    ["talked", lengthText(talkMs)],
    ["answer time, p95", latencyP95Ms === null ? "–" : `${latencyP95Ms} ms`],
    ["cost", costText(costUsd)],
    ["to a person", String(transferred)],
    ["apologies", String(apologies)],
  ];
  return (
    <section class="card" aria-label="Today">
      <h2>Today (UTC)</h2>
      <dl class="figures">
        {values.map(([name, value]) => (
          <div key={name}>
            <dd>{value}</dd>
            <dt>{name}</dt>
          </div>
        ))}
      </dl>
    </section>
  );
}

function LiveTable({ calls }: { calls: readonly LiveCall[] }) {
  const [error, setError] = useState<unknown>();
  if (calls.length === 0) return undefined;
  return (
    <section class="card" aria-label="Running calls">
      <h2>Running calls</h2>
      <ErrorText error={error} />
      <ul class="live">
        {calls.map((call) => (
          <li key={call.callSid}>
            <span class={`dot ${call.callerSpeaks ? "caller" : call.agentSpeaks ? "agent" : ""}`} aria-hidden="true" />
            <a href={`#/calls/${call.callSid}`}>
              {addressText(call.from)} → {call.agent}
            </a>
            <span class="muted">{stateText(call)}</span>
            <span class="last">{lastWords(call)}</span>
            <button type="button" class="small" onClick={() => void hangUpCall(call.callSid).catch(setError)}>
              Hang up
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function lastWords({ turns }: LiveCall): string {
  const last = turns.at(-1);
  return last?.modelText ?? last?.callerText ?? "";
}
