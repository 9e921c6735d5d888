/**
 * Reads attributes of files (`.gitattributes`) through one long-lived `git check-attr --stdin -z`, many requests on the
 * way at once.
 *
 *     PATH NUL                                          ->
 *     <- PATH NUL annex.numcopies NUL 3 NUL PATH NUL annex.mincopies NUL unspecified NUL
 *
 * Git reads each `.gitattributes` once; a change made while it runs may go unnoticed, as with git-annex.
 */

import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { AnnexError } from '../../types/annex-error.ts';
import { bytesToByteString, byteStringToBytes, type ByteString } from '../../util/byte-string.ts';
import { gitEnvironment } from './git-environment.ts';

/** The value of each attribute that a file has a value for; `set`, `unset` and `unspecified` are none. */
export type Attributes = ReadonlyMap<string, ByteString>;

export class CheckAttr {
  readonly #options: { readonly workTree: string; readonly attributes: readonly string[] };
  #process: AttributeProcess | undefined;

  constructor(options: { readonly workTree: string; readonly attributes: readonly string[] }) {
    this.#options = options;
  }

  /**
   * @param path from the top of the work tree; one that leads out of it has no attributes
   * Throws AnnexError('remote') where git ended early, twice in a row.
   */
  async read(path: ByteString): Promise<Attributes> {
    // Git would end.
    if (leadsOut(path)) return noAttributes;
    for (let isAgain = false; ; isAgain = true) {
      const running = (this.#process ??= new AttributeProcess(this.#options));
      try {
        return await running.ask(path);
      } catch (error) {
        if (this.#process === running) this.#process = undefined;
        if (isAgain) throw error;
      }
    }
  }

  /** Ends git. What was asked before is answered. */
  async close(): Promise<void> {
    const running = this.#process;
    this.#process = undefined;
    await running?.end();
  }
}

interface Asked {
  readonly resolve: (attributes: Attributes) => void;
  readonly reject: (error: Error) => void;
}

class AttributeProcess {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #attributeCount: number;
  readonly #asked: Asked[] = [];
  readonly #ended: Promise<void>;
  #fields: ByteString[] = [];
  #rest: ByteString = '';
  #failure: AnnexError | undefined;

  constructor({
    workTree,
    attributes,
  }: {
    readonly workTree: string;
    readonly attributes: readonly string[];
  }) {
    this.#attributeCount = attributes.length;
    const child = spawn('git', ['check-attr', '--stdin', '-z', ...attributes, '--'], {
      cwd: workTree,
      env: gitEnvironment(undefined),
    });
    this.#child = child;
    child.stdin.on('error', () => undefined);
    child.stderr.resume();
    child.stdout.on('data', (chunk: Buffer) => this.#receive(chunk));
    this.#ended = new Promise((resolve) => {
      const fail = (why: string): void => {
        this.#failure ??= new AnnexError('remote', `git check-attr in ${workTree} failed: ${why}`);
        for (const { reject } of this.#asked.splice(0)) reject(this.#failure);
        resolve();
      };
      child.once('error', (caught) => fail(caught.message));
      child.once('close', () => fail('it ended early'));
    });
  }

  async ask(path: ByteString): Promise<Attributes> {
    if (this.#failure !== undefined) throw this.#failure;
    return await new Promise((resolve, reject) => {
      this.#asked.push({ resolve, reject });
      this.#child.stdin.write(byteStringToBytes(`${path}\0`));
    });
  }

  async end(): Promise<void> {
    this.#child.stdin.end();
    await this.#ended;
  }

  #receive(chunk: Buffer): void {
    const fields = (this.#rest + bytesToByteString(chunk)).split('\0');
    this.#rest = fields.pop() ?? '';
    for (const field of fields) {
      this.#fields.push(field);
      if (this.#fields.length === fieldsPerAttribute * this.#attributeCount) this.#answer();
    }
  }

  #answer(): void {
    const attributes = new Map<string, ByteString>();
    for (let at = 0; at < this.#fields.length; at += fieldsPerAttribute) {
      const [, name = '', value = ''] = this.#fields.slice(at, at + fieldsPerAttribute);
      if (!noValues.has(value)) attributes.set(name, value);
    }
    this.#fields = [];
    this.#asked.shift()?.resolve(attributes);
  }
}

function leadsOut(path: ByteString): boolean {
  let depth = 0;
  for (const component of path.split('/')) {
    if (component === '..') depth--;
    else if (component !== '.' && component !== '') depth++;
    if (depth < 0) return true;
  }
  return path.startsWith('/') || path.includes('\0');
}

const noAttributes: Attributes = new Map();
const fieldsPerAttribute = 3;
const noValues: ReadonlySet<string> = new Set(['set', 'unset', 'unspecified']);
