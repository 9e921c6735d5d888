/** Waiting for at most so long: whoever looks at a server wants an answer also where a disk or a node gives none. */

/** True where the work is done in time. Rejects as the work does; what comes later is nobody's business. */
export async function doneWithin(limitMs: number, work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), limitMs);
  });
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
