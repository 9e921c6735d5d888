// HTTP itself: what is one request for us may be two for somebody else.
import { pick, type Random } from '../random.ts';
import { chunked } from './annex-requests.ts';
import { below, chance, garbage, repeated } from './chance.ts';
import { request, type Aim, type Generator, type HostileRequest } from './hostile-request.ts';
import { percent, samples } from './hostile-values.ts';

/** What must not be taken for a request of its own. */
const inner = 'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n';

function checkPresent(random: Random, aim: Aim): string {
  const { uuid, key } = pick(random, aim.targets);
  return `/git-annex/${uuid}/v4/checkpresent?key=${percent(key)}&clientuuid=${uuid}`;
}

function raw(kind: string, writes: readonly string[], more: Partial<HostileRequest> = {}): HostileRequest {
  return { kind, writes, expects: 'anything', ...more };
}

/** Two lengths in one request: refused, and nothing after it is looked at. */
const smuggling: Generator = (random, aim) => {
  const path = checkPresent(random, aim);
  const [headers, body] = pick(random, [
    ['Content-Length: 5\r\nTransfer-Encoding: chunked', `0\r\n\r\n${inner}`],
    ['Transfer-Encoding: chunked\r\nContent-Length: 5', `0\r\n\r\n${inner}`],
    ['Content-Length: 0\r\nContent-Length: 36', inner],
    ['Content-Length: 36, 0', inner],
    ['Content-Length: +0', inner],
    ['Content-Length: 0x0', inner],
    ['Content-Length: -1', inner],
    ['Content-Length: 1e1', inner],
    ['Content-Length: 99999999999999999999999', inner],
    ['Content-Length : 0', inner],
    [' Content-Length: 0', inner],
    ['Transfer-Encoding: chunked, identity', `0\r\n\r\n${inner}`],
    ['Transfer-Encoding: xchunked', `0\r\n\r\n${inner}`],
    ['Transfer-Encoding : chunked', `0\r\n\r\n${inner}`],
    ['Transfer-Encoding: chunked\r\nTransfer-Encoding: identity', `0\r\n\r\n${inner}`],
    ['X-A: b\nTransfer-Encoding: chunked', `0\r\n\r\n${inner}`],
    ['X-A: b\rContent-Length: 0', inner],
    ['X-A: b\0\r\nContent-Length: 0', inner],
  ]);
  return raw('smuggling', [`POST ${path} HTTP/1.1\r\nHost: x\r\n${headers}\r\n\r\n`, body], {
    statuses: [400],
  });
};

const chunks: Generator = (random, aim) => {
  const { uuid } = pick(random, aim.targets);
  const { key, content } = pick(random, samples);
  const path = `/git-annex/${uuid}/v4/put?key=${percent(key)}&clientuuid=${uuid}`;
  const whole = chunked(random, content);
  const body = pick(random, [
    () => whole.replace('\r\n', '\n'),
    () => whole.replace('0\r\n\r\n', `0\r\nX-Injected: yes\r\nContent-Length: 9\r\n\r\n`),
    () => whole.replace('0\r\n\r\n', ''),
    () => `${whole.slice(0, below(random, whole.length))}${garbage(random, 20)}`,
    () => 'fffffffffffffffff\r\n',
    () => 'ffffffffffffffff\r\nabc',
    () => '-1\r\n',
    () => `5;${'a'.repeat(30_000)}\r\nhello\r\n0\r\n\r\n`,
    () => `${'1;x\r\na\r\n'.repeat(500)}0\r\n\r\n`,
    () => `0\r\n${'A: b\r\n'.repeat(3000)}\r\n`,
    () => `${content.length.toString(16)}\r\n${content}`,
    () => `0x5\r\nhello\r\n0\r\n\r\n`,
  ])();
  const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nX-git-annex-data-length: ${content.length}\r\nTransfer-Encoding: chunked\r\n\r\n`;
  return raw('chunks', [head, body]);
};

const requestLines: Generator = (random, aim) => {
  const path = checkPresent(random, aim);
  const { name } = aim.hidden;
  const method = pick(random, [
    'GET',
    'POST',
    'CONNECT',
    'TRACE',
    'OPTIONS',
    'PATCH',
    'get',
    'G\0T',
    'PRI',
    'M-SEARCH',
    'LINK',
    'X'.repeat(500),
    '',
  ]);
  const target = pick(random, [
    path,
    `http://x${path}`,
    `http://x@y:1${path}`,
    `https://${path}`,
    'http://',
    '://',
    `x:80`,
    '*',
    '',
    '?',
    '#',
    `${path}#a`,
    `/${path}`,
    `http:/${path}`,
    `HTTP://x/${name}.git/config`,
    `/\t${path}`,
    '/\xff',
    '/%',
    `/${'a'.repeat(100_000)}`,
    `/${'a/'.repeat(10_000)}`,
    `/${'%41'.repeat(20_000)}`,
    `file:///etc/passwd`,
    `/..${path}`,
    `/x://../${name}.git/config`,
  ]);
  const version = pick(random, [
    'HTTP/1.1',
    'HTTP/1.1',
    'HTTP/1.0',
    'HTTP/0.9',
    'HTTP/2.0',
    'HTTP/1.1 x',
    'http/1.1',
    '',
    'HTTP/1.',
    'HTTP/11.1',
  ]);
  const end = pick(random, ['\r\n', '\r\n', '\n', '\r', '\r\r\n']);
  return raw('request lines', [
    `${method} ${target} ${version}${end}Host: x${end}Connection: close${end}${end}`,
  ]);
};

const headers: Generator = (random, aim) => {
  const path = checkPresent(random, aim);
  const header = pick(random, [
    () => `X: ${'a'.repeat(pick(random, [8000, 70_000, 600_000]))}`,
    () => repeated(pick(random, [100, 2500]), () => `X-${below(random, 1000)}: y`).join('\r\n'),
    () => `${'A'.repeat(70_000)}: b`,
    () => `Cookie: ${'a=b; '.repeat(2000)}`,
    () => 'Cookie: __proto__=1',
    () => 'X-A: b\r\n c: d',
    () => 'X-A: b\r\n\tX-Injected: yes',
    () => `X-A: ${garbage(random, 30).replace(/[\r\n]/g, ' ')}`,
    () => ': b',
    () => 'no colon',
    () => 'Host: y',
    () => '__proto__: a',
    () => `Expect: ${pick(random, ['100-continue', '200-ok', '100-continue, 100-continue', ''])}`,
    () =>
      `Connection: ${pick(random, ['upgrade', 'close, keep-alive', 'Host', 'x'.repeat(9000)])}\r\nUpgrade: ${pick(random, ['h2c', 'websocket', ''])}`,
    () => `Content-Encoding: ${pick(random, ['gzip', 'br', 'x'])}`,
    () =>
      `Origin: ${pick(random, ['null', 'http://evil', 'a\tb', '*'])}\r\nAccess-Control-Request-Method: POST`,
    () => `Keep-Alive: timeout=${'9'.repeat(100)}`,
    () => `Date: ${garbage(random, 10).replace(/[\r\n]/g, ' ')}`,
    () =>
      `Traceparent: ${pick(random, ['', '00-0-0-0', `00-${'0'.repeat(32)}-${'0'.repeat(16)}-01`, `ff-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, `00-${'A'.repeat(32)}-${'b'.repeat(16)}-01`, 'x'.repeat(5000)])}`,
    () =>
      `X-Forwarded-For: ${pick(random, ['1.2.3.4', '::1', 'unix', '999', 'a, b, c', ','.repeat(5000), "'"])}`,
    () => `X-Request-Id: ${pick(random, ['a', '{"a":1}', 'a\tb', 'x'.repeat(5000), '\xff'])}`,
    () => `X-git-annex-data-length: ${pick(random, ['1', '-1', 'a', '1, 1'])}`,
    () => `X-Accel-Redirect: /private\r\nX-Sendfile: /etc/passwd\r\nX-Injected-Not: 1`,
  ])();
  return raw('headers', [`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n${header}\r\n\r\n`]);
};

const authorization: Generator = (random, aim) => {
  const basic = (text: string): string => `Basic ${Buffer.from(text, 'latin1').toString('base64')}`;
  const value = pick(random, [
    ...aim.credentials,
    basic('ann:wrong'),
    basic('nobody:wrong'),
    basic(':'),
    basic(''),
    basic('a'),
    basic('\0:\0'),
    basic('ann\n:x'),
    basic('../../x:y'),
    basic('__proto__:x'),
    basic(`${'a'.repeat(50_000)}:b`),
    'Basic',
    'Basic ',
    'Basic !!!',
    'Basic YQ',
    'basic  YTpi',
    'Bearer',
    'Bearer x',
    `Bearer ${'a'.repeat(50_000)}`,
    'Bearer a b',
    'Digest username="x"',
    'Negotiate YII=',
    'X',
    '',
    '\xff',
    'Basic YTpi, Basic YTpi',
  ]);
  const { uuid, name } = chance(random, 0.5) ? aim.hidden : pick(random, aim.targets);
  const path = pick(random, [
    `/git-annex/${uuid}/v4/checkpresent?key=WORM--a&clientuuid=a`,
    `/${name}.git/info/refs?service=git-receive-pack`,
    `/${name}/files/main/file`,
    '/status',
    '/metrics',
    `/${name}/git-annex/${uuid}/key/${percent(aim.hidden.key)}`,
  ]);
  const method = path.includes('checkpresent') ? 'POST' : 'GET';
  return request({ kind: 'authorization', method, path, headers: [`Authorization: ${value}`] });
};

/** Many at once on one connection. */
const pipelined: Generator = (random, aim) => {
  const one = `POST ${checkPresent(random, aim)} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n`;
  const many = one.repeat(1 + below(random, 40));
  return raw('pipelines', [many, chance(random, 0.5) ? garbage(random, 50) : '']);
};

const noise: Generator = (random) =>
  raw('noise', [
    pick(random, [
      garbage(random, below(random, 300)),
      '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
      '\r\n'.repeat(1000),
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      'AUTH x y\n',
      '\0'.repeat(1000),
    ]),
  ]);

export const framingRequests: readonly Generator[] = [
  smuggling,
  chunks,
  chunks,
  requestLines,
  requestLines,
  headers,
  headers,
  authorization,
  pipelined,
  noise,
];
