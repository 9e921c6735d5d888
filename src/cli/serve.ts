/** `annexus serve CONFIG`: everything on one port, from one configuration (doc/serve/configuration.md). */

import process from 'node:process';
import { systemClock, systemRng } from '../node/clock.ts';
import { readServeConfig } from '../node/serve/read-config.ts';
import { adminsMayLook, openSite, type Site } from '../node/serve/serve.ts';
import { tellServiceManager } from '../node/service-manager.ts';
import type { Event } from '../types/event.ts';
import type { Terminal } from './terminal.ts';
import { testLimits } from './test-limits.ts';
import { untilSignal } from './until-signal.ts';
import { withObservatory } from './with-observatory.ts';

export interface ServeFlags {
  /** Only looks whether it can be served. */
  readonly check?: boolean | undefined;
  readonly debug?: boolean | undefined;
}

export async function serve(path: string, flags: ServeFlags, terminal: Terminal): Promise<number> {
  const read = await readServeConfig(path);
  const common = { read, clock: systemClock, rng: systemRng, limits: testLimits(terminal.env) };
  if (flags.check === true) return await check(path, common, terminal);
  const { log, metrics, status } = read.config;
  const observing = {
    debug: flags.debug === true || log.debug === true,
    logFormat: log.format,
    logFile: log.file === undefined ? undefined : read.resolvePath(log.file),
    metrics,
    status,
  };
  let site: Site | undefined;
  const mayLook = adminsMayLook(() => site?.access);
  return await withObservatory(observing, { terminal, mayLook }, async (observatory) => {
    const { events } = observatory;
    const opened = await openSite({ ...common, events, observatory });
    site = opened;
    const reopen = (): void => {
      opened.access.reopen();
      void opened.certificates?.reload();
    };
    process.on('SIGHUP', reopen);
    try {
      // From before anyone can know that it listens.
      const signalled = untilSignal();
      await opened.listen();
      await tellServiceManager('ready', events);
      await signalled;
      await tellServiceManager('stopping', events);
      return 0;
    } finally {
      await opened.close();
      process.off('SIGHUP', reopen);
    }
  });
}

/** What would be warned of at the start is an error here. */
async function check(
  path: string,
  common: Omit<Parameters<typeof openSite>[0], 'events'>,
  terminal: Terminal,
): Promise<number> {
  const warnings: string[] = [];
  const events = (event: Event): void => {
    if (event.type === 'warning') warnings.push(event.message);
  };
  const site = await openSite({ ...common, events });
  await site.close();
  for (const warning of warnings) terminal.err(`annexus: ${warning}\n`);
  if (warnings.length > 0) return 1;
  terminal.out(`${path}: ok\n`);
  return 0;
}
