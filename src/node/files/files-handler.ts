/**
 * Files of branches by their names, for browsers, curl, and links in papers:
 *
 *     GET /NAME/files/                     branches and tags
 *     GET /NAME/files/BRANCH/dir/          a directory: a page, or JSON with `Accept: application/json`
 *     GET /NAME/files/BRANCH/dir/file      the file, whichever node has it
 *
 * BRANCH is a branch, a tag or the whole id of a commit. What a request costs grows with the depth of its path, and no
 * process is started for it (large files that git itself has are the exception).
 */

import { isGranted, readAsker, type AccessPolicy, type Asker } from '../../p2p/http/access.ts';
import { badRequestReply } from '../../p2p/http/failure.ts';
import {
  emptyReply,
  textReply,
  type HttpHandler,
  type HttpReply,
  type HttpRequest,
} from '../../p2p/http/message.ts';
import type { Sendfile } from '../../p2p/http/web/sendfile.ts';
import { BranchFinder, type FoundBranch } from './branch-finder.ts';
import { readFilePath, type FilePath } from './file-path.ts';
import type { FileRequest } from './file-request.ts';
import { FileFinder, type FoundFile } from './find-file.ts';
import { FileReplies, type FilesHost } from './file-replies.ts';
import { branchesReply, directoryReply } from './listing-replies.ts';

export interface FilesOptions {
  readonly host: FilesHost;
  /** The repository's name in paths: text, slashes allowed. */
  readonly name: string;
  readonly access: AccessPolicy;
  /** Whether clients may come with bearer tokens too. */
  readonly takesTokens?: boolean | undefined;
  /** Lets the web server in front send files of this machine. */
  readonly sendfile?: Sendfile | undefined;
}

/** Takes requests below `/NAME/files` and leaves all others. It holds nothing that has to be closed. */
export function filesHandler(options: FilesOptions): HttpHandler {
  const files = new Files(options);
  return (request) => {
    const path = readFilePath(request.path, options.name);
    return path === undefined ? undefined : files.answer(request, path);
  };
}

class Files {
  readonly #options: FilesOptions;
  readonly #branches: BranchFinder;
  readonly #finder: FileFinder;
  readonly #replies: FileReplies;

  constructor(options: FilesOptions) {
    const { host, sendfile } = options;
    this.#options = options;
    this.#branches = new BranchFinder(host.annex.git);
    this.#finder = new FileFinder(host.annex.git);
    this.#replies = new FileReplies({ host, sendfile });
  }

  async answer(request: HttpRequest, path: FilePath | 'bad'): Promise<HttpReply> {
    if (request.method !== 'GET' && request.method !== 'HEAD') return emptyReply(405, ['Allow', 'GET, HEAD']);
    if (path === 'bad') return textReply(400, 'no path that a file can have');
    let asker;
    try {
      asker = readAsker(request, this.#options);
    } catch (error) {
      return badRequestReply(error);
    }
    const { access, name } = this.#options;
    const grant = await access.authorize(asker, 'read');
    if (isGranted(grant)) return await this.#answerReader({ request, grant, name }, path);
    if (access.opensFiles !== true || !(grant.status === 401 || grant.status === 403)) return grant;
    return (await this.#openFile({ request, asker }, path)) ?? grant;
  }

  async #answerReader(asked: FileRequest, { parts, isDirectory }: FilePath): Promise<HttpReply> {
    if (parts.length === 0) {
      if (!isDirectory) return withSlash(asked.request);
      return branchesReply(asked, await this.#branches.names());
    }
    const place = await this.#find(parts);
    if (place === undefined) return textReply(404, 'no such branch, tag or commit');
    const { branch, found } = place;
    if (found?.type === 'directory') {
      if (!isDirectory) return withSlash(asked.request);
      return await directoryReply(asked, { branch, tree: found.tree, finder: this.#finder });
    }
    if (found === undefined || isDirectory) return textReply(404, 'no such file in this branch');
    return await this.#replies.reply(asked, { branch, found });
  }

  /**
   * For whoever may not read the repository: a file that a rule opens. Undefined for all else, so that one answer tells
   * neither which names there are nor which of them are links.
   */
  async #openFile(
    { request, asker }: { readonly request: HttpRequest; readonly asker: Asker },
    { parts, isDirectory }: FilePath,
  ): Promise<HttpReply | undefined> {
    const { access, name } = this.#options;
    const place = isDirectory ? undefined : await this.#find(parts);
    if (place?.found === undefined || place.found.type === 'directory') return undefined;
    const { branch, found } = place;
    const grant = await access.authorize(asker, 'read', found.path);
    return isGranted(grant)
      ? await this.#replies.reply({ request, grant, name }, { branch, found })
      : undefined;
  }

  async #find(parts: FilePath['parts']): Promise<Place | undefined> {
    const branch = await this.#branches.find(parts);
    return branch && { branch, found: await this.#finder.find(branch.tree, branch.rest) };
  }
}

interface Place {
  readonly branch: FoundBranch;
  readonly found: FoundFile | undefined;
}

/** Links in a directory's page are relative to it. */
function withSlash({ path, query }: HttpRequest): HttpReply {
  const place = `./${path.slice(path.lastIndexOf('/') + 1)}/${query === '' ? '' : `?${query}`}`;
  return emptyReply(302, ['Location', place]);
}
