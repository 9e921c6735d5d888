/**
 * The contract of remote.ts as named checks over any Remote: data, free of any test framework, so that vitest and
 * `testremote` run the same list. A check fails by throwing.
 */

import { bytesEqual, collect, type Collected } from '../../util/bytes.ts';
import type { Key } from '../../types/key.ts';
import type { UUID } from '../../types/uuid.ts';
import type { Context, Remote, StoreAnswer, StoreOptions, Upload } from '../remote.ts';

/** What not every Remote can do. */
export type Capability =
  /** Locks content. */
  | 'lock'
  /** Goes on with an upload that was cut off. */
  | 'resume'
  /** Tells content that is not the key's. */
  | 'verify'
  /** A second upload of a key that is being uploaded is told to wait. */
  | 'busy'
  /** Uploads of a key at the same time are one. */
  | 'shared'
  /** Uses the digest that the caller feeds. */
  | 'digest'
  /** The subject can put time forward. */
  | 'time'
  /** The subject can tell what downloads hold. */
  | 'held';

/** What is checked: gives fresh Remotes, and makes keys for them. */
export interface ConformanceSubject {
  readonly capabilities: ReadonlySet<Capability>;
  /** A Remote that holds nothing. */
  open(): Promise<OpenSubject>;
  /** The key of content, by a cryptographic hash, with its size. */
  hashKey(content: Uint8Array): Key;
  /** A key that no hash can verify, with the size. The name is legal in a key and in a file's name. */
  unverifiableKey(name: string, sizeBytes: number | undefined): Key;
}

export interface OpenSubject {
  readonly remote: Remote;
  /** Puts the Remote's clock forward; there where the subject is capable of `time`. */
  advance?(ms: number): void | Promise<void>;
  /** How much downloads hold at the moment (open files, connections); there where the subject is capable of `held`. */
  held?(): number | Promise<number>;
  close(): Promise<void>;
}

export interface Check {
  readonly name: string;
  readonly needs: readonly Capability[];
  run(bench: Bench): Promise<void>;
}

/** Runs one check over a fresh Remote. Rejects where the Remote does not do what it should. */
export async function runCheck(check: Check, subject: ConformanceSubject): Promise<void> {
  const open = await subject.open();
  try {
    await check.run(new Bench(subject, open));
  } finally {
    await open.close();
  }
}

/** Whether a subject can be asked a check at all. */
export function isCapable(check: Check, subject: ConformanceSubject): boolean {
  return check.needs.every((capability) => subject.capabilities.has(capability));
}

/** What checks are written with: a Remote, and short words for what is done with it. */
export class Bench {
  readonly remote: Remote;
  readonly subject: ConformanceSubject;
  readonly context: Context = makeContext(new AbortController().signal);
  readonly #open: OpenSubject;

  constructor(subject: ConformanceSubject, open: OpenSubject) {
    this.subject = subject;
    this.remote = open.remote;
    this.#open = open;
  }

  async advance(ms: number): Promise<void> {
    await this.#open.advance?.(ms);
  }

  /** Resolves when downloads hold nothing any more; what is closed may take some turns to be. */
  async letGo(): Promise<void> {
    let held = await this.#open.held?.();
    for (let turn = 0; held !== 0 && turn < maxTurns; turn++) held = await this.#open.held?.();
    equal(held, 0, 'what downloads hold');
  }

  /** Begins an upload that must be possible. */
  async upload(key: Key, options: StoreOptions = {}, context: Context = this.context): Promise<Upload> {
    return uploadOf(await this.remote.store(key, options, context));
  }

  /** Stores content; it must be possible. */
  async put(content: Uint8Array, key: Key = this.subject.hashKey(content)): Promise<Key> {
    const upload = await this.upload(key);
    await sendAll(upload, content);
    const stored = await upload.finish('valid');
    if (!stored.stored) throw new Error(`not stored: ${stored.reason}`);
    return key;
  }

  /** The content from an offset; it must be present. */
  async get(key: Key, offset: number = 0): Promise<Collected> {
    const content = await this.remote.retrieve(key, { offset }, this.context);
    if (content === undefined) throw new Error(`${key} is not present`);
    const bytes = await collect(content.chunks);
    equal(bytes.length, content.lengthBytes, 'the announced length');
    equal(await content.validity(), 'valid', 'the validity');
    return bytes;
  }

  /** The content must be just this. */
  async holds(key: Key, expected: Uint8Array): Promise<void> {
    equal(await this.remote.checkPresent(key, this.context), true, 'checkPresent');
    if (!bytesEqual(await this.get(key), expected)) throw new Error('other content came back');
  }

  async lacks(key: Key): Promise<void> {
    equal(await this.remote.checkPresent(key, this.context), false, 'checkPresent');
    equal(await this.remote.retrieve(key, { offset: 0 }, this.context), undefined, 'retrieve');
  }
}

export function makeContext(signal: AbortSignal): Context {
  const clientUUID = '22222222-2222-4222-8222-222222222222' as UUID;
  return { clientUUID, bypass: [], requestId: 'conformance', signal };
}

export function uploadOf(answer: StoreAnswer): Upload {
  if (answer.type === 'upload') return answer;
  throw new Error(answer.type === 'refused' ? `refused: ${answer.reason}` : 'said to be there already');
}

/** Sends what the upload lacks, in pieces of one buffer that is overwritten as soon as it may be. */
export async function sendAll(
  upload: Upload,
  content: Uint8Array,
  pieceBytes: number = 10_000,
): Promise<void> {
  const buffer = new Uint8Array(pieceBytes);
  upload.announce(Math.max(0, content.length - upload.offset));
  for (let start = upload.offset; start < content.length; start += pieceBytes) {
    const piece = content.subarray(start, start + pieceBytes);
    buffer.set(piece);
    await upload.send(buffer.subarray(0, piece.length));
    buffer.fill(0xdd);
  }
}

/** Bytes that look random and are the same each time. */
export function patterned(sizeBytes: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  let state = (seed * 2_654_435_761 + 1) >>> 0;
  for (let index = 0; index < sizeBytes; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}

export function equal<T>(found: T, expected: T, what: string): void {
  if (found !== expected) throw new Error(`${what}: expected ${String(expected)}, found ${String(found)}`);
}

/** What it rejects with. */
export async function rejection(promise: Promise<unknown>, what: string): Promise<unknown> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`${what}: expected to fail, answered ${JSON.stringify(value)}`);
}

const maxTurns = 1000;
