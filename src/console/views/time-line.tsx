// A call from left to right: when the caller's turn ended, how long the answer took, tools, interruptions and failures.

import type { CallStory } from "../types.ts";

const WIDTH = 1_000;
const HEIGHT = 74;
/** Where the rows are. */
const TURN_Y = 14;
const TOOL_Y = 38;
const NOTE_Y = 58;

/** Notes that are shown: what went wrong, or what the caller did. */
const shownNotes: Readonly<Record<string, string>> = {
  "agent.interrupted": "interrupted",
  "key.pressed": "key",
  "model.lost": "model lost",
  "model.replaced": "another model",
  "stream.lost": "stream lost",
  "call.givenUp": "given up",
  "response.failed": "response failed",
};

export function TimeLine({ story: { call, turns, tools, notes } }: { story: CallStory }) {
  const endMs = call.endedMs ?? Math.max(call.createdMs + 1_000, ...turns.map(({ atMs, latencyMs }) => atMs + (latencyMs ?? 0)));
  const lengthMs = Math.max(1, endMs - call.createdMs);
  const x = (atMs: number): number => Math.max(0, Math.min(WIDTH, ((atMs - call.createdMs) / lengthMs) * WIDTH));
  return (
    <figure class="time-line">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label="Time line of the call">
        <line class="axis" x1="0" x2={WIDTH} y1={TURN_Y} y2={TURN_Y} />
        {turns.map(({ atMs, latencyMs, interrupted, trigger }, index) => (
          <g key={index}>
            {latencyMs === null ? undefined : (
              <rect
                class={interrupted ? "wait interrupted" : "wait"}
                x={x(atMs)}
                y={TURN_Y - 8}
                width={Math.max(2, x(atMs + latencyMs) - x(atMs))}
                height="16"
              >
                <title>{`${trigger}: answered after ${latencyMs} ms`}</title>
              </rect>
            )}
            <rect class="turn" x={x(atMs)} y={TURN_Y - 10} width="2" height="20" />
          </g>
        ))}
        {tools.map(({ name, startedMs, returnedMs }) => (
          <rect
            key={startedMs}
            class="tool"
            x={x(startedMs)}
            y={TOOL_Y - 5}
            width={Math.max(3, x(returnedMs ?? endMs) - x(startedMs))}
            height="10"
          >
            <title>{name}</title>
          </rect>
        ))}
        {notes.map(({ atMs, name }, index) =>
          shownNotes[name] === undefined ? undefined : (
            <circle key={index} class={name === "key.pressed" ? "note" : "note trouble"} cx={x(atMs)} cy={NOTE_Y} r="5">
              <title>{shownNotes[name]}</title>
            </circle>
          ),
        )}
      </svg>
      <figcaption class="muted">
        <span class="legend wait-legend" /> waiting for the answer <span class="legend tool-legend" /> tool{" "}
        <span class="legend note-legend" /> interruption or failure
      </figcaption>
    </figure>
  );
}
