// Runs work on many items, a few at a time. The results can be awaited one by one.

/** Starts `work` on each item, in order, at most `width` at once. Returns the promises of all items at once. */
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
  // One may fail before its test awaits it: that is not an unhandled rejection.
  for (const { promise } of results.values()) promise.catch(() => {});
  return new Map([...results].map(([item, { promise }]) => [item, promise]));
}
