/**
 * Finds out which repositories remotes are that have no annex-uuid yet, as git-annex does when it first sees a remote: over
 * ssh by `configlist`, over http and https by the configuration that the web server gives away. What they say is noted in
 * the configuration as git-annex notes it: annex-uuid and annexUrl, or annex-ignore (and annex-ignore-auto) of one that has
 * no annex.
 *
 * One that cannot be reached, or is no annex yet, is asked again later, less and less often.
 */

import { AnnexError } from '../../types/annex-error.ts';
import type { EventSink } from '../../types/event.ts';
import { parseUUID } from '../../types/uuid.ts';
import { byteStringToText, byteStringToUTF8 } from '../../util/byte-string.ts';
import type { Clock } from '../../util/clock.ts';
import type { FarConfig } from '../git/far-config.ts';
import type { GitRepository } from '../git/git-repository.ts';
import { annexUrlOf } from '../http/client/find-annex-url.ts';
import { readWebConfig } from '../http/client/web-config.ts';
import { readSshSettings } from '../transport/ssh-command.ts';
import { readConfigList } from '../transport/ssh-configlist.ts';
import { parseSshUrl } from '../transport/ssh-url.ts';
import { configuredRemotes, type ConfiguredRemote } from './configured-remotes.ts';

export interface RemoteDiscoveryOptions {
  readonly git: GitRepository;
  readonly environment: NodeJS.ProcessEnv;
  readonly clock: Clock;
  readonly events: EventSink;
}

export class RemoteDiscovery {
  readonly #options: RemoteDiscoveryOptions;
  readonly #attempts = new Map<string, Attempt>();
  readonly #running = new Set<Promise<boolean>>();
  readonly #closing = new AbortController();

  constructor(options: RemoteDiscoveryOptions) {
    this.#options = options;
  }

  /**
   * Asks those of all `remotes` whose turn it is, at once. True where the configuration was changed. Never rejects, and
   * takes no longer than ten seconds.
   */
  async ask(remotes: readonly ConfiguredRemote[]): Promise<boolean> {
    const nowSeconds = this.#options.clock.elapsedSeconds();
    const names = new Set(remotes.map(nameOf));
    for (const name of this.#attempts.keys()) if (!names.has(name)) this.#attempts.delete(name);
    const asked = remotes.flatMap((remote) => {
      if (remote.uuid !== undefined || remote.isIgnored || remote.localPath !== undefined) return [];
      const attempt = this.#attempts.get(nameOf(remote)) ?? { failures: 0, dueSeconds: 0 };
      if (attempt.dueSeconds > nowSeconds || this.#closing.signal.aborted) return [];
      this.#attempts.set(nameOf(remote), { ...attempt, dueSeconds: Infinity });
      const running = this.#askOne(remote, attempt).finally(() => this.#running.delete(running));
      this.#running.add(running);
      return [running];
    });
    return (await Promise.all(asked)).includes(true);
  }

  /** Breaks off what is running. */
  async close(): Promise<void> {
    this.#closing.abort(new AnnexError('peer', 'it was broken off'));
    await Promise.all(this.#running);
  }

  async #askOne(remote: ConfiguredRemote, attempt: Attempt): Promise<boolean> {
    const { clock, events } = this.#options;
    const title = byteStringToText(remote.name);
    const limit = new AbortController();
    const stop = (): void => limit.abort(this.#closing.signal.reason);
    this.#closing.signal.addEventListener('abort', stop, { once: true });
    const timer = clock.after(limitMs, () => {
      limit.abort(new AnnexError('peer', `there was no answer within ${limitMs / 1000} s`));
    });
    let isChanged = false;
    let why: string | undefined;
    try {
      const said = await this.#said(remote, limit.signal);
      if (said === undefined) return false;
      isChanged = await this.#note(remote, said);
      if (said.type === 'no-annex' && isChanged)
        events({
          type: 'warning',
          message: `the remote ${title} is not usable by git-annex, so annex-ignore is set: ${said.why}`,
        });
    } catch (error) {
      why = error instanceof Error ? error.message : String(error);
    } finally {
      timer.cancel();
      this.#closing.signal.removeEventListener('abort', stop);
      const delaySeconds = Math.min(firstDelaySeconds * 2 ** attempt.failures, longestDelaySeconds);
      const dueSeconds = clock.elapsedSeconds() + delaySeconds;
      this.#attempts.set(nameOf(remote), { failures: attempt.failures + 1, dueSeconds });
    }
    // Told once: it is asked again and again.
    if (why !== undefined && attempt.failures === 0 && !this.#closing.signal.aborted)
      events({ type: 'warning', message: `the remote ${title} cannot be asked for its UUID: ${why}` });
    return isChanged;
  }

  /** Undefined where there is no way to ask. */
  async #said({ name, url = '' }: ConfiguredRemote, signal: AbortSignal): Promise<FarConfig | undefined> {
    const { git, environment } = this.#options;
    const ssh = parseSshUrl(url);
    if (ssh === undefined) return await readWebConfig(url, { repository: git, signal });
    const settings = readSshSettings(await git.config(), name, environment);
    return await readConfigList({ url: ssh, settings, environment, signal });
  }

  /** Whoever changed the remote's configuration meanwhile knows better. */
  async #note(asked: ConfiguredRemote, said: FarConfig): Promise<boolean> {
    const { git } = this.#options;
    const now = (await configuredRemotes(git)).find(({ name }) => name === asked.name);
    const name = byteStringToUTF8(asked.name);
    const isSame = now !== undefined && now.uuid === undefined && now.url === asked.url && !now.isIgnored;
    if (!isSame || name === undefined || this.#closing.signal.aborted) return false;
    if (said.type === 'no-annex') {
      await git.setConfig(`remote.${name}.annex-ignore`, 'true');
      await git.setConfig(`remote.${name}.annex-ignore-auto`, 'true');
      return true;
    }
    const annexUrl = annexUrlOf(said.config, asked.url ?? '');
    // One that leads to another host is a stranger's word, and is looked up each time.
    const isNoted = annexUrl?.isForeign === false && now.annexURL === undefined;
    if (isNoted) await git.setConfig(`remote.${name}.annexurl`, said.config.get('annex.url'));
    const uuid = parseUUID(said.config.get('annex.uuid') ?? '');
    if (uuid !== undefined) await git.setConfig(`remote.${name}.annex-uuid`, uuid);
    return isNoted || uuid !== undefined;
  }
}

interface Attempt {
  readonly failures: number;
  /** When it may be asked again, of the monotonic clock; never while it is being asked. */
  readonly dueSeconds: number;
}

/** With another URL it is another remote. */
function nameOf({ name, url }: ConfiguredRemote): string {
  return JSON.stringify([name, url]);
}

const limitMs = 10_000;
const firstDelaySeconds = 5;
const longestDelaySeconds = 300;
