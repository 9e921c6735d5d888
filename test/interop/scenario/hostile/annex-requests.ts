// The annex API: parameters of every kind, and lengths that lie.
import { pick, type Random } from '../random.ts';
import { below, chance, repeated } from './chance.ts';
import {
  leaving,
  request,
  type Aim,
  type Generator,
  type HostileRequest,
  type Target,
} from './hostile-request.ts';
import {
  encoded,
  hostileFile,
  hostileKey,
  hostileNumber,
  hostileUUID,
  percent,
  samples,
} from './hostile-values.ts';

const endpoints = [
  'checkpresent',
  'remove',
  'remove-before',
  'gettimestamp',
  'put',
  'putoffset',
  'lockcontent',
  'keeplocked',
  'key',
  'toString',
  '__proto__',
  'constructor',
  '',
  '..',
];
const versions = ['v0', 'v1', 'v2', 'v3', 'v4', 'v4', 'v4', 'v5', 'v', 'V4', 'v-1', '4', 'v%34', '__proto__'];

/** Where the API of a repository is. */
export function apiOf(random: Random, { name, uuid }: Target): string {
  return chance(random, 0.5) ? `/git-annex/${uuid}` : `/${name}/git-annex/${uuid}`;
}

const badParameters: Generator = (random, aim) => {
  const target = targetOf(random, aim);
  const endpoint = pick(random, endpoints);
  const uuid = chance(random, 0.8) ? target.uuid : encoded(random, hostileUUID(random, target.uuid));
  const api = apiOf(random, { ...target, uuid });
  const path = `${api}/${pick(random, versions)}/${endpoint}?${hostileQuery(random, target)}`;
  const method = chance(random, 0.85) ? 'POST' : pick(random, ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS']);
  return request({ kind: `parameters of ${endpoint === '' ? 'nothing' : endpoint}`, method, path });
};

function hostileQuery(random: Random, target: Target): string {
  const values: Readonly<Record<string, () => string>> = {
    key: () => hostileKey(random),
    clientuuid: () => hostileUUID(random, target.uuid),
    bypass: () => hostileUUID(random, target.uuid),
    'bypass[]': () => hostileUUID(random, target.uuid),
    associatedfile: () => hostileFile(random),
    offset: () => hostileNumber(random),
    timestamp: () => hostileNumber(random),
    lockid: () => hostileUUID(random, target.uuid),
    'data-present': () => pick(random, ['true', 'TRUE', 'false', '1', '']),
  };
  const usual = [
    `clientuuid=${target.uuid}`,
    `key=${percent(pick(random, samples).key)}`,
    `timestamp=${below(random, 100)}`,
  ].filter(() => chance(random, 0.8));
  const names = Object.keys(values);
  const hostile = repeated(1 + below(random, 4), () => {
    const name = pick(random, names);
    return `${chance(random, 0.9) ? name : encoded(random, name)}=${encoded(random, values[name]?.() ?? '')}`;
  });
  const all = [...hostile, ...usual].sort(() => random() - 0.5);
  if (chance(random, 0.05)) all.push(...repeated(2000, () => `bypass=${target.uuid}`));
  if (chance(random, 0.1)) all.push('=', '&&&', ';;', 'key', '%=%', '__proto__=1');
  return all.join(pick(random, ['&', '&', '&', ';']));
}

/** Content with lengths of which one at least may be wrong. */
const lyingLengths: Generator = (random, aim) => {
  const target = targetOf(random, aim);
  const { key, content } = pick(random, samples);
  const name = chance(random, 0.8) ? key : hostileKey(random);
  const body = pick(random, [
    content,
    content,
    content.slice(1),
    `${content}x`,
    '',
    'x'.repeat(content.length),
  ]);
  const said = pick(random, [`${body.length}`, `${content.length}`, hostileNumber(random)]);
  const query = [
    `key=${encoded(random, name)}`,
    `clientuuid=${target.uuid}`,
    ...(chance(random, 0.3) ? [`offset=${pick(random, ['0', '5', percent(hostileNumber(random))])}`] : []),
    ...(chance(random, 0.3) ? [`associatedfile=${encoded(random, hostileFile(random))}`] : []),
    ...(chance(random, 0.1) ? ['data-present=true'] : []),
  ];
  const path = `${apiOf(random, target)}/${pick(random, ['v0', 'v1', 'v3', 'v4', 'v4'])}/put?${query.join('&')}`;
  const headers = [`X-git-annex-data-length: ${said.replace(/[^\x21-\x7e]/g, '')}`];
  const kind = 'uploads with lengths that lie';
  if (chance(random, 0.5)) return request({ kind, path, headers, body });
  const framed = pick(random, [
    () => ({ header: `Content-Length: ${body.length + 10}`, body, expects: 'anything' as const }),
    () => ({
      header: `Content-Length: ${below(random, body.length + 1)}`,
      body,
      expects: 'anything' as const,
    }),
    () => ({ header: 'Transfer-Encoding: chunked', body: chunked(random, body), expects: 'reply' as const }),
  ])();
  return request(
    { kind, path, headers: [framed.header, ...headers], body: framed.body },
    { expects: framed.expects },
  );
};

export function chunked(random: Random, body: string): string {
  const pieces: string[] = [];
  for (let at = 0; at < body.length; ) {
    const piece = body.slice(at, at + 1 + below(random, 200));
    pieces.push(`${piece.length.toString(16)}${chance(random, 0.1) ? ';a=b' : ''}\r\n${piece}\r\n`);
    at += piece.length;
  }
  return `${pieces.join('')}0\r\n\r\n`;
}

const keyURLs: Generator = (random, aim) => {
  const target = targetOf(random, aim);
  const key = pick(random, [target.key, target.key, pick(random, samples).key, hostileKey(random)]);
  const version = pick(random, ['', '', 'v0/', 'v3/', 'v4/']);
  const file = chance(random, 0.5) ? `&associatedfile=${encoded(random, hostileFile(random))}` : '';
  const offset = chance(random, 0.3) ? `&offset=${percent(hostileNumber(random))}` : '';
  const path = `${apiOf(random, target)}/${version}key/${chance(random, 0.6) ? percent(key) : encoded(random, key)}?clientuuid=${target.uuid}${file}${offset}`;
  const method = pick(random, ['GET', 'GET', 'HEAD', 'POST']);
  return request({ kind: 'key URLs', method, path, headers: conditions(random) });
};

/** Ranges, entity tags and dates. */
export function conditions(random: Random): readonly string[] {
  const number = (): string => hostileNumber(random).replace(/[^\x21-\x7e]/g, '');
  const headers = [
    () => `Range: bytes=${number()}-${number()}`,
    () => `Range: bytes=${below(random, 12)}-${pick(random, ['', '3', '14', '99'])}`,
    () => `Range: bytes=-${number()}`,
    () => `Range: bytes=${repeated(1 + below(random, 500), () => '0-').join(',')}`,
    () =>
      `Range: ${pick(random, ['bytes', 'bytes=', 'bytes=-', 'lines=1-2', 'bytes=1-0', 'bytes= 0 - 1 ', 'bytes=a-b'])}`,
    () => `If-Range: ${pick(random, ['"x"', 'W/"x"', 'Thu, 01 Jan 1970 00:00:00 GMT', '*', ''])}`,
    () => `If-None-Match: ${pick(random, ['*', '"', '""', `${'"a",'.repeat(2000)}"b"`, 'W/', '"\\""'])}`,
    () => `If-Match: ${pick(random, ['*', '"x"', 'x'])}`,
    () =>
      `If-Modified-Since: ${pick(random, ['yesterday', '0', 'Thu, 99 Foo 99999 99:99:99 GMT', number()])}`,
    () => 'Accept: application/json',
  ];
  return repeated(below(random, 4), () => pick(random, headers)());
}

const bodies: Generator = (random, aim) => {
  const { uuid } = targetOf(random, aim);
  const text = pick(random, [
    '{"unlock":true}',
    '{"unlock":false}',
    '{',
    '[]',
    'null',
    '['.repeat(50_000),
    '{"__proto__":{"unlock":true}}',
    '{"unlock":"true"}',
    '\xff',
    '{"unlock":true}{"unlock":true}',
    'x'.repeat(200_000),
    '',
  ]);
  const path = `/git-annex/${uuid}/v4/keeplocked?clientuuid=${uuid}&lockid=${encoded(random, hostileUUID(random, uuid))}`;
  return request({ kind: 'keeplocked', path, body: text }, { expects: 'anything' });
};

/** Everything about one key at once. */
const together: Generator = (random, aim) => {
  const target = pick(random, aim.targets);
  const { key, content } = pick(random, samples);
  const api = apiOf(random, target);
  const query = `key=${percent(key)}&clientuuid=${target.uuid}`;
  const kind = 'requests for one key at once';
  const put = request({
    kind,
    path: `${api}/v4/put?${query}`,
    headers: [`X-git-annex-data-length: ${content.length}`],
    body: content,
  });
  const ask = (endpoint: string): HostileRequest => request({ kind, path: `${api}/v4/${endpoint}?${query}` });
  return repeated(2 + below(random, 6), () => {
    const one = pick(random, [
      put,
      put,
      ask('remove'),
      ask('lockcontent'),
      ask('checkpresent'),
      ask('putoffset'),
      request({ kind, method: 'GET', path: `${api}/key/${percent(key)}` }),
    ]);
    return chance(random, 0.2) ? leaving(random, one) : one;
  });
};

const left: Generator = (random, aim) => {
  const whole = pick(random, [badParameters, lyingLengths, keyURLs])(random, aim);
  return leaving(random, Array.isArray(whole) ? (whole[0] as HostileRequest) : (whole as HostileRequest));
};

function targetOf(random: Random, { targets, hidden }: Aim): Target {
  return chance(random, 0.1) ? hidden : pick(random, targets);
}

export const annexRequests: readonly Generator[] = [
  badParameters,
  badParameters,
  badParameters,
  lyingLengths,
  lyingLengths,
  keyURLs,
  keyURLs,
  bodies,
  together,
  left,
  left,
];
