// Credentials, uploads, removals and locks. Put to both servers in this order, after the reading rows.
import {
  absentKey,
  client,
  fresh,
  freshKey,
  helloKey,
  length,
  post,
  resumed,
  resumedKey,
  server,
  type Row,
} from './http-row.ts';

const json = 'application/json;charset=utf-8';

export const changingRows: readonly Row[] = [
  // Authorization: malformed is 400 even where everything is open, and after the parameters.
  post('checkpresent', `key=${helloKey}&${client}`, {
    name: 'Bearer',
    headers: { Authorization: 'Bearer x' },
  }),
  post('checkpresent', `key=bad&${client}`, {
    name: 'Bearer, bad key',
    headers: { Authorization: 'Bearer x' },
  }),
  post('checkpresent', `key=${helloKey}&${client}`, {
    name: 'basic',
    headers: { Authorization: 'Basic dTpw' },
  }),
  post('checkpresent', `key=${helloKey}&${client}`, {
    name: 'BASIC',
    headers: { Authorization: 'BASIC dTpw' },
  }),
  post('checkpresent', `key=${helloKey}&${client}`, {
    name: 'unpadded',
    headers: { Authorization: 'Basic dTpwOg' },
  }),
  post('checkpresent', `key=${helloKey}&${client}`, {
    name: 'no colon',
    headers: { Authorization: 'Basic dXVw' },
  }),
  post('checkpresent', `key=${helloKey}&${client}`, {
    name: 'base64url credentials',
    headers: { Authorization: 'Basic dTo_-w==' },
  }),
  post('checkpresent', `key=${helloKey}&${client}`, {
    name: 'standard base64 credentials',
    headers: { Authorization: 'Basic dTo/+w==' },
    differs: ['http-basic-alphabet', { status: 200, type: json, body: { present: true } }],
  }),
  {
    name: 'Bearer, unknown UUID',
    path: `x/v4/checkpresent?key=${helloKey}&${client}`,
    headers: { Authorization: 'Bearer x' },
  },

  // Uploads.
  post('put', `key=${freshKey}&${client}`, { name: 'put without length' }),
  post('put', `key=${freshKey}&${client}`, {
    name: 'length no number',
    headers: { 'X-git-annex-data-length': 'x' },
  }),
  post('put', `key=${freshKey}&${client}`, {
    name: 'negative length',
    headers: length(-1),
    differs: [
      'http-negative-numbers',
      {
        status: 400,
        type: undefined,
        body: 'Error parsing header X-git-annex-data-length failed: X-git-annex-data-length parse error',
      },
    ],
  }),
  post('put', `key=${freshKey}&${client}&data-present=1`, { headers: length(1) }),
  post('put', `key=${freshKey}&${client}&data-present=`, { headers: length(1) }),
  post('put', `key=${freshKey}&${client}&offset=x&data-present=x`, { headers: length(1) }),
  post('put', `key=${freshKey}&${client}&offset=x&associatedfile=[x]`, { headers: length(1) }),
  post('put', `key=bad&${client}&data-present=x`, { headers: length(1) }),
  post('put', `key=${freshKey}&clientuuid=&data-present=x`, { headers: length(1) }),
  post('put', `key=${freshKey}&${client}&bypass=&data-present=x`, { headers: length(1) }),
  post('put', `key=${freshKey}&${client}&offset=x`, {
    headers: { 'X-git-annex-data-length': 'x', Authorization: 'x' },
  }),
  post('put', `key=${freshKey}&${client}`, {
    name: 'bad length and bad Authorization',
    headers: { 'X-git-annex-data-length': 'x', Authorization: 'x' },
  }),
  post('put', `key=${freshKey}&${client}&data-present=true`, { headers: length(fresh.length) }),
  post('put', `key=${freshKey}&${client}&data-present=TRUE`, { headers: length(fresh.length) }),
  post('put', `key=${freshKey}&${client}`, {
    name: 'put, too short',
    headers: length(fresh.length),
    body: fresh.slice(0, 10),
  }),
  post('putoffset', `key=${freshKey}&${client}`, { name: 'what came is kept' }),
  post('put', `key=${freshKey}&${client}&offset=10`, {
    name: 'put, too long',
    headers: length(fresh.length - 10),
    body: `${fresh.slice(10)}more`,
  }),
  post('putoffset', `key=${freshKey}&${client}`, { name: 'and still kept' }),
  post('put', `key=${freshKey}&${client}`, {
    name: 'put from the beginning over a part',
    headers: length(fresh.length),
    body: fresh,
  }),
  post('put', `key=${freshKey}&${client}`, { name: 'put again', headers: length(fresh.length), body: fresh }),
  post('put', `key=${freshKey}&${client}&data-present=true`, {
    name: 'data-present of what is present',
    headers: length(fresh.length),
  }),
  { name: 'what was put', method: 'GET', path: `${server}/key/${freshKey}` },
  post('putoffset', `key=${freshKey}&${client}`, { name: 'putoffset of what is present' }),
  post('put', `key=${resumedKey}&${client}`, {
    name: 'first part',
    headers: length(resumed.length),
    body: resumed.slice(0, 100),
  }),
  post('put', `key=${resumedKey}&${client}&offset=120`, {
    name: 'offset past what is here',
    headers: length(resumed.length - 120),
    body: resumed.slice(120),
  }),
  post('putoffset', `key=${resumedKey}&${client}`, {
    name: 'then',
    differs: ['http-put-offset-ahead', { body: { offset: 100 } }],
  }),
  post('put', `key=${resumedKey}&${client}`, {
    name: 'first part again',
    headers: length(resumed.length),
    body: resumed,
  }),
  { name: 'what was resumed', method: 'GET', path: `${server}/key/${resumedKey}` },
  post('put', `key=${absentKey}&${client}`, { name: 'wrong content', headers: length(7), body: 'nowherE' }),
  post('putoffset', `key=${absentKey}&${client}`, { name: 'wrong content is not kept' }),
  post('checkpresent', `key=${absentKey}&${client}`, { name: 'nor stored' }),
  {
    name: 'v1 put',
    path: `${server}/v1/put?key=${absentKey}&${client}`,
    headers: length(7),
    body: 'nowherE',
  },
  {
    name: 'v3 has no data-present',
    path: `${server}/v3/put?key=${absentKey}&${client}&data-present=x`,
    headers: length(7),
    body: 'nowhere',
  },
  {
    name: 'v1 put again',
    path: `${server}/v1/put?key=${absentKey}&${client}`,
    headers: length(7),
    body: 'nowhere',
  },

  // Removals.
  post('remove-before', `key=${absentKey}&${client}`),
  post('remove-before', `key=${absentKey}&${client}&timestamp=x`),
  post('remove-before', `key=${absentKey}&${client}&timestamp=-1`),
  post('remove-before', `key=${absentKey}&${client}&timestamp=5`),
  post('remove-before', `key=${absentKey}&${client}&timestamp=99999999999999999999`),
  post('remove-before', `key=${absentKey}&${client}&timestamp=1`),
  { name: 'v1 remove', path: `${server}/v1/remove?key=${freshKey}&${client}` },
  post('checkpresent', `key=${freshKey}&${client}`),
  post('remove', `key=${helloKey}&${client}`, {
    name: 'remove what is locked',
    differs: ['http-remove-locked', { status: 200, type: json, body: { removed: false, plusuuids: [] } }],
  }),
  post('checkpresent', `key=${helloKey}&${client}`, { name: 'it is still there' }),

  // Locks.
  post('keeplocked', client),
  post('keeplocked', 'lockid='),
  post('keeplocked', 'lockid=[x]'),
  post('keeplocked', 'lockid=any-text'),
  post('keeplocked', 'lockid=any-text', { body: '{"unlock":false}\n' }),
  post('keeplocked', 'lockid=any-text&clientuuid='),
  post('keeplocked', 'lockid=any-text', { body: '{"unlock":true}' }),
  post('keeplocked', 'lockid=any-text', { body: 'garbage\n' }),
];
