/** `annexus p2phttp`: serves the repository it is called in, as git-annex's command of that name. */

import type { Jobs } from '../node/gateway/jobs.ts';
import { serveGateway } from '../node/gateway/serve-gateway.ts';
import { systemClock, systemRng } from '../node/clock.ts';
import { accessPolicy, type AccessFlags } from './access-options.ts';
import { eventLines } from './event-lines.ts';
import { serveStart } from './shell/from-start.ts';
import type { Terminal } from './terminal.ts';
import { testLimits } from './test-limits.ts';
import { untilSignal } from './until-signal.ts';

export interface P2PHTTPOptions extends AccessFlags {
  readonly bind?: string | undefined;
  readonly port: number;
  readonly lockedfiles?: number | undefined;
  readonly clusterjobs?: Jobs | undefined;
  readonly debug?: boolean | undefined;
}

export async function p2phttp(options: P2PHTTPOptions, terminal: Terminal): Promise<number> {
  const events = eventLines(terminal, { debug: options.debug === true, clock: systemClock });
  // From before anyone can know that it listens.
  const signalled = untilSignal();
  const served = await serveGateway({
    path: terminal.cwd,
    places: [{ host: options.bind, port: options.port }],
    access: accessPolicy(options, terminal.env),
    lockedFiles: options.lockedfiles,
    clusterJobs: options.clusterjobs,
    clock: systemClock,
    rng: systemRng,
    limits: testLimits(terminal.env),
    events,
    shell: (request, host) => serveStart(request, { host, events }),
  });
  await signalled;
  await served.close();
  return 0;
}
