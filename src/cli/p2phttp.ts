/**
 * `annexus p2phttp`: serves the repository it is called in, or all that are found in directories, as git-annex's command of
 * that name.
 */

import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Jobs } from '../node/gateway/jobs.ts';
import { serveGateway } from '../node/gateway/serve-gateway.ts';
import { serveRepositories } from '../node/gateway/serve-repositories.ts';
import { openGitRepository } from '../node/git/git-repository.ts';
import { systemClock, systemRng } from '../node/clock.ts';
import { tellServiceManager } from '../node/service-manager.ts';
import { AnnexError } from '../types/annex-error.ts';
import { accessPolicy, type AccessFlags } from './access-options.ts';
import { listenPlaces, type ListenFlags } from './listen-options.ts';
import type { ObserveFlags } from './observe-options.ts';
import { serveStart } from './shell/from-start.ts';
import type { Terminal } from './terminal.ts';
import { testLimits } from './test-limits.ts';
import { untilSignal } from './until-signal.ts';
import { withObservatory } from './with-observatory.ts';
import { readersMayLook } from '../node/observe/observatory.ts';

export interface P2PHTTPOptions extends AccessFlags, ListenFlags, ObserveFlags {
  readonly directory?: readonly string[] | undefined;
  readonly lockedfiles?: number | undefined;
  readonly clusterjobs?: Jobs | undefined;
  readonly proxyconnections?: number | undefined;
}

export async function p2phttp(options: P2PHTTPOptions, terminal: Terminal): Promise<number> {
  const access = accessPolicy(options, terminal.env);
  const directories = (options.directory ?? []).map((directory) => resolve(terminal.cwd, directory));
  for (const directory of directories) await assertDirectory(directory);
  if (directories.length === 0) await assertAnnex(terminal.cwd);
  return await withObservatory(
    options,
    { terminal, mayLook: readersMayLook(access) },
    async (observatory) => {
      const { events } = observatory;
      const { cwd } = terminal;
      const listening = await listenPlaces(options, { cwd, events, clock: systemClock });
      // From before anyone can know that it listens.
      const signalled = untilSignal();
      const common = {
        places: listening.places,
        lockedFiles: options.lockedfiles,
        clusterJobs: options.clusterjobs,
        idleConnections: options.proxyconnections,
        clock: systemClock,
        rng: systemRng,
        limits: testLimits(terminal.env),
        events,
        observatory,
      };
      const served =
        directories.length === 0
          ? await serveGateway({
              ...common,
              path: cwd,
              access,
              shell: (request, host) => serveStart(request, { host, events }),
            })
          : await serveRepositories({
              ...common,
              sources: directories.map((directory) => ({ directory, access: () => access })),
            });
      await tellServiceManager('ready', events);
      await signalled;
      await tellServiceManager('stopping', events);
      await served.close();
      listening.close();
      return 0;
    },
  );
}

async function assertDirectory(path: string): Promise<void> {
  const there = await stat(path).catch((error: unknown) => {
    throw new AnnexError('config', `--directory ${path} cannot be read`, { cause: error });
  });
  if (!there.isDirectory()) throw new AnnexError('config', `--directory ${path} is no directory`);
}

/** Says with git-annex's words what one who is not in an annex may have meant. */
async function assertAnnex(cwd: string): Promise<void> {
  const git = await openGitRepository(cwd).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AnnexError('config', `${useDirectory} (${reason})`, { cause: error });
  });
  const uuid = (await git.config()).get('annex.uuid');
  await git.close();
  if (uuid === undefined)
    throw new AnnexError('config', `${useDirectory} (${git.gitDir} is not an annex yet)`);
}

const useDirectory = 'Use the --directory option to specify which git-annex repositories to serve.';
