/** `annexus p2phttp`: serves the repository it is called in, as git-annex's command of that name. */

import type { Jobs } from '../node/gateway/jobs.ts';
import { serveGateway } from '../node/gateway/serve-gateway.ts';
import { systemClock, systemRng } from '../node/clock.ts';
import { accessPolicy, type AccessFlags } from './access-options.ts';
import type { ObserveFlags } from './observe-options.ts';
import { serveStart } from './shell/from-start.ts';
import type { Terminal } from './terminal.ts';
import { testLimits } from './test-limits.ts';
import { untilSignal } from './until-signal.ts';
import { withObservatory } from './with-observatory.ts';

export interface P2PHTTPOptions extends AccessFlags, ObserveFlags {
  readonly bind?: string | undefined;
  readonly port: number;
  readonly lockedfiles?: number | undefined;
  readonly clusterjobs?: Jobs | undefined;
}

export async function p2phttp(options: P2PHTTPOptions, terminal: Terminal): Promise<number> {
  const access = accessPolicy(options, terminal.env);
  return await withObservatory(options, { terminal, access }, async (observatory) => {
    const { events } = observatory;
    // From before anyone can know that it listens.
    const signalled = untilSignal();
    const served = await serveGateway({
      path: terminal.cwd,
      host: options.bind,
      port: options.port,
      access,
      lockedFiles: options.lockedfiles,
      clusterJobs: options.clusterjobs,
      clock: systemClock,
      rng: systemRng,
      limits: testLimits(terminal.env),
      events,
      observatory,
      shell: (request, host) => serveStart(request, { host, events }),
    });
    await signalled;
    await served.close();
    return 0;
  });
}
