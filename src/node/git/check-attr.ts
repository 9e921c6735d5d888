/**
 * Reads attributes of files (`.gitattributes`) through one long-lived `git check-attr --stdin -z`, many requests on the
 * way at once.
 *
 *     PATH NUL                                          ->
 *     <- PATH NUL annex.numcopies NUL 3 NUL PATH NUL annex.mincopies NUL unspecified NUL
 *
 * Git reads each `.gitattributes` once; a change made while it runs may go unnoticed, as with git-annex.
 */

import { AnnexError } from '../../types/annex-error.ts';
import type { ByteString } from '../../util/byte-string.ts';
import { AskedProgram } from '../channel/asked-program.ts';
import { gitEnvironment } from './git-environment.ts';

/** The value of each attribute that a file has a value for; `set`, `unset` and `unspecified` are none. */
export type Attributes = ReadonlyMap<string, ByteString>;

export class CheckAttr {
  readonly #options: { readonly workTree: string; readonly attributes: readonly string[] };
  #process: AskedProgram | undefined;

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
      const running = (this.#process ??= this.#start());
      try {
        return attributesIn(await running.ask(path));
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

  #start(): AskedProgram {
    const { workTree, attributes } = this.#options;
    return new AskedProgram({
      argv: ['git', 'check-attr', '--stdin', '-z', ...attributes, '--'],
      cwd: workTree,
      env: gitEnvironment(undefined),
      separator: '\0',
      piecesPerAnswer: fieldsPerAttribute * attributes.length,
      failure: (why) => new AnnexError('remote', `git check-attr in ${workTree} failed: ${why}`),
    });
  }
}

function attributesIn(pieces: readonly ByteString[]): Attributes {
  const attributes = new Map<string, ByteString>();
  for (let at = 0; at < pieces.length; at += fieldsPerAttribute) {
    const [, name = '', value = ''] = pieces.slice(at, at + fieldsPerAttribute);
    if (!noValues.has(value)) attributes.set(name, value);
  }
  return attributes;
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
