/**
 * A key from whoever has it: the repository itself, then its clusters, then the repositories that it is a proxy for and
 * that are logged to have the key. What nobody has is only said when everyone could be asked.
 */

import { AnnexError, toAnnexError } from '../types/annex-error.ts';
import { isClusterUUID } from '../types/cluster-uuid.ts';
import type { Key } from '../types/key.ts';
import type { Content, Context, Remote, RetrieveOptions } from '../remote/remote.ts';
import type { LocationLog } from './location-log.ts';

export interface AnySourceOptions {
  /** All that is served, the repository itself first. */
  readonly served: readonly Remote[];
  readonly locations: Pick<LocationLog, 'locations'>;
}

/** The two questions of a Remote that a download asks. */
export class AnySource implements Pick<Remote, 'checkPresent' | 'retrieve'> {
  readonly #options: AnySourceOptions;

  constructor(options: AnySourceOptions) {
    this.#options = options;
  }

  async checkPresent(key: Key, context: Context): Promise<boolean> {
    const ask = async (remote: Remote): Promise<true | undefined> =>
      (await remote.checkPresent(key, context)) || undefined;
    return (await this.#first(key, context, ask)) ?? false;
  }

  async retrieve(key: Key, options: RetrieveOptions, context: Context): Promise<Content | undefined> {
    return await this.#first(key, context, async (remote) => await remote.retrieve(key, options, context));
  }

  async #first<T>(
    key: Key,
    context: Context,
    ask: (remote: Remote) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    const failures: AnnexError[] = [];
    for await (const remote of this.#candidates(key)) {
      try {
        const answer = await ask(remote);
        if (answer !== undefined) return answer;
      } catch (error) {
        context.signal.throwIfAborted();
        failures.push(toAnnexError(error, remote.uuid));
      }
    }
    const [failure, ...others] = failures;
    if (failure === undefined) return undefined;
    if (others.length === 0) throw failure;
    throw new AnnexError('peer', `cannot get ${key}: ${failures.map(({ message }) => message).join('; ')}`);
  }

  /** The log is read only when it comes to those that have to be logged. */
  async *#candidates(key: Key): AsyncGenerator<Remote, undefined> {
    const [own, ...others] = this.#options.served;
    if (own !== undefined) yield own;
    yield* others.filter(({ uuid }) => isClusterUUID(uuid));
    const proxied = others.filter(({ uuid }) => !isClusterUUID(uuid));
    if (proxied.length === 0) return undefined;
    const logged = new Set(await this.#options.locations.locations(key));
    yield* proxied.filter(({ uuid }) => logged.has(uuid));
    return undefined;
  }
}
