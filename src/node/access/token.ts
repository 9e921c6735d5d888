/**
 * Tokens: 256 random bits behind a prefix that scanners for leaked secrets can look for. Who has the file of tokens has
 * none of them: only their SHA-256 is kept, and no slow hash is needed for what nobody can guess.
 *
 *     annexus_Rvq0yWQ2c…                                                    the token, 43 characters of base64url
 *     {"id":"7f3a9c01d2e4","user":"ann","scope":"append","repositories":["lab/*"],"created":"2026-11-25T20:20:17.000Z",
 *      "expires":"2026-12-25T20:20:17.000Z","sha256":"…"}                   its line in the file
 */

import { createHash } from 'node:crypto';
import { parseRole, type Role } from '../../p2p/http/permission/role.ts';
import { isReservedName } from '../../p2p/http/permission/rules.ts';
import { parseGlob } from '../../preferred-content/glob.ts';
import { AnnexError } from '../../types/annex-error.ts';
import { textToByteString } from '../../util/byte-string.ts';
import type { Rng } from '../../util/clock.ts';

export interface Token {
  /** Names it to people; no secret. */
  readonly id: string;
  readonly user: string;
  /** It gives no more than this, and no more than its user may. */
  readonly scope: Role;
  /** Globs of repositories' names; undefined: all. */
  readonly repositories: readonly string[] | undefined;
  /** Milliseconds since the epoch. */
  readonly createdMs: number;
  /** Milliseconds since the epoch; undefined: never. */
  readonly expiresMs: number | undefined;
  /** In hexadecimal. */
  readonly sha256: string;
}

/** The secret itself, which is told once. */
export function genTokenSecret(rng: Rng): string {
  return prefix + Buffer.from(rng.bytes(32)).toString('base64url');
}

/** Whether it looks like a token, and so can be no password. */
export function isTokenSecret(text: string): boolean {
  return pattern.test(text);
}

export function hashOfToken(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

export function formatToken(token: Token): string {
  const { id, user, scope, repositories, createdMs, expiresMs, sha256 } = token;
  return `${JSON.stringify({
    id,
    user,
    scope,
    repositories,
    created: new Date(createdMs).toISOString(),
    expires: expiresMs === undefined ? undefined : new Date(expiresMs).toISOString(),
    sha256,
  })}\n`;
}

/** @param path for errors, which are `config` and name the line */
export function parseTokens(text: string, path: string): readonly Token[] {
  const tokens: Token[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const token = parseToken(line);
    if (token === undefined) throw new AnnexError('config', `${path}, line ${index + 1}: this is no token`);
    tokens.push(token);
  }
  return tokens;
}

/** Throws `config` where a token of this user cannot be, or a glob makes no sense. */
export function checkTokenNames(user: string, repositories: readonly string[] | undefined): void {
  // oxlint-disable-next-line no-control-regex
  if (user === '' || /[\u0000-\u001f\u007f:]/.test(user))
    throw new AnnexError('config', `"${user}" cannot be the name of a user`);
  if (isReservedName(user)) throw new AnnexError('config', `"${user}" has a meaning of its own in rules`);
  for (const glob of repositories ?? []) parseGlob(textToByteString(glob));
}

function parseToken(line: string): Token | undefined {
  const fields = parseObject(line);
  if (fields === undefined) return undefined;
  const { id, user, scope, repositories, created, expires, sha256 } = fields;
  const role = typeof scope === 'string' ? parseRole(scope) : undefined;
  const createdMs = parseTime(created);
  const expiresMs = expires === undefined ? undefined : parseTime(expires);
  if (typeof id !== 'string' || !/^[0-9a-f]{12}$/.test(id) || typeof user !== 'string') return undefined;
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256) || role === undefined) return undefined;
  if (createdMs === undefined || (expires !== undefined && expiresMs === undefined)) return undefined;
  if (repositories !== undefined && !isTexts(repositories)) return undefined;
  try {
    checkTokenNames(user, repositories);
  } catch {
    return undefined;
  }
  return { id, user, scope: role, repositories, createdMs, expiresMs, sha256 };
}

function parseObject(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function parseTime(value: unknown): number | undefined {
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}

const prefix = 'annexus_';
const pattern = /^annexus_[A-Za-z0-9_-]{43}$/;
