// A conversation with all its surroundings: what it is given before it begins, the server that it speaks to, and the
// process that holds a lock meanwhile. What is given is stored by real git-annex, never by the server under test.
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { annexusProgram } from '../../support/git-annex.ts';
import { contentOf, fillIn, namedContent, type NamedContent, type Names } from './names.ts';
import { Peer } from './peer.ts';
import { play, type Heard, type PlayOptions } from './play.ts';
import { exchange, type Storekeepers, type Target } from './storekeepers.ts';
import type { Conversation, ServerName, Setting, SettingName, Transcript } from './transcript.ts';
import type { TranscriptWorld } from './world.ts';

const waitMs = 30_000;

export interface SessionOptions extends Pick<PlayOptions, 'expect' | 'reads'> {
  readonly world: TranscriptWorld;
  readonly server: ServerName;
  readonly keepers: Storekeepers;
}

export class Session {
  readonly conversation: Conversation;
  readonly #settings: readonly Setting[];
  readonly #names: Names;
  readonly #options: SessionOptions;

  constructor(transcript: Transcript, conversation: Conversation, options: SessionOptions) {
    this.conversation = conversation;
    this.#settings = [...transcript.settings, ...conversation.settings];
    this.#options = options;
    const seed = `${transcript.name}/${conversation.title}`;
    const { uuids, dirs } = options.world;
    this.#names = { uuids, dirs, contents: this.#all('content').map((value) => namedContent(seed, value)) };
  }

  async play(): Promise<Heard> {
    const holders: Peer[] = [];
    try {
      for (const given of this.#all('given')) await this.#give(given, holders);
      await using peer = this.#start(this.#command());
      const recordsOurs = this.#options.server === 'annexus';
      return await play(this.conversation, peer, { ...this.#options, recordsOurs, names: this.#names });
    } finally {
      for (const holder of holders) await holder[Symbol.asyncDispose]();
    }
  }

  // `p2pstdio` by default; another command stands in the setting, after the word git-annex-shell.
  #command(): string[] {
    const program = this.#options.server === 'annexus' ? [annexusProgram, 'shell'] : ['git-annex-shell'];
    const command = this.#one('command');
    if (command !== undefined) return [...program, ...fillIn(command, this.#names).split(' ')];
    const directory = this.#names.dirs.get(this.#one('repository') ?? 'plain') ?? '';
    const uuid = this.#one('uuid');
    const proxied = uuid === undefined ? [] : ['--uuid', this.#names.uuids.get(uuid) ?? uuid];
    return [...program, 'p2pstdio', directory, this.#names.uuids.get('client') ?? '', ...proxied];
  }

  #start(argv: readonly string[]): Peer {
    const { world } = this.#options;
    const access = this.#one('access');
    const mode =
      access === undefined ? {} : { [`GIT_ANNEX_SHELL_${access.replace('-', '').toUpperCase()}`]: '1' };
    const more = Object.fromEntries(
      this.#all('environment').map((value) => fillIn(value, this.#names).split('=', 2) as [string, string]),
    );
    const env = { ...world.env, ...mode, ...more };
    return new Peer(argv, { dir: '/', names: this.#names, release: world.release, env });
  }

  // `CONTENT present in WHERE`, `removed in`, `locked in`, `uploading in` (half of it has come), `100 bytes of CONTENT
  // in WHERE`. WHERE is a repository's directory, or `gateway's NAME` for what that gateway
  // put there and logged.
  async #give(given: string, holders: Peer[]): Promise<void> {
    const match =
      /^(?:(\d+) bytes of )?(\w+)(?: (present|removed|locked|uploading))? in (?:(\w+)'s )?(\w+)$/.exec(given);
    const [, bytes, name = '', what, gateway, where = ''] = match ?? [];
    const content = contentOf(this.#names, name);
    if (content === undefined) throw new Error(`nothing that can be given: ${given}`);
    if (bytes !== undefined) return await this.#writePartial(content, Number(bytes), where);
    const target: Target = gateway === undefined ? [where] : [gateway, where];
    if (what === 'present' || what === 'removed') {
      return await this.#options.keepers.change(what, content, target);
    }
    const peer = await this.#options.keepers.open(target);
    holders.push(peer);
    if (what === 'locked') await exchange(peer, `LOCKCONTENT ${content.key}`, /^SUCCESS$/);
    else await this.#begin(peer, content, where);
  }

  // Half of an upload: what the server has of it shows that it has begun.
  async #begin(peer: Peer, { key, bytes }: NamedContent, where: string): Promise<void> {
    await exchange(peer, `PUT  ${key}`, /^PUT-FROM 0$/);
    peer.send(Buffer.from(`DATA ${bytes.length}\n`));
    peer.send(bytes.subarray(0, bytes.length / 2));
    const path = join(this.#names.dirs.get(where) ?? '', '.git/annex/tmp', key);
    for (const deadline = performance.now() + waitMs; ; await sleep(20)) {
      if (((await stat(path).catch(() => undefined))?.size ?? 0) > 0) return;
      if (performance.now() > deadline) throw new Error(`no upload of ${key} has begun in ${where}`);
    }
  }

  async #writePartial({ key, bytes }: NamedContent, length: number, where: string): Promise<void> {
    const dir = join(this.#names.dirs.get(where) ?? '', '.git/annex/tmp');
    await mkdir(dir, { recursive: true });
    await writeFile(join(dir, key), bytes.subarray(0, length));
  }

  #all(name: SettingName): string[] {
    return this.#settings.filter((setting) => setting.name === name).map(({ value }) => value);
  }

  #one(name: SettingName): string | undefined {
    return this.#all(name).at(-1);
  }
}
