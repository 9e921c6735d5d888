/** The content of a file of a branch: from git, or by its key from whoever has it. */

import { AnySource } from '../../gateway/any-source.ts';
import { textReply, type HttpReply } from '../../p2p/http/message.ts';
import { cacheControl } from '../../p2p/http/web/cache-control.ts';
import { keyResource } from '../../p2p/http/web/key-resource.ts';
import { presentation } from '../../p2p/http/web/presentation.ts';
import { resourceReply, type Resource } from '../../p2p/http/web/resource-reply.ts';
import type { Sendfile } from '../../p2p/http/web/sendfile.ts';
import type { Context, Remote } from '../../remote/remote.ts';
import { isClusterUUID } from '../../types/cluster-uuid.ts';
import type { Key } from '../../types/key.ts';
import { byteStringToText, type ByteString } from '../../util/byte-string.ts';
import { readDescriptions } from '../annex/descriptions.ts';
import type { OpenAnnex } from '../annex/open-annex.ts';
import { Blobs } from './blob-resource.ts';
import type { FoundBranch } from './branch-finder.ts';
import type { FileRequest } from './file-request.ts';
import type { FoundFile } from './find-file.ts';

/** What files are served from; a GatewayHost is one. */
export interface FilesHost {
  readonly annex: Pick<OpenAnnex, 'git' | 'uuid' | 'branch' | 'locations'>;
  /** All that is served, the repository itself first. */
  readonly served: readonly Remote[];
  /** Where anyone can get a key from somebody else. */
  publicURL(key: Key): Promise<string | undefined>;
}

export interface FileRepliesOptions {
  readonly host: FilesHost;
  readonly sendfile?: Sendfile | undefined;
}

export interface FoundInBranch {
  readonly branch: FoundBranch;
  readonly found: Exclude<FoundFile, { readonly type: 'directory' }>;
}

export class FileReplies {
  readonly #options: FileRepliesOptions;
  readonly #blobs: Blobs;

  constructor(options: FileRepliesOptions) {
    this.#options = options;
    this.#blobs = new Blobs(options.host.annex.git);
  }

  async reply({ request, grant }: FileRequest, { branch, found }: FoundInBranch): Promise<HttpReply> {
    const path = branch.rest.join('/');
    const context = this.#context(request, path);
    const resource =
      found.type === 'file'
        ? this.#blobs.resource(found, () => context.signal)
        : this.#ofKey(found.key, context);
    return await resourceReply(resource, {
      request,
      presentation: presentation({ name: path, isFileName: true }),
      cacheControl: cacheControl({ request, grant, isFixed: branch.isFixed && resource.tag.isStrong }),
      sendfile: this.#options.sendfile,
      absent: async () =>
        textReply(404, found.type === 'annexed' ? await this.#absence(path, found.key) : 'no such file'),
    });
  }

  #ofKey(key: Key, context: Context): Resource {
    const { host } = this.#options;
    const { served, annex } = host;
    const source = new AnySource({ served, locations: annex.locations });
    return keyResource(key, { source, context, publicURL: async (which) => await host.publicURL(which) });
  }

  #context(request: FileRequest['request'], associatedFile: ByteString): Context {
    return {
      clientUUID: this.#options.host.annex.uuid,
      bypass: [],
      associatedFile,
      requestId: request.id,
      get signal() {
        return request.signal;
      },
    };
  }

  /** For people: who is said to have it. */
  async #absence(path: ByteString, key: Key): Promise<string> {
    const { locations, branch } = this.#options.host.annex;
    const uuids = (await locations.locations(key)).filter((uuid) => !isClusterUUID(uuid));
    const descriptions = await readDescriptions(branch);
    const places = uuids.map((uuid) => {
      const description = descriptions.get(uuid);
      return description === undefined ? uuid : `${byteStringToText(description)} (${uuid})`;
    });
    const where =
      places.length === 0 ? 'no repository is known to have it' : `known to be in ${places.join(', ')}`;
    return `the content of ${byteStringToText(path)} is not here; ${where}`;
  }
}
