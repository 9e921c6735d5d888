/**
 * The Remotes of a gateway's nodes, by every way that a git remote is reached: a path on this machine, annex+http, ssh, a
 * P2P address. They stay open while the configuration changes around them, and are let go of when nobody has them any more.
 */

import { ObservedRemote } from '../../gateway/observed-remote.ts';
import type { Remote, RemoteTraits } from '../../remote/remote.ts';
import { AnnexError } from '../../types/annex-error.ts';
import { isClusterUUID } from '../../types/cluster-uuid.ts';
import type { UUID } from '../../types/uuid.ts';
import { byteStringToText, type ByteString } from '../../util/byte-string.ts';
import type { ConfiguredRemote } from '../annex/configured-remotes.ts';
import { openAnnex, type AnnexOptions, type OpenAnnex } from '../annex/open-annex.ts';
import type { GitConfig } from '../git/git-config.ts';
import { digestFactory } from '../hash/digest.ts';
import { configuredHttpRemote } from '../http/client/configured-http-remote.ts';
import { parseP2PAddress } from '../transport/p2p-address.ts';
import { openP2PAddressRemote } from '../transport/p2p-address-remote.ts';
import { readSshSettings } from '../transport/ssh-command.ts';
import { SshConnections } from '../transport/ssh-connections.ts';
import { openSshRemote } from '../transport/ssh-remote.ts';
import { parseSshUrl } from '../transport/ssh-url.ts';
import { LazyNode, type ClosableRemote } from './lazy-node.ts';
import { LocalNode } from './local-node.ts';
import { unreachableNode } from './unreachable-node.ts';

export interface NodeRemotesOptions extends AnnexOptions {
  /** The gateway's own repository. */
  readonly annex: OpenAnnex;
  readonly environment: NodeJS.ProcessEnv;
  /** How many connections to each node are kept that nobody uses; as many as were needed at once unless told. */
  readonly idleConnections?: number | undefined;
}

export class NodeRemotes {
  readonly #options: NodeRemotesOptions;
  readonly #ssh: SshConnections;
  /** By all that says how a node is reached. */
  readonly #open = new Map<string, OpenNode>();
  readonly #wanted = new Set<string>();

  constructor(options: NodeRemotesOptions) {
    this.#options = options;
    const { environment } = options;
    this.#ssh = new SshConnections({ git: options.annex.git, environment });
  }

  /**
   * The Remote of a git remote. `config` has its settings: those of a remote that exists only through a gateway are in no
   * file.
   */
  of(uuid: UUID, remote: ConfiguredRemote, config: GitConfig): Remote {
    const name = identityOf(uuid, remote, config);
    this.#wanted.add(name);
    const known = this.#open.get(name);
    if (known !== undefined) return known.observed;
    const made = this.#make(uuid, remote, config);
    const { clock, rng, events } = this.#options;
    // A cluster behind another gateway is known by that gateway.
    const reportedAs = isClusterUUID(uuid) ? remote.proxiedBy : undefined;
    const observing = { clock, rng, report: events, reportedAs };
    if ('why' in made) return new ObservedRemote(unreachableNode(uuid, made.why), observing);
    const observed = new ObservedRemote(made, observing);
    this.#open.set(name, { made, observed });
    return observed;
  }

  /** Lets go of those that were not asked for since this was called before. */
  prune(): void {
    for (const [name, { made }] of this.#open) {
      if (this.#wanted.has(name)) continue;
      this.#open.delete(name);
      void closeQuietly(made);
    }
    this.#wanted.clear();
  }

  async close(): Promise<void> {
    await Promise.all(Array.from(this.#open.values(), ({ made }) => closeQuietly(made)));
    this.#open.clear();
    await this.#ssh.close();
  }

  #make(uuid: UUID, remote: ConfiguredRemote, config: GitConfig): ClosableRemote | { readonly why: string } {
    const { clock, rng, events, limits, annex, environment } = this.#options;
    const kind: RemoteTraits['kind'] = isClusterUUID(uuid) ? 'cluster' : 'repository';
    const { url, localPath: path, annexURL, name } = remote;
    const { lockMs, idleMs } = limits ?? {};
    const { idleConnections: maxIdle } = this.#options;
    const far = {
      uuid,
      ownUUID: annex.uuid,
      clock,
      lockMs,
      idleMs,
      maxIdle,
      makeDigest: digestFactory,
      kind,
    };
    if (url === undefined) return { why: 'it is a special remote, which this gateway does not serve yet' };
    if (isWebURL(annexURL ?? url)) return this.#overHTTP(uuid, { name, config, kind });
    if (path !== undefined) {
      const open = (): Promise<OpenAnnex> => openAnnex(path, { clock, rng, events, limits });
      return new LocalNode({ uuid, ownUUID: annex.uuid, path, open, clock });
    }
    const { gitDir, workTree } = annex.git;
    const address = parseP2PAddress(url);
    if (address !== undefined) {
      const directory = workTree ?? gitDir;
      return openP2PAddressRemote({ ...far, address, gitDir, directory, environment });
    }
    const ssh = parseSshUrl(url);
    if (ssh === undefined) return { why: `${byteStringToText(url)} is no URL that leads to a repository` };
    const settings = readSshSettings(config, name, environment);
    return openSshRemote({ ...far, url: ssh, settings, connections: this.#ssh });
  }

  #overHTTP(uuid: UUID, { name, config, kind }: WebNode): ClosableRemote {
    const { annex, clock, idleConnections: maxIdle } = this.#options;
    const limits = { maxIdle };
    return new LazyNode({
      uuid,
      kind,
      clock,
      make: async (signal) => {
        const found = await configuredHttpRemote(annex.git, {
          name,
          uuid,
          kind,
          config,
          clock,
          signal,
          limits,
        });
        if (found !== undefined) return found;
        throw new AnnexError('config', `the server of ${byteStringToText(name)} tells of no annex`);
      },
    });
  }
}

interface OpenNode {
  readonly made: ClosableRemote;
  readonly observed: Remote;
}

interface WebNode {
  readonly name: ByteString;
  readonly config: GitConfig;
  readonly kind: RemoteTraits['kind'];
}

function isWebURL(url: ByteString): boolean {
  return /^(annex\+)?https?:/i.test(url);
}

/** Whatever of the configuration tells how a node is reached: with another value of it, it is another Remote. */
function identityOf(
  uuid: UUID,
  { name, localPath, url, annexURL }: ConfiguredRemote,
  config: GitConfig,
): string {
  const settings = ['annex-shell', 'annex-ssh-options'].map((variable) =>
    config.get(`remote.${name}.${variable}`),
  );
  const shared = ['annex.shell', 'annex.ssh-options', 'annex.sshcaching'].map((key) => config.get(key));
  return JSON.stringify([uuid, localPath, url, annexURL, ...settings, ...shared]);
}

/** Whoever still has it gets errors; that it could not be closed well is nobody's business then. */
async function closeQuietly(remote: ClosableRemote): Promise<void> {
  try {
    await remote.close();
  } catch {
    // Its processes and sockets end with ours.
  }
}
