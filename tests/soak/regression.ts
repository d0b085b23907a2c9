// Ordinary least squares: whether a quantity grows, and how sure that is.
// https://en.wikipedia.org/wiki/Simple_linear_regression#Confidence_intervals

export interface Trend {
  /** Per unit of x. */
  readonly slope: number;
  /** The slope's standard error. Infinite for fewer than three points. */
  readonly error: number;
}

/** How many standard errors around the slope count as possible: 95 % for many points. */
const ERRORS = 2;

export function trendOf(points: readonly { readonly x: number; readonly y: number }[]): Trend {
  const count = points.length;
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / count;
  const [meanX, meanY] = [mean(points.map(({ x }) => x)), mean(points.map(({ y }) => y))];
  const sum = (of: (dx: number, dy: number) => number): number => points.reduce((total, { x, y }) => total + of(x - meanX, y - meanY), 0);
  const spread = sum((dx) => dx * dx);
  if (count < 3 || spread === 0) return { slope: 0, error: Number.POSITIVE_INFINITY };
  const slope = sum((dx, dy) => dx * dy) / spread;
  const squares = sum((dx, dy) => (dy - slope * dx) ** 2);
  return { slope, error: Math.sqrt(squares / (count - 2) / spread) };
}

/** Whether the slope is over `bound` beyond doubt. */
export function grows({ slope, error }: Trend, bound: number): boolean {
  return slope - ERRORS * error > bound;
}

/** Whether the slope may be over `bound`: too few points, or too much noise, to tell. */
export function mayGrow({ slope, error }: Trend, bound: number): boolean {
  return slope + ERRORS * error > bound;
}
