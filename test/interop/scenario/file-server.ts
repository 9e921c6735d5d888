// A gateway whose cluster's nodes alone hold content, made by real git-annex and filled by a stock client; and our server
// over it, with the files of branches at /data/files/.
import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { systemClock, systemRng } from '../../../src/node/clock.ts';
import {
  serveGateway,
  type ServedGateway,
  type ServeOptions,
} from '../../../src/node/gateway/serve-gateway.ts';
import { wideOpen } from '../../../src/p2p/http/access.ts';
import { runIn, type Release } from '../../support/git-annex.ts';
import { makeCluster, type Cluster } from './cluster.ts';

export interface FileWorld {
  readonly cluster: Cluster;
  readonly laptop: string;
  /** Runs a shell script in the laptop's clone. */
  readonly run: (script: string) => Promise<string>;
}

export const photo: Buffer = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7) % 251));

/** Files in `main`: photo.jpg locked, dir/notes.txt unlocked, page.html annexed, README.md in git, and links. */
export async function makeFileWorld(dir: string, release: Release): Promise<FileWorld> {
  const cluster = await makeCluster({ release, dir, bare: true });
  await using served = await serveFiles(cluster.gateway.dir);
  await runIn(dir, ['git', 'clone', '--quiet', cluster.gateway.dir, 'laptop'], { release });
  const laptop = join(dir, 'laptop');
  const run = async (script: string): Promise<string> =>
    (await runIn(laptop, ['bash', '-ec', script], { release })).stdout.trim();
  await writeFile(join(laptop, 'photo.jpg'), photo);
  await run(`
    git checkout -q -b main
    git config annex.security.allowed-ip-addresses 127.0.0.1
    git config remote.origin.annexUrl annex+${served.url}git-annex/
    git annex init -q laptop
    mkdir dir; seq 1000 > dir/notes.txt; echo '<script>alert(1)</script>' > page.html
    git annex add -q .; git commit -q -m annexed
    git annex unlock -q dir/notes.txt
    echo readme > README.md; ln -s dir link; ln -s ../../etc/passwd outside
    git -c annex.largefiles=nothing add README.md link outside; git commit -q -m git
    git branch -q topic/a
    git annex push -q --no-content
    git push -q origin main topic/a git-annex:synced/git-annex
    git annex move -q --to origin-mycluster .
  `);
  return { cluster, laptop, run };
}

export interface FileServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly host: ServedGateway['host'];
}

/** @param path a gateway's repository */
export async function serveFiles(
  path: string,
  options: Pick<ServeOptions, 'sendfile'> & Partial<Pick<ServeOptions, 'access'>> = {},
): Promise<FileServer> {
  const served = await serveGateway({
    path,
    places: [{ host: '127.0.0.1', port: 0 }],
    access: wideOpen,
    gitName: 'data',
    clock: systemClock,
    rng: systemRng,
    events: () => undefined,
    ...options,
  });
  const { listener, host } = served;
  return { url: listener.url, port: listener.port, host, [Symbol.asyncDispose]: () => served.close() };
}
