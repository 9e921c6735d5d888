// Who asks, and what: every endpoint in every version, by everybody. Nothing is changed by what is asked: the key is in
// nobody's possession, and what is sent for it is not its content.
import { randomBytes } from 'node:crypto';
import type { KeptRequest } from '../../support/kept-connection.ts';
import { base64url } from './http-row.ts';

// `+` and `/` in base64, by which the two alphabets differ.
const passwords = { ro: randomBytes(9).toString('hex'), ao: 'p:w', rw: 'käse', odd: 'p~?>?~' };

/** The users of both servers. */
export const accessEnvironment: Readonly<Record<string, string>> = {
  GIT_ANNEX_P2PHTTP_PASSWORD_ro: passwords.ro,
  GIT_ANNEX_P2PHTTP_PERMISSIONS_ro: 'readonly',
  GIT_ANNEX_P2PHTTP_PASSWORD_ao: passwords.ao,
  GIT_ANNEX_P2PHTTP_PERMISSIONS_ao: 'appendonly',
  GIT_ANNEX_P2PHTTP_PASSWORD_rw: passwords.rw,
  GIT_ANNEX_P2PHTTP_PASSWORD_odd: passwords.odd,
  GIT_ANNEX_P2PHTTP_PERMISSIONS_odd: 'nonsense',
};

/** What they say of themselves, by name. */
export const askers: Readonly<Record<string, string | undefined>> = {
  nobody: undefined,
  'a readonly user': basic(`ro:${passwords.ro}`),
  'an appendonly user': basic(`ao:${passwords.ao}`),
  'a user': basic(`rw:${passwords.rw}`),
  'a user with odd permissions': basic(`odd:${passwords.odd}`),
  'a user with a bad password': basic('rw:guess'),
  'a user with no password': basic('rw:'),
  'a user without colon': basic('rw'),
  'a user in capitals': basic(`RW:${passwords.rw}`),
  "a user with another's password": basic(`rw:${passwords.ro}`),
  'an unknown user': basic('who:knows'),
  'a bearer': 'Bearer abc',
  'bad base64': 'Basic a$b',
  'base64 without its end': basic(`ro:${passwords.ro}x`).replace(/=+$/, ''),
  'an empty header': '',
  'nothing after Basic': 'Basic ',
  'small letters': basic(`rw:${passwords.rw}`).replace('Basic', 'basic'),
};

/** One of each kind. */
export const usualAskers: readonly string[] = [
  'nobody',
  'a readonly user',
  'an appendonly user',
  'a user',
  'a user with a bad password',
];

/** What is asked, by name; of a repository's UUID. */
export function requestsOf(uuid: string): Readonly<Record<string, KeptRequest>> {
  const requests: Record<string, KeptRequest> = {};
  for (const version of ['v0', 'v1', 'v2', 'v3', 'v4']) {
    for (const [name, more] of Object.entries(endpoints))
      requests[`${version} ${name}`] = post(`${uuid}/${version}/${name}?${query}${more.query ?? ''}`, more);
    const path = `/git-annex/${uuid}/${version}/key/${key}?clientuuid=c`;
    requests[`${version} GET`] = { method: 'GET', path };
  }
  const unversioned = `/git-annex/${uuid}/key/${key}`;
  return {
    ...requests,
    'v4 HEAD': { method: 'HEAD', path: `/git-annex/${uuid}/v4/key/${key}?clientuuid=c` },
    GET: { method: 'GET', path: unversioned },
    HEAD: { method: 'HEAD', path: unversioned },
    'an unknown version': post(`${uuid}/v9/remove?${query}`),
    'an unknown UUID': post(`nobody/v4/checkpresent?${query}`),
    'an unknown UUID, GET': { method: 'GET', path: `/git-annex/nobody/key/${key}` },
    'no UUID': post(`/v4/checkpresent?${query}`),
    'no key': post(`${uuid}/v4/remove?clientuuid=c`),
    'no client': post(`${uuid}/v4/lockcontent?key=${key}`),
    'a bad key': { method: 'GET', path: `/git-annex/${uuid}/key/bad` },
    'an endpoint that is not': post(`${uuid}/v4/nothing?${query}`),
    'the wrong method': { method: 'GET', path: `/git-annex/${uuid}/v4/remove?${query}` },
  };
}

const key = 'SHA256-s5--0123456789012345678901234567890123456789012345678901234567890123';
const query = `key=${key}&clientuuid=11111111-2222-4333-8444-555555555555`;

interface More {
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const endpoints: Readonly<Record<string, More>> = {
  checkpresent: {},
  gettimestamp: {},
  putoffset: {},
  put: { headers: { 'X-git-annex-data-length': '5' }, body: 'wrong' },
  remove: {},
  'remove-before': { query: '&timestamp=1' },
  lockcontent: {},
  keeplocked: {
    query: '&lockid=11111111-2222-4333-8444-666666666666',
    headers: { Connection: 'Keep-Alive', 'Keep-Alive': 'timeout=1200' },
    body: '{"unlock":true}',
  },
};

function post(path: string, { headers, body }: More = {}): KeptRequest {
  return { method: 'POST', path: `/git-annex/${path}`, ...(headers && { headers }), ...(body && { body }) };
}

/** In the alphabet that git-annex takes. */
function basic(text: string): string {
  return `Basic ${base64url(Buffer.from(text).toString('latin1'))}`;
}
