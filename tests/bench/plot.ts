// The plot of docs/performance.svg: what a call-second costs, by how many calls run. Plain SVG, readable in light and
// dark.

export interface Line {
  readonly name: string;
  readonly points: readonly (readonly [calls: number, cpuMs: number])[];
}

const WIDTH = 720;
const HEIGHT = 360;
const LEFT = 56;
const RIGHT = 110;
const TOP = 30;
const BOTTOM = 44;
/** Told apart without colour, too: each line has its own dashes. */
const strokes = ["", "6 4", "2 4"];
const style = `
    text { font: 12px system-ui, sans-serif; fill: #24292f; }
    .axis { stroke: #8c959f; stroke-width: 1; }
    .grid { stroke: #8c959f; stroke-opacity: 0.25; }
    .line { fill: none; stroke: #24292f; stroke-width: 2; }
    .line0 { stroke: #0969da; } .line1 { stroke: #1a7f37; } .line2 { stroke: #bc4c00; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3; }
      .line0 { stroke: #58a6ff; } .line1 { stroke: #3fb950; } .line2 { stroke: #f0883e; }
    }`;

/** The least of 1, 2 and 5 times a power of ten that divides `max` into at most six steps. */
function stepOf(max: number): number {
  const power = 10 ** Math.floor(Math.log10(max / 6));
  return ([1, 2, 5, 10].find((one) => max / (one * power) <= 6) ?? 10) * power;
}

const steps = (max: number): readonly number[] => {
  const step = stepOf(max);
  return Array.from({ length: Math.floor(max / step) + 1 }, (_, n) => Number((n * step).toFixed(3)));
};

export function plotSvg(lines: readonly Line[], title: string): string {
  const all = lines.flatMap(({ points }) => points);
  const maxCalls = Math.max(...all.map(([calls]) => calls));
  const maxMs = Math.max(...all.map(([, ms]) => ms)) * 1.05;
  const x = (calls: number): string => (LEFT + (calls / maxCalls) * (WIDTH - LEFT - RIGHT)).toFixed(1);
  const y = (ms: number): string => (HEIGHT - BOTTOM - (ms / maxMs) * (HEIGHT - TOP - BOTTOM)).toFixed(1);
  const across = steps(maxMs).map(
    (ms) =>
      `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(ms)}" y2="${y(ms)}"/><text x="${LEFT - 8}" y="${y(ms)}" dy="4" text-anchor="end">${ms}</text>`,
  );
  const below = steps(maxCalls).map((calls) => `<text x="${x(calls)}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${calls}</text>`);
  const drawn = lines.map(({ name, points }, at) => {
    const [calls, ms] = points.at(-1) ?? [0, 0];
    const path = points.map(([each, cost]) => `${x(each)},${y(cost)}`).join(" ");
    const dashes = strokes[at % strokes.length];
    return `<polyline class="line line${at % 3}" stroke-dasharray="${dashes === "" ? "none" : dashes}" points="${path}"/><text x="${x(calls)}" y="${y(ms)}" dx="8" dy="4">${name}</text>`;
  });
  const axes = `<path class="axis" fill="none" d="M${LEFT},${TOP} V${HEIGHT - BOTTOM} H${WIDTH - RIGHT}"/>`;
  const labels = `<text x="${LEFT}" y="18">${title}</text><text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 8}" text-anchor="middle">calls on one core</text>`;
  const body = [...across, ...below, axes, labels, ...drawn].join("\n  ");
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">\n  <title>${title}</title>\n  <style>${style}\n  </style>\n  ${body}\n</svg>\n`;
}
