/** Work on the items of a stream, many at once, with results in the order of the items. */

/**
 * Yields what `work` makes of each item. Holds at most `atOnce` items; a failure is thrown when its turn comes, and leaving
 * early waits for what was begun.
 */
export async function* inOrder<Item, Result>(
  items: AsyncIterable<Item>,
  { atOnce, work }: { readonly atOnce: number; readonly work: (item: Item) => Promise<Result> },
): AsyncGenerator<Result> {
  const begun: Promise<Result>[] = [];
  try {
    for await (const item of items) {
      const result = work(item);
      // Whoever takes it hears of the failure; until then it must not count as unhandled.
      result.catch(() => undefined);
      begun.push(result);
      if (begun.length < atOnce) continue;
      const first = begun.shift();
      if (first !== undefined) yield await first;
    }
    for (let next = begun.shift(); next !== undefined; next = begun.shift()) yield await next;
  } finally {
    await Promise.allSettled(begun);
  }
}
