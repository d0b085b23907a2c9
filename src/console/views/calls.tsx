// All past calls: search, filters, pages.

import { useEffect, useState } from "preact/hooks";
import { readCalls } from "../api.ts";
import type { StoredCall } from "../types.ts";
import { CallTable } from "./call-table.tsx";
import { ErrorText } from "./error-text.tsx";

/** From the last key to the search. */
const TYPING_MS = 250;

interface Filters {
  readonly text: string;
  readonly number: string;
  readonly agent: string;
  readonly end: string;
}

const endings: readonly (readonly [string, string])[] = [
  ["", "any"],
  ["caller", "caller hung up"],
  ["agent", "agent hung up"],
  ["model", "model failed"],
  ["network", "network failed"],
  ["server", "server failed"],
  ["operator", "operator"],
];

export function Calls() {
  const [filters, setFilters] = useState<Filters>({ text: "", number: "", agent: "", end: "" });
  const [calls, setCalls] = useState<readonly StoredCall[]>();
  const [next, setNext] = useState<string>();
  const [error, setError] = useState<unknown>();
  const read = (before: Readonly<Record<string, string>>, earlier: readonly StoredCall[]): void => {
    const given = Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== ""));
    readCalls({ ...given, ...before }).then((page) => {
      setCalls([...earlier, ...page.calls]);
      setNext(page.next);
      setError(undefined);
    }, setError);
  };
  useEffect(() => {
    const timer = setTimeout(() => read({}, []), TYPING_MS);
    return () => clearTimeout(timer);
  }, [filters]);
  const field = (name: keyof Filters) => ({
    value: filters[name],
    onInput: ({ currentTarget }: { currentTarget: HTMLInputElement | HTMLSelectElement }) =>
      setFilters({ ...filters, [name]: currentTarget.value }),
  });
  return (
    <section class="card" aria-label="Calls">
      <h1>Calls</h1>
      <search class="filters">
        <label>
          Words that were said <input type="search" {...field("text")} />
        </label>
        <label>
          Number <input {...field("number")} />
        </label>
        <label>
          Agent <input {...field("agent")} />
        </label>
        <label>
          Ended by
          <select {...field("end")}>
            {endings.map(([value, text]) => (
              <option key={value} value={value}>
                {text}
              </option>
            ))}
          </select>
        </label>
      </search>
      <ErrorText error={error} />
      <CallTable calls={calls ?? []} isLoading={calls === undefined && error === undefined} />
      {next === undefined ? undefined : (
        <button type="button" onClick={() => read({ before: next }, calls ?? [])}>
          Older calls
        </button>
      )}
    </section>
  );
}
