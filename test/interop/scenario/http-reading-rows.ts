// Requests that change nothing: parameters, paths, downloads. Put to both servers in this order.
import {
  absentKey,
  base64url,
  client,
  emptyKey,
  hello,
  helloKey,
  post,
  server,
  type Row,
} from './http-row.ts';

/** The key's name ends in `.txt`. */
const asText: Row['differs'] = ['http-key-url', { type: 'text/plain;charset=utf-8' }];
const notPresent = { status: 404, type: undefined, dataLength: undefined, body: 'content not present' };

export const readingRows: readonly Row[] = [
  ...['v0', 'v1', 'v2', 'v3', 'v4'].flatMap((version): Row[] =>
    ['checkpresent', 'lockcontent', 'putoffset', 'remove'].map((endpoint) => ({
      name: `${version} ${endpoint}, absent`,
      path: `${server}/${version}/${endpoint}?key=${absentKey}&${client}`,
    })),
  ),
  ...['v0', 'v1', 'v2', 'v3', 'v4'].flatMap((version): Row[] =>
    ['checkpresent', 'lockcontent', 'putoffset', 'gettimestamp'].map((endpoint) => ({
      name: `${version} ${endpoint}, present`,
      path: `${server}/${version}/${endpoint}?key=${helloKey}&${client}`,
    })),
  ),
  ...['v0', 'v3', 'v4'].flatMap((version): Row[] => [
    { name: `${version} GET`, method: 'GET', path: `${server}/${version}/key/${helloKey}?${client}` },
    { name: `${version} HEAD`, method: 'HEAD', path: `${server}/${version}/key/${helloKey}?${client}` },
  ]),

  // Parameters: the order of complaints, and their words.
  post('checkpresent', ''),
  post('checkpresent', 'key=bad'),
  post('checkpresent', `key=${helloKey}`),
  post('checkpresent', `key=&${client}`),
  post('checkpresent', `key&${client}`),
  post('checkpresent', `key=bad&clientuuid=`),
  post('checkpresent', `key=${helloKey}&clientuuid=`),
  post('checkpresent', `key=${helloKey}&clientuuid=[x]`),
  post('checkpresent', `key=${helloKey}&clientuuid=any-text`),
  post('checkpresent', `key=[x]&${client}`),
  post('checkpresent', `key=[eA==]&${client}`),
  post('checkpresent', `key=[eA]&${client}`),
  post('checkpresent', `key=%5B${Buffer.from(helloKey).toString('base64url')}%5D&${client}`),
  post('checkpresent', `key=[${base64url(helloKey)}]&${client}`),
  post('checkpresent', `key=${helloKey};${client}`),
  post('checkpresent', `key=${helloKey}&key=bad&${client}`),
  post('checkpresent', `key=bad&key=${helloKey}&${client}`),
  post('checkpresent', `key=SHA256--%zz&${client}`),
  post('checkpresent', `key=SHA256--a+b&${client}`),
  post('checkpresent', `key=${helloKey}&${client}&bypass=`),
  post('checkpresent', `key=${helloKey}&${client}&bypass`),
  post('checkpresent', `key=${helloKey}&${client}&bypass=a&bypass[]=b`),
  post('checkpresent', `key=${helloKey}&${client}&bypass[]=`),
  post('checkpresent', `key=${helloKey}&${client}`, { body: 'a body that nobody wants' }),
  post('checkpresent', `key=${helloKey}&${client}&offset=x&unknown=1`),

  // Paths and methods.
  { name: 'no endpoint', path: `${server}/v4/nothing?key=${helloKey}&${client}` },
  { name: 'no endpoint, unknown version', path: `${server}/v9/nothing` },
  {
    name: 'unknown version',
    path: `${server}/v9/checkpresent?key=${helloKey}&${client}`,
    differs: ['http-unknown-version', { status: 404, body: 'unknown version' }],
  },
  { name: 'version 2 has no gettimestamp', path: `${server}/v2/gettimestamp?${client}` },
  { name: 'version 0 has no putoffset', path: `${server}/v0/putoffset?key=${helloKey}&${client}` },
  { name: 'trailing slash', path: `${server}/v4/checkpresent/?key=${helloKey}&${client}` },
  { name: 'two trailing slashes', path: `${server}/v4/checkpresent//?key=${helloKey}&${client}` },
  { name: 'further path', path: `${server}/v4/checkpresent/x?key=${helloKey}&${client}` },
  { name: 'no UUID', path: `/v4/checkpresent?key=${helloKey}&${client}` },
  { name: 'unknown UUID', path: `x/v4/checkpresent?key=${helloKey}&${client}` },
  { name: 'unknown UUID, no key', path: `x/v4/checkpresent` },
  { name: 'UUID badly wrapped', path: `[Zm9]/v4/checkpresent?key=${helloKey}&${client}` },
  { name: 'empty UUID wrapped', path: `[]/v4/checkpresent?key=${helloKey}&${client}` },
  { name: 'UUID wrapped', path: `[${base64url(server)}]/v4/checkpresent?key=${helloKey}&${client}` },
  { name: 'nothing', path: '' },
  { name: 'only a UUID', path: `${server}/` },
  {
    name: 'GET checkpresent',
    method: 'GET',
    path: `${server}/v4/checkpresent?key=${helloKey}&${client}`,
    differs: [
      'http-checkpresent-get',
      { status: 200, type: 'application/json;charset=utf-8', body: { present: true } },
    ],
  },
  { name: 'GET remove', method: 'GET', path: `${server}/v4/remove?key=${helloKey}&${client}` },
  { name: 'PUT checkpresent', method: 'PUT', path: `${server}/v4/checkpresent?key=${helloKey}&${client}` },
  { name: 'OPTIONS checkpresent', method: 'OPTIONS', path: `${server}/v4/checkpresent?key=${helloKey}` },
  { name: 'POST key', path: `${server}/v4/key/${helloKey}?${client}` },
  { name: 'POST unversioned key', path: `${server}/key/${helloKey}` },
  { name: 'DELETE unversioned key', method: 'DELETE', path: `${server}/key/${helloKey}` },

  // Downloads.
  { name: 'unversioned GET', method: 'GET', path: `${server}/key/${helloKey}`, differs: asText },
  { name: 'unversioned HEAD', method: 'HEAD', path: `${server}/key/${helloKey}`, differs: asText },
  {
    name: 'unversioned ignores offset',
    method: 'GET',
    path: `${server}/key/${helloKey}?offset=3`,
    differs: asText,
  },
  { name: 'unversioned, empty client', method: 'GET', path: `${server}/key/${helloKey}?clientuuid=` },
  {
    name: 'unversioned, trailing slash',
    method: 'GET',
    path: `${server}/key/${helloKey}/`,
    differs: asText,
  },
  { name: 'unversioned, no key', method: 'GET', path: `${server}/key/` },
  { name: 'unversioned, bad key', method: 'GET', path: `${server}/key/bad` },
  { name: 'no client', method: 'GET', path: `${server}/v4/key/${helloKey}` },
  { name: 'bad key', method: 'GET', path: `${server}/v4/key/bad?${client}` },
  { name: 'empty content', method: 'GET', path: `${server}/v4/key/${emptyKey}?${client}` },
  {
    name: 'Range is ignored',
    method: 'GET',
    path: `${server}/v4/key/${helloKey}?${client}`,
    headers: { Range: 'bytes=1-2', 'If-None-Match': '*' },
  },
  {
    name: 'unversioned, Range',
    method: 'GET',
    path: `${server}/key/${helloKey}`,
    headers: { Range: 'bytes=1-2' },
    differs: ['http-key-url', { status: 206, type: undefined, dataLength: undefined, body: 'el' }],
  },
  ...[
    '3',
    '0x3',
    '0o3',
    '0b1',
    '%20((3))%20',
    '1e1',
    '3.0',
    '%2B3',
    '-(3)',
    '5x',
    'x',
    '',
    '16',
    '17',
    '9'.repeat(30),
  ].map(
    (offset): Row => ({
      name: `offset=${offset}`,
      method: 'GET',
      path: `${server}/v4/key/${helloKey}?${client}&offset=${offset}`,
    }),
  ),
  { name: 'offset without value', method: 'GET', path: `${server}/v4/key/${helloKey}?${client}&offset` },
  {
    name: 'negative offset',
    method: 'GET',
    path: `${server}/v4/key/${helloKey}?${client}&offset=-1`,
    differs: [
      'http-negative-numbers',
      {
        status: 400,
        type: undefined,
        dataLength: undefined,
        body: 'Error parsing query parameter offset failed: offset parse error',
      },
    ],
  },
  ...['a%20b', '%2Fabs', '', '[x', '[x]', `[x]&offset=y`].map(
    (file): Row => ({
      name: `associatedfile=${file}`,
      method: 'GET',
      path: `${server}/v4/key/${helloKey}?${client}&associatedfile=${file}`,
    }),
  ),
  {
    name: 'absent',
    method: 'GET',
    path: `${server}/v4/key/${absentKey}?${client}`,
    differs: ['http-absent-key', notPresent],
  },
  {
    name: 'unversioned, absent',
    method: 'GET',
    path: `${server}/key/${absentKey}`,
    differs: ['http-absent-key', notPresent],
  },
  {
    name: 'HEAD, absent',
    method: 'HEAD',
    path: `${server}/key/${absentKey}`,
    differs: ['http-absent-key', { ...notPresent, body: '' }],
  },
  {
    name: 'Accept of another type',
    method: 'GET',
    path: `${server}/key/${helloKey}`,
    headers: { Accept: 'text/html' },
    differs: [
      'http-accept',
      { status: 200, type: 'text/plain;charset=utf-8', dataLength: '16', body: hello },
    ],
  },
];
