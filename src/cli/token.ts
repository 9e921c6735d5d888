/** `annexus token create|list|revoke --file TOKENS`: the tokens that `annexus serve` lets in. */

import { systemClock, systemRng } from '../node/clock.ts';
import { createToken, readTokens, revokeTokens } from '../node/access/token-file.ts';
import type { Token } from '../node/access/token.ts';
import type { Role } from '../p2p/http/permission/role.ts';
import { withoutControls } from './quote-path.ts';
import type { JSONFields } from './report.ts';
import type { Terminal } from './terminal.ts';

export interface TokenOptions {
  readonly file: string;
  readonly json?: boolean | undefined;
}

export interface CreateTokenOptions extends TokenOptions {
  readonly user: string;
  readonly scope: Role;
  readonly repository?: readonly string[] | undefined;
  /** In milliseconds from now. */
  readonly expires?: number | undefined;
}

/** Prints the token alone, so that a script can take it. */
export async function tokenCreate(options: CreateTokenOptions, terminal: Terminal): Promise<number> {
  const { user, scope, repository, expires } = options;
  const nowMs = systemClock.now();
  const wish = {
    user,
    scope,
    repositories: repository,
    expiresMs: expires === undefined ? undefined : nowMs + expires,
  };
  const { secret, token } = await createToken(options.file, wish, { rng: systemRng, nowMs });
  if (options.json === true) printJSON({ ...shown(token), token: secret }, terminal);
  else {
    terminal.out(`${secret}\n`);
    terminal.err(`annexus: token ${token.id} of ${user}; it is not shown again\n`);
  }
  return 0;
}

export async function tokenList(options: TokenOptions, terminal: Terminal): Promise<number> {
  const nowMs = systemClock.now();
  for (const token of await readTokens(options.file)) {
    if (options.json === true) printJSON(shown(token), terminal);
    else terminal.out(withoutControls(`${line(token, nowMs)}\n`));
  }
  return 0;
}

export async function tokenRevoke(
  ids: readonly string[],
  options: TokenOptions,
  terminal: Terminal,
): Promise<number> {
  await revokeTokens(options.file, ids);
  for (const id of ids) {
    if (options.json === true) printJSON({ id, revoked: true }, terminal);
    else terminal.out(`revoked ${id}\n`);
  }
  return 0;
}

function line(token: Token, nowMs: number): string {
  const { id, user, scope, repositories, expiresMs } = token;
  const where = repositories === undefined ? 'everywhere' : repositories.join(' ');
  const until = expiresMs === undefined ? 'for ever' : `until ${new Date(expiresMs).toISOString()}`;
  const end = expiresMs !== undefined && expiresMs <= nowMs ? ' (expired)' : '';
  return `${id}  ${user}  ${scope}  ${where}  ${until}${end}`;
}

/** Not its hash, which is nobody's business. */
function shown({ id, user, scope, repositories, createdMs, expiresMs }: Token): JSONFields {
  return {
    id,
    user,
    scope,
    repositories,
    created: new Date(createdMs).toISOString(),
    expires: expiresMs === undefined ? undefined : new Date(expiresMs).toISOString(),
  };
}

function printJSON(fields: JSONFields, terminal: Terminal): void {
  terminal.out(`${JSON.stringify(fields)}\n`);
}
