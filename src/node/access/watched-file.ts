/**
 * A small file that people and programs change while the server runs. It is looked at on each use, which costs one `stat`
 * however many use it at once, and read when it is another than before. A version that makes no sense changes nothing
 * and is warned of once.
 */

import { readFile, stat } from 'node:fs/promises';
import { AnnexError, toAnnexError } from '../../types/annex-error.ts';
import type { EventSink } from '../../types/event.ts';

export interface WatchedFileOptions<T> {
  readonly path: string;
  /** Throws where the text makes no sense. @param text undefined: there is no such file */
  readonly parse: (text: string | undefined) => T;
  readonly events: EventSink;
}

interface Version<T> {
  readonly value: T;
  readonly text: string | undefined;
  /** What `stat` told; undefined while that may stay the same though the file is written to again. */
  readonly stamp: string | undefined;
}

export class WatchedFile<T> {
  readonly #options: WatchedFileOptions<T>;
  #version: Version<T>;
  #looking: Promise<T> | undefined;
  #warnedOf: string | undefined;

  private constructor(options: WatchedFileOptions<T>, version: Version<T>) {
    this.#options = options;
    this.#version = version;
  }

  /** Rejects where it cannot be read or makes no sense. */
  static async open<T>(options: WatchedFileOptions<T>): Promise<WatchedFile<T>> {
    const stamp = await stampOf(options.path);
    const text = await readText(options.path);
    return new WatchedFile(options, { value: options.parse(text), text, stamp });
  }

  /** As the file is now; never rejects. The same object as before where nothing changed. */
  async current(): Promise<T> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return await this.#looking;
  }

  async #look(): Promise<T> {
    const { path, parse, events } = this.#options;
    try {
      const stamp = await stampOf(path);
      if (stamp !== undefined && stamp === this.#version.stamp) return this.#version.value;
      const text = await readText(path);
      const value = text === this.#version.text ? this.#version.value : parse(text);
      this.#version = { value, text, stamp };
      this.#warnedOf = undefined;
    } catch (caught) {
      const { message } = toAnnexError(caught, path);
      if (message !== this.#warnedOf)
        events({ type: 'warning', message: `${message}; what it said before still holds` });
      this.#warnedOf = message;
    }
    return this.#version.value;
  }
}

async function stampOf(path: string): Promise<string | undefined> {
  const found = await stat(path, { bigint: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw cannotRead(path, error);
  });
  if (found === undefined) return undefined;
  // Clocks of files may be as coarse as two seconds: what was written just now may be written to again unseen.
  if (Math.abs(Date.now() - Number(found.mtimeMs)) < settledMs) return undefined;
  return `${found.dev}:${found.ino}:${found.size}:${found.mtimeNs}:${found.ctimeNs}`;
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw cannotRead(path, error);
  }
}

function cannotRead(path: string, error: unknown): AnnexError {
  return new AnnexError(
    'config',
    `${path} cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'error'}`,
    {
      cause: error,
    },
  );
}

const settledMs = 2500;
