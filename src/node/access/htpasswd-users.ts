/**
 * Users of an htpasswd file, as web servers keep them: one `NAME:HASH` a line, empty lines and lines that begin with `#`
 * aside. The file is read again when it changes.
 *
 * Whoever is not in the file waits as long as who is: the hash of some user of the file is checked in place of the own
 * one, always the same for the same name.
 */

import { createHash } from 'node:crypto';
import type { Asker } from '../../p2p/http/access.ts';
import { textReply, type HttpReply } from '../../p2p/http/message.ts';
import type { Identifier, Identity, Question } from '../../p2p/http/permission/identity.ts';
import { isReservedName } from '../../p2p/http/permission/rules.ts';
import { AnnexError } from '../../types/annex-error.ts';
import type { EventSink } from '../../types/event.ts';
import { byteStringToBytes, byteStringToUTF8 } from '../../util/byte-string.ts';
import type { Clock } from '../../util/clock.ts';
import { PasswordGate, type GateAnswer, type PasswordGateOptions } from './password-gate.ts';
import { refusalOfHash } from './password-hash.ts';
import { PasswordThread, type VerifyPassword } from './password-thread.ts';
import { WatchedFile } from './watched-file.ts';

export interface HtpasswdOptions extends PasswordGateOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly events: EventSink;
  /** A thread of its own where not given. */
  readonly verify?: VerifyPassword | undefined;
}

type Hashes = ReadonlyMap<string, string>;

export class HtpasswdUsers implements Identifier {
  readonly #file: WatchedFile<Hashes>;
  readonly #gate: PasswordGate;
  readonly #verify: VerifyPassword;
  readonly #thread: PasswordThread | undefined;
  readonly #events: EventSink;
  #hashes: Hashes = new Map();

  private constructor(options: HtpasswdOptions, file: WatchedFile<Hashes>) {
    this.#file = file;
    this.#events = options.events;
    this.#gate = new PasswordGate(options);
    this.#thread = options.verify === undefined ? new PasswordThread(options) : undefined;
    this.#verify = options.verify ?? (this.#thread as PasswordThread).verify;
  }

  /** Rejects with a `config` error that names file and line where the file is missing or has a line that is not taken. */
  static async open(options: HtpasswdOptions): Promise<HtpasswdUsers> {
    const { path, events } = options;
    const parse = (text: string | undefined): Hashes => parseHtpasswd(text, path);
    return new HtpasswdUsers(options, await WatchedFile.open({ path, parse, events }));
  }

  async identify({ asker }: Question): Promise<Identity | undefined> {
    const { credentials } = asker;
    const user = credentials && byteStringToUTF8(credentials.user);
    if (user === undefined || credentials === undefined) return undefined;
    const answer = await this.#check(user, byteStringToBytes(credentials.password), asker);
    if (answer === undefined) return { type: 'undecided', reply: laterReply(503, 5) };
    if (answer.type === 'right') return { type: 'user', user };
    if (answer.type === 'wrong') return undefined;
    const status = answer.type === 'busy' ? 503 : 429;
    return { type: 'undecided', reply: laterReply(status, answer.retryAfterSeconds) };
  }

  async close(): Promise<void> {
    await this.#thread?.close();
  }

  /** Undefined where it cannot be known. */
  async #check(user: string, password: Uint8Array, asker: Asker): Promise<GateAnswer | undefined> {
    const hashes = await this.#file.current();
    if (hashes !== this.#hashes) this.#gate.forget();
    this.#hashes = hashes;
    const own = hashes.get(user);
    const hash = own ?? decoyFor(user, hashes);
    if (hash === undefined) return { type: 'wrong' };
    const attempt = { user, password, address: asker.request.address };
    try {
      return await this.#gate.ask(attempt, async () => {
        const isRight = await this.#verify(password, hash);
        return isRight && own !== undefined;
      });
    } catch (error) {
      this.#events({ type: 'request-failed', requestId: asker.request.id, error });
      return undefined;
    }
  }
}

/** Throws a `config` error that names file and line. */
export function parseHtpasswd(text: string | undefined, path: string): Hashes {
  if (text === undefined) throw new AnnexError('config', `${path} does not exist`);
  const hashes = new Map<string, string>();
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.replace(/\r$/, '');
    if (line.trim() === '' || line.startsWith('#')) continue;
    const wrong = refusalOfLine(line, hashes);
    if (wrong !== undefined) throw new AnnexError('config', `${path}, line ${index + 1}: ${wrong}`);
    const colon = line.indexOf(':');
    hashes.set(line.slice(0, colon), hashOf(line, colon));
  }
  return hashes;
}

function refusalOfLine(line: string, before: Hashes): string | undefined {
  const colon = line.indexOf(':');
  if (colon === -1) return 'NAME:HASH is wanted';
  const user = line.slice(0, colon);
  if (user === '') return 'the name is missing';
  if (user.includes('\uFFFD')) return 'the name is not UTF-8';
  if (isReservedName(user)) return `"${user}" has a meaning of its own in rules`;
  if (before.has(user)) return `"${user}" is there already`;
  const refusal = refusalOfHash(hashOf(line, colon));
  return refusal && `${user}: ${refusal}`;
}

/** Further fields, as some tools have them, say nothing here. */
function hashOf(line: string, colon: number): string {
  return (
    line
      .slice(colon + 1)
      .split(':', 1)[0]
      ?.trim() ?? ''
  );
}

function decoyFor(user: string, hashes: Hashes): string | undefined {
  if (hashes.size === 0) return undefined;
  const index = createHash('sha256').update(user).digest().readUInt32BE() % hashes.size;
  return [...hashes.values()][index];
}

function laterReply(status: number, seconds: number): HttpReply {
  const reply = textReply(
    status,
    status === 429 ? 'too many wrong passwords' : 'too many passwords to check',
  );
  return { ...reply, headers: [...reply.headers, 'Retry-After', `${seconds}`] };
}
