/** Files of many repositories by the names of both: see files-handler.ts. */

import { textReply, type HttpHandler, type HttpReply, type HttpRequest } from '../../p2p/http/message.ts';
import { whenSent, type FindRepository } from '../../p2p/http/named-repository.ts';
import { readRepositoryPath } from '../../p2p/http/repository-path.ts';
import { filesHandler, type FilesOptions } from './files-handler.ts';
import type { FilesHost } from './file-replies.ts';

export interface NamedFilesOptions extends Pick<FilesOptions, 'takesTokens' | 'sendfile'> {
  readonly find: FindRepository<FilesHost>;
}

/** Takes requests below `/NAME/files`, whatever the name, and leaves all others. */
export function namedFiles(options: NamedFilesOptions): HttpHandler {
  /** What is remembered of a repository goes when it is closed. */
  const handlers = new WeakMap<FilesHost, HttpHandler>();
  const answer = async (request: HttpRequest, name: string): Promise<HttpReply> => {
    const found = await options.find(name);
    if (found === undefined) return noRepository;
    const { host, access, end } = found;
    try {
      const handler = handlers.get(host) ?? filesHandler({ ...options, host, access, name });
      handlers.set(host, handler);
      return whenSent((await handler(request)) ?? noRepository, end);
    } catch (error) {
      end();
      throw error;
    }
  };
  return (request) => {
    const place = readRepositoryPath(request.path);
    return place?.side === 'files' ? answer(request, place.name) : undefined;
  };
}

const noRepository = textReply(404, 'no such repository');
