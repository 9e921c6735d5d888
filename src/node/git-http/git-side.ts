/**
 * The git side of a gateway under `/NAME.git/`: smart HTTP by `git http-backend`, and the `config` answer from which a
 * stock git-annex finds the annex API by itself:
 *
 *     C: GET /archive.git/config
 *     S: [core] bare, [annex] uuid and url
 *
 * The answer is made here and never read from the repository, whose own configuration may hold secrets. It needs both
 * keys: with the URL alone git-annex sees no proxied remotes, with the UUID alone it cannot copy, and a 404 makes it
 * ignore the remote for good.
 */

import type { ServerResponse } from 'node:http';
import { isGranted, readAsker, type AccessPolicy, type Grant, type Verdict } from '../../p2p/http/access.ts';
import { badRequestReply } from '../../p2p/http/failure.ts';
import type { HttpReply } from '../../p2p/http/message.ts';
import { toAnnexError } from '../../types/annex-error.ts';
import type { ChangeSink } from '../../types/change.ts';
import type { EventSink } from '../../types/event.ts';
import type { UUID } from '../../types/uuid.ts';
import type { AnnexBranch } from '../branch/annex-branch.ts';
import type { GitRepository } from '../git/git-repository.ts';
import type { RawHandler, RawRequest } from '../http/listen.ts';
import { serveGitHTTP } from './git-http-backend.ts';
import { PushReport } from './push-report.ts';

/** What the git side asks of its gateway. */
export interface GitSideHost {
  readonly annex: { readonly git: GitRepository; readonly uuid: UUID; readonly branch: AnnexBranch };
  /** Looks at what was pushed. */
  update(): Promise<void>;
}

export interface GitSideOptions {
  readonly host: GitSideHost;
  readonly access: AccessPolicy;
  readonly events: EventSink;
  readonly name: string;
  /** Whether clients may come with bearer tokens too. */
  readonly takesTokens?: boolean;
  /** Hears of what was pushed. */
  readonly changed?: ChangeSink | undefined;
}

/** Takes requests below `/NAME.git/` and leaves all others. */
export function gitSide(options: GitSideOptions): RawHandler {
  const repository = `${options.name}.git`;
  return (request) => {
    const end = request.path.indexOf('/', 1);
    if (end === -1 || !isNamed(request.path.slice(1, end), repository)) return false;
    const path = request.path.slice(end).replace(/\/{2,}/g, '/');
    request.response.setHeader('X-Request-Id', request.id);
    answer({ ...options, request, path }).catch((error: unknown) => {
      options.events({ type: 'warning', message: toAnnexError(error, request.path).message });
      request.response.destroy();
    });
    return true;
  };
}

/** Clients differ in what they percent-encode. */
function isNamed(segment: string, repository: string): boolean {
  return segment.includes('%') ? decodePath(segment) === repository : segment === repository;
}

interface GitRequest extends GitSideOptions {
  readonly request: RawRequest;
  /** Below the repository, beginning with a slash; still percent-encoded. */
  readonly path: string;
}

async function answer(options: GitRequest): Promise<void> {
  const { host, request, path } = options;
  const { message, response, query } = request;
  if (path === '/config') {
    const body = configAnswer(host.annex.uuid, request);
    return reply(response, { status: 200, headers: ['Content-Type', 'text/plain;charset=utf-8'], body });
  }
  const isPush = path === '/git-receive-pack' || query.includes('service=git-receive-pack');
  const verdict = await judge(options, isPush);
  if (!isGranted(verdict)) return reply(response, verdict);
  request.granted(verdict.user, host.annex.uuid);
  // What is in the journal is as true as what is committed: a clone gets both.
  if (path === '/info/refs') await host.annex.branch.commit();
  const pathInfo = decodePath(path);
  if (pathInfo === undefined) return reply(response, { status: 400, headers: [] });
  const report = path === '/git-receive-pack' ? new PushReport() : undefined;
  try {
    await serveGitHTTP(message, response, {
      gitDir: host.annex.git.gitDir,
      pathInfo,
      query,
      push: isPush ? verdict.mode : 'readonly',
      user: verdict.user,
      paces: request.paces,
      report,
    });
  } finally {
    // A push goes on where its client went away.
    if (report !== undefined) tellPush(options, verdict, report);
  }
  if (path === '/git-receive-pack') await host.update();
}

function tellPush({ changed, request, name }: GitRequest, { user }: Grant, { refs }: PushReport): void {
  if (refs === undefined) return;
  const { address, id } = request;
  changed?.({ type: 'push', repository: name, user, address, requestId: id, refs });
}

async function judge({ request, access, takesTokens }: GitRequest, isPush: boolean): Promise<Verdict> {
  try {
    const asker = readAsker(request, { takesTokens: takesTokens === true });
    return await access.authorize(asker, isPush ? 'push' : 'read');
  } catch (error) {
    return badRequestReply(error);
  }
}

function reply(response: ServerResponse, { status, headers, body }: HttpReply): void {
  response.writeHead(status, [...headers]);
  response.end(typeof body === 'string' ? body : undefined);
}

/** The URL names the host that the client used, since that is the way it can go; the port always, since annex+http has its own default. */
function configAnswer(uuid: UUID, request: RawRequest): string {
  const { message, secure } = request;
  const given = request.header('host') ?? '';
  const isSane = /^[A-Za-z0-9._-]+(:\d{1,5})?$|^\[[0-9a-fA-F:.]+\](:\d{1,5})?$/.test(given);
  const authority = isSane ? given : `127.0.0.1:${message.socket.localPort ?? 0}`;
  const withPort = /:\d+$/.test(authority) ? authority : `${authority}:${secure ? 443 : 80}`;
  const url = `annex+http${secure ? 's' : ''}://${withPort}/git-annex/`;
  return `[core]\n\tbare = true\n[annex]\n\tuuid = ${uuid}\n\turl = ${url}\n`;
}

/** Undefined for what is no path: a climb, a NUL, or bytes that are not UTF-8. */
function decodePath(path: string): string | undefined {
  try {
    const decoded = decodeURIComponent(path);
    return decoded.includes('\0') || decoded.split('/').includes('..') ? undefined : decoded;
  } catch {
    return undefined;
  }
}
