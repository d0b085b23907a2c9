// Work on many things, a few at a time, begun before anybody asks for a result.

/** Starts `work` on each item, at most `width` at once, in order; the promises are there at once, by item. */
export function inTurns<T, R>(width: number, items: readonly T[], work: (item: T) => Promise<R>): ReadonlyMap<T, Promise<R>> {
  const results = new Map<T, PromiseWithResolvers<R>>(items.map((item) => [item, Promise.withResolvers<R>()]));
  const waiting = [...results];
  const next = async (): Promise<void> => {
    for (let turn = waiting.shift(); turn !== undefined; turn = waiting.shift()) {
      const [item, { resolve, reject }] = turn;
      await work(item).then(resolve, reject);
    }
  };
  for (let lane = 0; lane < width; lane++) void next();
  // Nobody may have asked yet when one fails: it is not unhandled for that.
  for (const { promise } of results.values()) promise.catch(() => {});
  return new Map([...results].map(([item, { promise }]) => [item, promise]));
}
