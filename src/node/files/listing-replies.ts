/** Directories and branches as replies: a page for people, or JSON for whoever asks for that alone. */

import { badRequestReply } from '../../p2p/http/failure.ts';
import { emptyReply, type HttpReply, type RequestHead } from '../../p2p/http/message.ts';
import { Query } from '../../p2p/http/query.ts';
import { parseWrapped } from '../../p2p/http/values.ts';
import { cacheControl } from '../../p2p/http/web/cache-control.ts';
import { formatTag, namesTag } from '../../p2p/http/web/entity-tag.ts';
import { AnnexError } from '../../types/annex-error.ts';
import type { ByteString } from '../../util/byte-string.ts';
import type { BranchNames, FoundBranch } from './branch-finder.ts';
import type { FileRequest } from './file-request.ts';
import type { FileFinder } from './find-file.ts';
import { branchesJSON, listDirectory, listingJSON } from './listing.ts';
import { branchesPage, listingPage } from './listing-page.ts';

export interface FoundDirectory {
  readonly branch: FoundBranch;
  readonly tree: string;
  readonly finder: FileFinder;
}

export async function directoryReply(
  asked: FileRequest,
  { branch, tree, finder }: FoundDirectory,
): Promise<HttpReply> {
  const { request, grant, name } = asked;
  const text = new Query(request.query).first('after');
  const after = text === undefined ? undefined : parseWrapped(text);
  if (text !== undefined && after === undefined) return badAfter;
  const isJSON = wantsJSON(request);
  const tag = { text: `${tree}-${isJSON ? 'json' : 'html'}`, isStrong: false };
  const caching = cacheControl({ request, grant, isFixed: false });
  const more = ['ETag', formatTag(tag), 'Cache-Control', caching, 'Vary', 'Accept'];
  const known = request.header('if-none-match');
  if (known !== undefined && namesTag(known, tag)) return emptyReply(304, more);
  const listing = await listDirectory(finder, { branch: branch.name, path: branch.rest, tree, after });
  const body = isJSON ? listingJSON(listing) : listingPage(name, listing);
  return { status: 200, headers: [...(isJSON ? jsonHeaders : pageHeaders), ...more], body };
}

export function branchesReply({ request, name }: FileRequest, names: BranchNames): HttpReply {
  const isJSON = wantsJSON(request);
  const more = ['Cache-Control', 'no-cache', 'Vary', 'Accept'];
  const body = isJSON ? branchesJSON(names) : branchesPage(name, names);
  return { status: 200, headers: [...(isJSON ? jsonHeaders : pageHeaders), ...more], body };
}

function wantsJSON(request: RequestHead): boolean {
  const accept: ByteString = request.header('accept') ?? '';
  return accept.includes('application/json') && !accept.includes('text/html');
}

const badAfter = badRequestReply(new AnnexError('protocol', 'after is no name'));
const jsonHeaders = ['Content-Type', 'application/json;charset=utf-8', 'X-Content-Type-Options', 'nosniff'];
const pageHeaders = [
  'Content-Type',
  'text/html;charset=utf-8',
  'X-Content-Type-Options',
  'nosniff',
  'Content-Security-Policy',
  "default-src 'none'; style-src 'unsafe-inline'",
];
