/**
 * The file of tokens: one a line, readable for its owner alone. It is replaced as a whole, flushed, under a lock beside
 * it, so that neither a crash nor two commands at once lose a token or a revocation.
 */

import { open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AnnexError } from '../../types/annex-error.ts';
import type { Rng } from '../../util/clock.ts';
import { textToByteString } from '../../util/byte-string.ts';
import { flushDirectory, uniqueName } from '../branch/annex-files.ts';
import { lockFile } from '../lock/file-lock.ts';
import {
  checkTokenNames,
  formatToken,
  genTokenSecret,
  hashOfToken,
  parseTokens,
  type Token,
} from './token.ts';

/** What a new token is to be. */
export type TokenWish = Pick<Token, 'user' | 'scope' | 'repositories' | 'expiresMs'>;

/** No tokens where there is no file. */
export async function readTokens(path: string): Promise<readonly Token[]> {
  try {
    return parseTokens(await readFile(path, 'utf8'), path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw fileError(error, `${path} cannot be read`);
  }
}

/** @returns the secret with what the file keeps of it */
export async function createToken(
  path: string,
  wish: TokenWish,
  { rng, nowMs }: { readonly rng: Rng; readonly nowMs: number },
): Promise<{ readonly secret: string; readonly token: Token }> {
  checkTokenNames(wish.user, wish.repositories);
  const secret = genTokenSecret(rng);
  const id = Buffer.from(rng.bytes(6)).toString('hex');
  const token = { ...wish, id, createdMs: nowMs, sha256: hashOfToken(secret) };
  await changeTokens(path, (tokens) => [...tokens, token]);
  return { secret, token };
}

/** Throws `config` where an id is none of a token; nothing is changed then. */
export async function revokeTokens(path: string, ids: readonly string[]): Promise<void> {
  await changeTokens(path, (tokens) => {
    const unknown = ids.find((id) => !tokens.some((token) => token.id === id));
    if (unknown !== undefined) throw new AnnexError('config', `${path} has no token "${unknown}"`);
    return tokens.filter(({ id }) => !ids.includes(id));
  });
}

async function changeTokens(
  givenPath: string,
  change: (tokens: readonly Token[]) => readonly Token[],
): Promise<void> {
  // A link stays one.
  const path = await realpath(givenPath).catch(() => givenPath);
  const lock = await lockFile(`${path}.lock`, { mode: 'exclusive', create: 0o600 }).catch(
    (error: unknown) => {
      throw fileError(error, `${path} cannot be changed`);
    },
  );
  try {
    await replaceTokens(
      path,
      change(await readTokens(path))
        .map(formatToken)
        .join(''),
    );
  } finally {
    await lock.release();
  }
}

async function replaceTokens(path: string, text: string): Promise<void> {
  const temporary = `${path}.${uniqueName()}.tmp`;
  try {
    const owner = await stat(path).catch(() => undefined);
    const file = await open(temporary, 'wx', 0o600);
    try {
      // A server that runs as another user than the one who makes tokens still reads them.
      if (owner !== undefined && owner.uid !== (await file.stat()).uid)
        await file.chown(owner.uid, owner.gid);
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await flushDirectory(textToByteString(dirname(path)));
  } catch (error) {
    await rm(temporary, { force: true });
    throw fileError(error, `${path} cannot be written`);
  }
}

function fileError(error: unknown, what: string): AnnexError {
  if (error instanceof AnnexError) return error;
  return new AnnexError('config', `${what}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`, {
    cause: error,
  });
}
