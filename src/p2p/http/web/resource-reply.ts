/**
 * What any HTTP client gets of a resource, be it a key or a file of git (RFC 9110): HEAD, one range of bytes, the
 * conditions If-None-Match and If-Range; and where configured, a redirect, or a header that lets the web server in front
 * send the file.
 *
 * A part is only as good as what vouches for it. Of content that may change while it is read, validity is known at the end
 * alone, so a part that ends before has a weak tag and is not to be stored; whoever wants to join it with what it has
 * (If-Range) gets the whole.
 */

import { AnnexError } from '../../../types/annex-error.ts';
import type { Content } from '../../../remote/remote.ts';
import { emptyReply, type HttpReply, type RequestHead } from '../message.ts';
import { readRange, type ByteRange } from './byte-range.ts';
import { firstBytes, letGo, wholeContent } from './content-part.ts';
import { continuesTag, formatTag, namesTag, type EntityTag } from './entity-tag.ts';
import type { Presentation } from './presentation.ts';
import { sendfileHeader, type Sendfile } from './sendfile.ts';

export interface Resource {
  readonly tag: EntityTag;
  /** Undefined where that is known only once it is open. */
  readonly sizeBytes: number | undefined;
  isThere(): Promise<boolean>;
  /** From this byte on; undefined where it is not there. */
  open(offset: number): Promise<Content | undefined>;
  /** Where anyone can get it from somebody else; undefined where nowhere. */
  publicURL?(): Promise<string | undefined>;
}

export interface ResourceOptions {
  readonly request: RequestHead;
  readonly presentation: Presentation;
  /** For how long, and where, it may be stored. */
  readonly cacheControl: string;
  readonly sendfile?: Sendfile | undefined;
  readonly absent: () => HttpReply | Promise<HttpReply>;
}

export async function resourceReply(resource: Resource, options: ResourceOptions): Promise<HttpReply> {
  const { request, absent } = options;
  const known = request.header('if-none-match');
  if (known !== undefined && namesTag(known, resource.tag)) {
    if (!(await resource.isThere())) return await absent();
    return emptyReply(304, validators(resource.tag, options.cacheControl));
  }
  const url = await resource.publicURL?.();
  if (url !== undefined) return emptyReply(302, ['Location', url, 'Cache-Control', 'no-store']);
  const { sizeBytes } = resource;
  if (request.method === 'HEAD' && sizeBytes !== undefined) {
    if (!(await resource.isThere())) return await absent();
    return wholeReply(resource, options, { lengthBytes: sizeBytes, chunks: nothing });
  }
  const range = request.method === 'GET' ? await wantedRange(resource, request) : undefined;
  if (range === 'absent') return await absent();
  if (range === undefined || range.type === 'range') return await openedReply(resource, options, range);
  if (!(await resource.isThere())) return await absent();
  return emptyReply(416, ['Content-Range', `bytes */${range.sizeBytes}`, 'Accept-Ranges', 'bytes']);
}

interface SizedRange extends ByteRange {
  readonly type: 'range';
  /** Of the whole. */
  readonly sizeBytes: number;
}

interface Unsatisfiable {
  readonly type: 'unsatisfiable';
  readonly sizeBytes: number;
}

/** Undefined: the whole. */
async function wantedRange(
  resource: Resource,
  request: RequestHead,
): Promise<SizedRange | Unsatisfiable | 'absent' | undefined> {
  const header = request.header('range');
  if (header === undefined) return undefined;
  const condition = request.header('if-range');
  if (condition !== undefined && !continuesTag(condition, resource.tag)) return undefined;
  const sizeBytes = resource.sizeBytes ?? (await measure(resource));
  if (sizeBytes === undefined) return 'absent';
  const range = readRange(header, sizeBytes);
  if (range === undefined) return undefined;
  return range === 'unsatisfiable' ? { type: range, sizeBytes } : { type: 'range', ...range, sizeBytes };
}

async function measure(resource: Resource): Promise<number | undefined> {
  const content = await resource.open(0);
  if (content === undefined) return undefined;
  await letGo(content);
  return content.lengthBytes;
}

async function openedReply(
  resource: Resource,
  options: ResourceOptions,
  range: SizedRange | undefined,
): Promise<HttpReply> {
  const content = await resource.open(range?.start ?? 0);
  if (content === undefined) return await options.absent();
  // Web servers keep few of our headers.
  const sendfile = options.presentation.isActive ? undefined : options.sendfile;
  const elsewhere = sendfileHeader(sendfile, content.file);
  if (elsewhere !== undefined) {
    await letGo(content);
    // The web server looks at the range itself.
    return wholeReply(resource, options, undefined, elsewhere);
  }
  if (range === undefined) return wholeReply(resource, options, wholeContent(content));
  if (content.lengthBytes !== range.sizeBytes - range.start) {
    await letGo(content);
    const message = `content has ${content.lengthBytes} bytes from ${range.start} on, of ${range.sizeBytes}`;
    throw new AnnexError('remote', message);
  }
  const isVouchedFor = content.stable || range.end === range.sizeBytes;
  if (!isVouchedFor && options.request.header('if-range') !== undefined) {
    await letGo(content);
    return await openedReply(resource, options, undefined);
  }
  return partReply(range, content, {
    headers: options.presentation.headers,
    validators: isVouchedFor
      ? validators(resource.tag, options.cacheControl)
      : validators({ ...resource.tag, isStrong: false }, 'no-store'),
  });
}

function wholeReply(
  { tag }: Resource,
  { presentation, cacheControl }: ResourceOptions,
  body: HttpReply['body'],
  more: readonly string[] = [],
): HttpReply {
  return { status: 200, headers: [...presentation.headers, ...validators(tag, cacheControl), ...more], body };
}

function partReply(
  { start, end, sizeBytes }: SizedRange,
  content: Content,
  given: { readonly headers: readonly string[]; readonly validators: readonly string[] },
): HttpReply {
  const body = end === sizeBytes ? wholeContent(content) : firstBytes(content, end - start);
  const contentRange = ['Content-Range', `bytes ${start}-${end - 1}/${sizeBytes}`];
  return { status: 206, headers: [...given.headers, ...given.validators, ...contentRange], body };
}

function validators(tag: EntityTag, cacheControl: string): readonly string[] {
  return ['ETag', formatTag(tag), 'Cache-Control', cacheControl, 'Accept-Ranges', 'bytes'];
}

const nothing: AsyncIterable<Uint8Array> = {
  [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ done: true, value: undefined }) }),
};
