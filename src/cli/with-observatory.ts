/** Runs a server with all that looks at it, as its options say. */

import { systemClock, systemRng } from '../node/clock.ts';
import type { JsonLog } from '../node/observe/json-log.ts';
import { Observatory } from '../node/observe/observatory.ts';
import type { MayLook } from '../node/observe/status-handler.ts';
import type { EventSink } from '../types/event.ts';
import { eventLines } from './event-lines.ts';
import type { ObserveFlags } from './observe-options.ts';
import type { Terminal } from './terminal.ts';
import { version } from './version.ts';

/** The observatory is closed after `serve`. */
export async function withObservatory(
  flags: ObserveFlags,
  { terminal, mayLook }: { readonly terminal: Terminal; readonly mayLook: MayLook },
  serve: (observatory: Observatory) => Promise<number>,
): Promise<number> {
  const { debug = false, logFormat, logFile, metrics, status } = flags;
  const files: JsonLog[] = [];
  const json = async (file: string | undefined): Promise<EventSink> => {
    const { openJsonLog } = await import('../node/observe/json-log.ts');
    const log = await openJsonLog({ file, debug });
    files.push(log);
    return log.sink;
  };
  const logs = [
    logFormat === 'json' ? await json(undefined) : eventLines(terminal, { debug, clock: systemClock }),
    ...(logFile === undefined ? [] : [await json(logFile)]),
  ];
  const reopen = (): void => {
    for (const file of files) file.reopen();
  };
  if (logFile !== undefined) process.on('SIGHUP', reopen);
  const observatory = await Observatory.open({
    logs,
    metrics,
    status,
    version,
    mayLook,
    clock: systemClock,
    rng: systemRng,
  });
  try {
    return await serve(observatory);
  } finally {
    await observatory.close();
    process.off('SIGHUP', reopen);
    await Promise.all(files.map((file) => file.close()));
  }
}
