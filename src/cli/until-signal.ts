/** Waits for the signal that ends a server: the first asks for an orderly end, a second one ends the process at once. */

import process from 'node:process';

export async function untilSignal(): Promise<NodeJS.Signals> {
  // Listeners of signals do not keep a program alive; a listening server does.
  return await new Promise((resolve) => {
    const stop = (signal: NodeJS.Signals): void => {
      for (const name of signals) process.off(name, stop);
      resolve(signal);
    };
    for (const name of signals) process.on(name, stop);
  });
}

const signals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM'];
