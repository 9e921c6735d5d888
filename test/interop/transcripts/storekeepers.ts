// Long sessions with real git-annex through which conversations are given what they begin with, one for each
// repository and each thing behind a gateway: starting a process for each gift would take longer than the conversations.
// Requests to one session wait for each other.
import type { NamedContent } from './names.ts';
import { Peer } from './peer.ts';
import type { TranscriptWorld } from './world.ts';

const waitMs = 30_000;

/** A repository, or what has a UUID of this name behind the gateway there. */
export type Target = readonly [directory: string, uuid?: string];

export class Storekeepers implements AsyncDisposable {
  readonly #world: TranscriptWorld;
  readonly #sessions = new Map<string, Peer>();
  readonly #lastOf = new Map<string, Promise<void>>();

  constructor(world: TranscriptWorld) {
    this.#world = world;
  }

  /** Stores or removes there. */
  async change(what: 'present' | 'removed', content: NamedContent, target: Target): Promise<void> {
    const name = target.join(' ');
    const before = this.#lastOf.get(name);
    const change = async (): Promise<void> => {
      await before?.catch(() => undefined);
      const peer = await this.#session(name, target);
      await (what === 'present' ? put(peer, content) : exchange(peer, `REMOVE ${content.key}`, /^SUCCESS/));
      // A proxy answers before it has logged what it stored, and reads the next request after that.
      await exchange(peer, `CHECKPRESENT ${content.key}`, what === 'present' ? /^SUCCESS$/ : /^FAILURE$/);
    };
    const changed = change();
    this.#lastOf.set(name, changed);
    await changed;
  }

  /** A session of its own, which has got so far that requests can be made. */
  async open([directory, uuid]: Target): Promise<Peer> {
    const { dirs, uuids, release, env } = this.#world;
    const proxied = uuid === undefined ? [] : ['--uuid', uuids.get(uuid) ?? ''];
    const argv = ['git-annex-shell', 'p2pstdio', dirs.get(directory) ?? '', uuids.get('stranger') ?? ''];
    const peer = new Peer([...argv, ...proxied], {
      dir: '/',
      names: { uuids, dirs, contents: [] },
      release,
      env,
    });
    await expectAnswer(peer, /^AUTH-SUCCESS/);
    await exchange(peer, 'VERSION 2', /^VERSION 2$/);
    return peer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#sessions.values()].map(async (peer) => await peer[Symbol.asyncDispose]()));
  }

  async #session(name: string, target: Target): Promise<Peer> {
    const peer = this.#sessions.get(name) ?? (await this.open(target));
    this.#sessions.set(name, peer);
    return peer;
  }
}

async function put(peer: Peer, { key, bytes }: NamedContent): Promise<void> {
  await exchange(peer, `PUT  ${key}`, /^PUT-FROM 0$/);
  peer.send(Buffer.from(`DATA ${bytes.length}\n`));
  peer.send(bytes);
  await exchange(peer, 'VALID', /^SUCCESS/);
}

/** Sends a line; throws where it is not answered so. */
export async function exchange(peer: Peer, line: string, answer: RegExp): Promise<void> {
  peer.send(Buffer.from(`${line}\n`, 'latin1'));
  await expectAnswer(peer, answer);
}

async function expectAnswer(peer: Peer, pattern: RegExp): Promise<void> {
  const answer = await peer.answer(waitMs);
  if (!pattern.test(answer)) throw new Error(`what a conversation was to be given failed: ${answer}`);
}
