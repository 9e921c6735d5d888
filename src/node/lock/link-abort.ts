/** Listens to an AbortSignal for the time of one wait. (`AbortSignal.any` keeps memory on Node 20.) */

/** Calls back once with the reason when `signal` aborts; the answer takes the listener away. */
export function linkAbort(signal: AbortSignal | undefined, aborted: (reason: Error) => void): () => void {
  if (signal === undefined) return () => {};
  const listener = (): void => aborted(signal.reason as Error);
  signal.addEventListener('abort', listener, { once: true });
  return () => signal.removeEventListener('abort', listener);
}

/** Sleeps, keeping the process alive; rejects with `signal.reason` when that aborts. */
export function sleep(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason as Error);
      return;
    }
    const unlink = linkAbort(signal, (reason) => {
      clearTimeout(timer);
      reject(reason);
    });
    const timer = setTimeout(() => {
      unlink();
      resolve();
    }, delayMs);
  });
}
