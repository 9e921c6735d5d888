/**
 * An abort signal that follows a parent and can also be aborted alone.
 *
 * Stands in for `AbortSignal.any`, which on Node 20 keeps memory on a parent that lives long. Whoever links must unlink,
 * or the parent keeps the child.
 */

export interface LinkedSignal {
  readonly signal: AbortSignal;
  /** Aborts this signal alone, and unlinks it. */
  abort(reason: unknown): void;
  /** Stops following the parent; the signal stays as it is. */
  unlink(): void;
}

/** A signal that is aborted with the parent's reason when the parent is. */
export function linkSignal(parent: AbortSignal): LinkedSignal {
  const controller = new AbortController();
  const follow = (): void => controller.abort(parent.reason);
  const unlink = (): void => parent.removeEventListener('abort', follow);
  if (parent.aborted) follow();
  else parent.addEventListener('abort', follow, { once: true });
  return {
    signal: controller.signal,
    abort(reason: unknown): void {
      unlink();
      controller.abort(reason);
    },
    unlink,
  };
}
