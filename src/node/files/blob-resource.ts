/**
 * A file that git has itself, as a resource of the web. Small ones come from the git that runs already; a larger one costs
 * a process while it is sent, of which there are a few at a time.
 */

import type { Content } from '../../remote/remote.ts';
import type { Resource } from '../../p2p/http/web/resource-reply.ts';
import { AnnexError } from '../../types/annex-error.ts';
import type { GitRepository } from '../git/git-repository.ts';

export interface Blob {
  readonly id: string;
  readonly sizeBytes: number;
}

export class Blobs {
  readonly #git: GitRepository;
  #running = 0;

  constructor(git: GitRepository) {
    this.#git = git;
  }

  resource({ id, sizeBytes }: Blob, signal: () => AbortSignal): Resource {
    return {
      tag: { text: `git-${id}`, isStrong: true },
      sizeBytes,
      isThere: () => Promise.resolve(true),
      open: async (offset) => {
        const lengthBytes = Math.max(0, sizeBytes - offset);
        const chunks =
          sizeBytes <= smallBytes
            ? onlyChunk(await this.#read(id), offset)
            : skipping(this.#stream(id, signal()), offset);
        return {
          lengthBytes,
          stable: true,
          chunks,
          validity: () => Promise.resolve('valid'),
        } satisfies Content;
      },
    };
  }

  async #read(id: string): Promise<Uint8Array> {
    const object = await this.#git.objects.read(id);
    if (object === undefined) throw new AnnexError('remote', `git has lost the object ${id}`);
    return object.bytes;
  }

  async *#stream(id: string, signal: AbortSignal): AsyncGenerator<Uint8Array, undefined> {
    if (this.#running >= maxRunning) {
      throw new AnnexError('busy', `${maxRunning} large files of git are being sent already, try again soon`);
    }
    this.#running++;
    try {
      yield* this.#git.stream(['cat-file', 'blob', id], { signal });
    } finally {
      this.#running--;
    }
    return undefined;
  }
}

async function* onlyChunk(bytes: Uint8Array, offset: number): AsyncGenerator<Uint8Array, undefined> {
  if (offset < bytes.length) yield await Promise.resolve(bytes.subarray(offset));
  return undefined;
}

/** Leaves out the first bytes. A generator that never ran has nothing to let go of. */
async function* skipping(
  chunks: AsyncIterable<Uint8Array>,
  bytes: number,
): AsyncGenerator<Uint8Array, undefined> {
  let left = bytes;
  for await (const chunk of chunks) {
    const skipped = Math.min(left, chunk.length);
    left -= skipped;
    if (skipped < chunk.length) yield chunk.subarray(skipped);
  }
  return undefined;
}

const smallBytes = 1_048_576;
const maxRunning = 16;
