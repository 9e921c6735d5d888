/**
 * The P2P protocol over HTTP (design/p2p_protocol_over_http), from paths to endpoints:
 *
 *     /git-annex/UUID/vN/ENDPOINT      POST, N from 0 to 4
 *     /git-annex/UUID/vN/key/KEY       GET, HEAD
 *     /git-annex/UUID/key/KEY          GET, HEAD
 *     /git-annex/UUID/vN/checkpresent  GET as well
 *
 * A server of many repositories takes them below `/NAME/` as well, and finds what is asked for in that repository alone.
 *
 * A version that does not exist is 404, on which clients fall back to a lower one; all else is as git-annex answers,
 * save for what doc/differences.md lists.
 */

import { AnnexError } from '../../types/annex-error.ts';
import type { UUID } from '../../types/uuid.ts';
import type { ByteString } from '../../util/byte-string.ts';
import { checkPresent } from './check-present.ts';
import { serving, type Serve, type Services, type Version } from './endpoint.ts';
import { badRequestReply } from './failure.ts';
import { isOfForeignPage } from './foreign-page.ts';
import { getKey } from './get-key.ts';
import { getTimestamp } from './get-timestamp.ts';
import { keepLocked } from './keep-locked.ts';
import { lockContent } from './lock-content.ts';
import { emptyReply, textReply, type HttpHandler, type HttpReply, type HttpRequest } from './message.ts';
import { readPathKey, readPathUUID } from './parameters.ts';
import { put } from './put.ts';
import { putOffset } from './put-offset.ts';
import { Query } from './query.ts';
import { removeBefore } from './remove-before.ts';
import { remove } from './remove.ts';
import { readRepositoryPath } from './repository-path.ts';
import { percentDecode } from './values.ts';
import { getKeyUnversioned } from './web/get-key-unversioned.ts';

export interface AnnexHttpOptions extends Services {
  /** Takes paths below names of repositories, too. */
  readonly withNames?: boolean;
  /** Whose pages may make browsers change something, besides the server's own; `*` is any. */
  readonly origins?: readonly string[] | undefined;
}

export function annexHttp(options: AnnexHttpOptions): HttpHandler {
  return (request) => {
    const place = findPlace(request.path, options);
    if (place === undefined) return undefined;
    const route = findRoute(request, place.segments);
    if ('status' in route) return Promise.resolve(route);
    if (request.method === 'POST' && isOfForeignPage(request, options.origins ?? []))
      return Promise.resolve(foreignPage);
    let serverUUID: UUID;
    try {
      serverUUID = readPathUUID(route.uuid);
      if (route.pathKey !== undefined) readPathKey(route.pathKey);
    } catch (error) {
      return Promise.resolve(badRequestReply(error));
    }
    const { version, pathKey, serve } = route;
    const { name } = place;
    return serve({ request, query: new Query(request.query), version, serverUUID, pathKey, name }, options);
  };
}

interface AnnexPlace {
  readonly name: string | undefined;
  /** What follows `/git-annex/`. */
  readonly segments: readonly ByteString[];
}

function findPlace(path: ByteString, options: AnnexHttpOptions): AnnexPlace | undefined {
  if (path.startsWith(prefix)) return { name: undefined, segments: path.slice(prefix.length).split('/') };
  const place = options.withNames === true ? readRepositoryPath(path) : undefined;
  if (place?.side !== 'annex') return undefined;
  return { name: place.name, segments: place.rest.slice(1).split('/') };
}

const prefix = '/git-annex/';

interface Route {
  readonly uuid: ByteString;
  readonly version: Version;
  readonly pathKey: ByteString | undefined;
  readonly serve: Serve;
}

/** A reply where the path or its method leads nowhere. */
function findRoute(request: HttpRequest, segments: readonly ByteString[]): Route | HttpReply {
  const [rawUUID = '', ...rest] = segments.at(-1) === '' ? segments.slice(0, -1) : segments;
  const uuid = decodePath(rawUUID);
  const reading = request.method === 'GET' || request.method === 'HEAD';
  if (rest[0] === 'key' && rest.length === 2) {
    if (!reading) return emptyReply(405, ['Allow', 'GET, HEAD']);
    return { uuid, version: 0, pathKey: decodePath(rest[1] ?? ''), serve: serveUnversioned };
  }
  const [versionName = '', name = '', rawKey] = rest;
  const isKey = name === 'key' && rest.length === 3 && rawKey !== undefined;
  const entry = rest.length === 2 ? endpoints.get(name) : undefined;
  if (!isKey && entry === undefined) return emptyReply(404);
  const version = versions.get(versionName);
  if (version === undefined) return textReply(404, 'unknown version');
  if (isKey && reading) return { uuid, version, pathKey: decodePath(rawKey), serve: serveKey };
  if (entry === undefined || version < entry.firstVersion) return badVersion;
  if (request.method !== 'POST' && !(reading && entry.changesNothing === true)) return badVersion;
  return { uuid, version, pathKey: undefined, serve: entry.serve };
}

function decodePath(segment: ByteString): ByteString {
  return percentDecode(segment, { plusIsSpace: false });
}

const versions = new Map<string, Version>([
  ['v0', 0],
  ['v1', 1],
  ['v2', 2],
  ['v3', 3],
  ['v4', 4],
]);

const serveKey = serving(getKey);
const serveUnversioned = serving(getKeyUnversioned);

interface Entry {
  readonly firstVersion: Version;
  readonly serve: Serve;
  /** Answers GET and HEAD as well. */
  readonly changesNothing?: boolean;
}

const endpoints = new Map<string, Entry>([
  ['checkpresent', { firstVersion: 0, serve: serving(checkPresent), changesNothing: true }],
  ['remove', { firstVersion: 0, serve: serving(remove) }],
  ['remove-before', { firstVersion: 3, serve: serving(removeBefore) }],
  ['gettimestamp', { firstVersion: 3, serve: serving(getTimestamp) }],
  ['put', { firstVersion: 0, serve: serving(put) }],
  ['putoffset', { firstVersion: 1, serve: serving(putOffset) }],
  ['lockcontent', { firstVersion: 0, serve: serving(lockContent) }],
  ['keeplocked', { firstVersion: 0, serve: serving(keepLocked) }],
]);

const foreignPage = textReply(403, 'a page of another origin asks for it');
// git-annex's words for an endpoint that this version does not have, and for the wrong method.
const badVersion: HttpReply = badRequestReply(new AnnexError('protocol', 'bad version'));
