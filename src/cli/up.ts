/**
 * `annexus up [DIR]`: the quickest way in. Makes a gateway with a cluster of three nodes where there is none, serves it
 * with its git side on one port, and says how to use it.
 */

import { basename, dirname, resolve } from 'node:path';
import { findOrMakeCluster } from '../node/gateway/make-cluster.ts';
import { serveGateway, type ServedGateway } from '../node/gateway/serve-gateway.ts';
import { systemClock, systemRng } from '../node/clock.ts';
import type { Observatory } from '../node/observe/observatory.ts';
import type { AccessPolicy } from '../p2p/http/access.ts';
import { AnnexError } from '../types/annex-error.ts';
import { isClusterUUID } from '../types/cluster-uuid.ts';
import { parseProxyLog } from '../logs/proxy-log.ts';
import { byteStringToText } from '../util/byte-string.ts';
import { accessPolicy, type AccessFlags } from './access-options.ts';
import type { ObserveFlags } from './observe-options.ts';
import { serveStart } from './shell/from-start.ts';
import type { Terminal } from './terminal.ts';
import { untilSignal } from './until-signal.ts';
import { withObservatory } from './with-observatory.ts';
import { readersMayLook } from '../node/observe/observatory.ts';

export interface UpOptions extends AccessFlags, ObserveFlags {
  readonly bind: string;
  readonly port: number;
}

export async function up(directory: string, options: UpOptions, terminal: Terminal): Promise<number> {
  const access = upAccess(options, terminal.env);
  const folder = resolve(terminal.cwd, directory);
  return await withObservatory(options, { terminal, mayLook: readersMayLook(access) }, (observatory) =>
    serveUp(folder, { options, terminal, access, observatory }),
  );
}

interface Up {
  readonly options: UpOptions;
  readonly terminal: Terminal;
  readonly access: AccessPolicy;
  readonly observatory: Observatory;
}

async function serveUp(folder: string, { options, terminal, access, observatory }: Up): Promise<number> {
  const name = repositoryName(folder);
  const { events } = observatory;
  const machine = { clock: systemClock, rng: systemRng, events };
  const made = await findOrMakeCluster(folder, { ...machine, name });
  // From before anyone can know that it listens.
  const signalled = untilSignal();
  const served = await serveGateway({
    ...machine,
    path: made.path,
    places: [{ host: options.bind, port: options.port }],
    access,
    gitName: name,
    observatory,
    shell: (request, host) => serveStart(request, { host, events }),
  });
  terminal.out(await instructions(served, { name, folder, isNew: made.isNew, options }));
  await signalled;
  if (options.logFormat !== 'json')
    terminal.err('annexus: finishing what is running (once more to stop at once)\n');
  await served.close();
  return 0;
}

/** What a clone of it is to be called: the folder's name, or that of the work tree. */
function repositoryName(folder: string): string {
  const name = basename(folder) === '.git' ? basename(dirname(folder)) : basename(folder, '.git');
  return name === '' ? 'annex' : name;
}

/** Whoever can reach a loopback address is on this machine; any other address has to be opened on purpose. */
function upAccess(options: UpOptions, env: Terminal['env']): AccessPolicy {
  const isLoopback = /^(127\.\d+\.\d+\.\d+|::1|localhost)$/.test(options.bind);
  if (!isLoopback && options.wideopen !== true && options.authenvHttp !== true) {
    throw new AnnexError(
      'config',
      `${options.bind} can be reached from other machines: give users with --authenv-http, or let anyone in with --wideopen`,
    );
  }
  return accessPolicy(
    { ...options, wideopen: options.wideopen === true || options.authenvHttp !== true },
    env,
  );
}

interface Introduction {
  readonly name: string;
  readonly folder: string;
  readonly isNew: boolean;
  readonly options: UpOptions;
}

async function instructions(served: ServedGateway, about: Introduction): Promise<string> {
  const { host, listener } = served;
  const { name, folder, isNew, options } = about;
  const proxied = parseProxyLog((await host.annex.branch.read('proxy.log')) ?? '').get(host.annex.uuid) ?? [];
  const cluster = proxied.find(({ uuid }) => isClusterUUID(uuid));
  const target = cluster === undefined ? 'origin' : `origin-${byteStringToText(cluster.name)}`;
  const uuid = cluster?.uuid ?? host.annex.uuid;
  const url = listener.url;
  // Git names a clone after the URL as it is written.
  const into = urlName(name) === name ? '' : ` ${shellWord(name)}`;
  const who =
    options.authenvHttp === true
      ? 'Users with a password are served.'
      : options.wideopen === true
        ? 'Anyone who can reach it may read, write and remove.'
        : 'Anyone on this machine may read, write and remove.';
  return `
${isNew ? 'Made' : 'Serving'} a gateway in ${folder}, at ${url}
${who} Ctrl-C stops.

With git-annex (10.20240731 or newer):

  git clone -c annex.security.allowed-ip-addresses=${listenAddress(url)} ${url}${urlName(name)}.git${into}
  cd ${shellWord(name)} && git annex init
  git annex add FILE && git commit -m 'add FILE' && git annex push --no-content
  git annex copy --to ${target} FILE
  git annex whereis FILE
  git annex drop FILE && git annex get FILE

With a browser, once a branch was pushed: ${url}${urlName(name)}/files/
With curl, the same by the names of files, or where KEY is what \`git annex lookupkey FILE\` prints:

  curl -o FILE ${url}git-annex/${uuid}/key/KEY
  curl -X POST -T FILE -H "X-git-annex-data-length: $(stat -c %s FILE)" \\
    "${url}git-annex/${uuid}/v4/put?key=KEY&clientuuid=${host.annex.uuid}"
`.replace(/^\n/, '');
}

/** As git's own encoding is read by the git side, and with nothing in it that a shell would take for its own. */
function urlName(name: string): string {
  return encodeURIComponent(name).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function shellWord(name: string): string {
  return /^[A-Za-z0-9._+@%-]+$/.test(name) && !name.startsWith('-')
    ? name
    : `'./${name.replaceAll("'", String.raw`'\''`)}'`;
}

/** git-annex does not connect to private addresses unless they are named. */
function listenAddress(url: string): string {
  return new URL(url).hostname.replace(/^\[|\]$/g, '');
}
