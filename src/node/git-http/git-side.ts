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
import { badRequestReply, failureReply } from '../../p2p/http/failure.ts';
import { textReply, type HttpReply } from '../../p2p/http/message.ts';
import type { FindRepository } from '../../p2p/http/named-repository.ts';
import { readRepositoryPath } from '../../p2p/http/repository-path.ts';
import { AnnexError, toAnnexError } from '../../types/annex-error.ts';
import type { ChangeSink } from '../../types/change.ts';
import type { EventSink } from '../../types/event.ts';
import type { UUID } from '../../types/uuid.ts';
import type { AnnexBranch } from '../branch/annex-branch.ts';
import type { GitRepository } from '../git/git-repository.ts';
import type { RawHandler, RawRequest } from '../http/listen.ts';
import { systemClock } from '../clock.ts';
import { serveGitHTTP } from './git-http-backend.ts';
import { GitSlots, type Leave } from './git-slots.ts';
import { PushReport } from './push-report.ts';

/** What the git side asks of its gateway. */
export interface GitSideHost {
  readonly annex: { readonly git: GitRepository; readonly uuid: UUID; readonly branch: AnnexBranch };
  /** Looks at what was pushed. */
  update(): Promise<void>;
}

export interface GitSideOptions {
  readonly find: FindRepository<GitSideHost>;
  readonly events: EventSink;
  /** Where the annex API of a repository is, for `annex.url`: a URL of http or https, or a path of this server. */
  readonly annexURL: (name: string) => string;
  /** Whether clients may come with bearer tokens too. */
  readonly takesTokens?: boolean;
  /** Hears of what was pushed. */
  readonly changed?: ChangeSink | undefined;
  /** How many programs of git run at once; see GitSlots. */
  readonly programs?: number | undefined;
}

/** Takes requests below `/NAME.git/` and leaves all others. */
export function gitSide(given: GitSideOptions): RawHandler {
  const options = { ...given, slots: new GitSlots({ clock: systemClock, running: given.programs }) };
  return (request) => {
    const place = readRepositoryPath(request.path);
    if (place?.side !== 'git' || place.rest === '') return false;
    const path = place.rest.replace(/\/{2,}/g, '/');
    answerNamed(options, { request, path, name: place.name }).catch((error: unknown) => {
      options.events({ type: 'warning', message: toAnnexError(error, request.path).message });
      request.response.destroy();
    });
    return true;
  };
}

interface Asked {
  readonly request: RawRequest;
  /** Below the repository, beginning with a slash; still percent-encoded. */
  readonly path: string;
  readonly name: string;
}

interface GitSide extends GitSideOptions {
  readonly slots: GitSlots;
}

async function answerNamed(options: GitSide, asked: Asked): Promise<void> {
  const { response } = asked.request;
  let found;
  try {
    found = await options.find(asked.name);
  } catch (error) {
    return reply(response, failureReply(error));
  }
  if (found === undefined) return reply(response, textReply(404, 'no such repository'));
  const { host, access, end } = found;
  try {
    await answer({ ...options, ...asked, host, access });
  } finally {
    end();
  }
}

interface GitRequest extends GitSide, Asked {
  readonly host: GitSideHost;
  readonly access: AccessPolicy;
}

async function answer(options: GitRequest): Promise<void> {
  const { host, request, path } = options;
  const { response, query } = request;
  if (path === '/config') {
    const body = configAnswer(host.annex.uuid, options);
    return reply(response, { status: 200, headers: ['Content-Type', 'text/plain;charset=utf-8'], body });
  }
  const isPush = path === '/git-receive-pack' || query.includes('service=git-receive-pack');
  const verdict = await judge(options, isPush);
  if (!isGranted(verdict)) return reply(response, verdict);
  request.granted(verdict.user, host.annex.uuid);
  const pathInfo = decodePath(path);
  if (pathInfo === undefined) return reply(response, { status: 400, headers: [] });
  // Git would look for a repository in what stands before, such as that of a submodule.
  if (!services.has(pathInfo)) return reply(response, textReply(404, 'not found'));
  const leave = await enter(options, verdict);
  if (leave === undefined) return reply(response, busyReply);
  try {
    await runGit(options, { verdict, pathInfo, isPush });
  } finally {
    leave();
  }
  if (path === '/git-receive-pack') await host.update();
}

/** The answer above is given whatever runs, since a stock git-annex without it ignores the remote for good. */
async function enter({ slots, request }: GitRequest, { user }: Grant): Promise<Leave | undefined> {
  const { response, address } = request;
  const controller = new AbortController();
  const gone = (): void => controller.abort();
  response.once('close', gone);
  const leave = await slots.enter(user ?? address ?? '', controller.signal);
  response.off('close', gone);
  return leave;
}

interface GitRun {
  readonly verdict: Grant;
  readonly pathInfo: string;
  readonly isPush: boolean;
}

async function runGit(options: GitRequest, { verdict, pathInfo, isPush }: GitRun): Promise<void> {
  const { host, request, path } = options;
  const { message, response, query } = request;
  // What is in the journal is as true as what is committed: a clone gets both.
  if (path === '/info/refs') await host.annex.branch.commit();
  const report = path === '/git-receive-pack' ? new PushReport() : undefined;
  try {
    await serveGitHTTP(message, response, {
      gitDir: host.annex.git.gitDir,
      pathInfo,
      query,
      push: isPush ? verdict.mode : 'readonly',
      user: verdict.user,
      address: request.address,
      paces: request.paces,
      report,
    });
  } finally {
    // A push goes on where its client went away.
    if (report !== undefined) tellPush(options, verdict, report);
  }
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

const busyReply = failureReply(new AnnexError('busy', 'too many programs of git are running, try again'));

function reply(response: ServerResponse, { status, headers, body }: HttpReply): void {
  response.writeHead(status, [...headers]);
  response.end(typeof body === 'string' ? body : undefined);
}

function configAnswer(uuid: UUID, { request, name, annexURL }: GitRequest): string {
  const url = new URL(annexURL(name), serverURL(request));
  // The port always, since annex+http has its own default.
  const port = url.port === '' ? `:${url.protocol === 'https:' ? 443 : 80}` : '';
  const shown = `annex+${url.protocol}//${url.host}${port}${url.pathname}`;
  return `[core]\n\tbare = true\n[annex]\n\tuuid = ${uuid}\n\turl = ${shown}\n`;
}

/** By the host that the client used, since that is the way it can go. */
function serverURL(request: RawRequest): string {
  const { message, secure } = request;
  const given = request.header('host') ?? '';
  const isSane = /^[A-Za-z0-9._-]+(:\d{1,5})?$|^\[[0-9a-fA-F:.]+\](:\d{1,5})?$/.test(given);
  const authority = isSane ? given : `127.0.0.1:${message.socket.localPort ?? 0}`;
  const url = `http${secure ? 's' : ''}://${authority}/`;
  return URL.canParse(url) ? url : `http${secure ? 's' : ''}://127.0.0.1/`;
}

/** Undefined for bytes that are not UTF-8. */
function decodePath(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

/** Of smart HTTP. */
const services: ReadonlySet<string> = new Set(['/info/refs', '/git-upload-pack', '/git-receive-pack']);
