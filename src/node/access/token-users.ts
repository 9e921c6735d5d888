/**
 * Those who come with a token: as a bearer, or as the password of any user name, since git and git-annex know nothing but
 * basic authentication. The file is read again when it changes, so that a revocation counts from the next request on.
 */

import { timingSafeEqual } from 'node:crypto';
import type { Asker } from '../../p2p/http/access.ts';
import type { Identifier, Identity, Question } from '../../p2p/http/permission/identity.ts';
import { parseGlob, type Glob } from '../../preferred-content/glob.ts';
import type { EventSink } from '../../types/event.ts';
import { textToByteString } from '../../util/byte-string.ts';
import type { Clock } from '../../util/clock.ts';
import { hashOfToken, isTokenSecret, parseTokens, type Token } from './token.ts';
import { WatchedFile } from './watched-file.ts';

export interface TokenUsersOptions {
  /** May be missing: there are no tokens then. */
  readonly path: string;
  readonly clock: Clock;
  readonly events: EventSink;
}

interface KnownToken extends Token {
  readonly globs: readonly Glob[] | undefined;
}

export class TokenUsers implements Identifier {
  readonly #file: WatchedFile<ReadonlyMap<string, KnownToken>>;
  readonly #clock: Clock;

  private constructor(file: WatchedFile<ReadonlyMap<string, KnownToken>>, clock: Clock) {
    this.#file = file;
    this.#clock = clock;
  }

  /** Rejects with a `config` error that names file and line where a line is no token. */
  static async open({ path, clock, events }: TokenUsersOptions): Promise<TokenUsers> {
    const parse = (text: string | undefined): ReadonlyMap<string, KnownToken> =>
      new Map(parseTokens(text ?? '', path).map((token) => [token.sha256, withGlobs(token)]));
    return new TokenUsers(await WatchedFile.open({ path, parse, events }), clock);
  }

  async identify({ asker }: Question): Promise<Identity | undefined> {
    const secret = secretOf(asker);
    if (secret === undefined) return undefined;
    const sha256 = hashOfToken(secret);
    const token = (await this.#file.current()).get(sha256);
    // What is compared is a hash that nobody can steer, and still.
    if (token === undefined || !timingSafeEqual(Buffer.from(token.sha256), Buffer.from(sha256)))
      return { type: 'rejected' };
    if (token.expiresMs !== undefined && token.expiresMs <= this.#clock.now()) return { type: 'rejected' };
    return { type: 'user', user: token.user, limit: { role: token.scope, repositories: token.globs } };
  }
}

/** Undefined for what may be meant for others: an external decision can have tokens of its own. */
function secretOf({ token, credentials }: Asker): string | undefined {
  const secret = token ?? credentials?.password;
  return secret !== undefined && isTokenSecret(secret) ? secret : undefined;
}

function withGlobs(token: Token): KnownToken {
  return { ...token, globs: token.repositories?.map((glob) => parseGlob(textToByteString(glob))) };
}
