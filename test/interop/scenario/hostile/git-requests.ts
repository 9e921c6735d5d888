// The git side of repositories: paths out of them, what git speaks, and the configuration that is made up for git-annex.
import { pick, type Random } from '../random.ts';
import { below, chance, repeated } from './chance.ts';
import { climb, slashes } from './climbs.ts';
import { request, type Generator } from './hostile-request.ts';

const inRepository = [
  'config',
  '.git/config',
  'description',
  'HEAD',
  'hooks/post-receive',
  'annex/creds/p2pauth',
  'annex/objects',
  'logs/HEAD',
  'index',
  'packed-refs',
  'annex/journal',
  'annex/index',
  'modules/inner/HEAD',
  'modules/inner/info/refs',
  'modules/inner/config',
  'modules/inner/git-upload-pack',
  'objects/info/packs',
  'objects/info/alternates',
  'objects/info/../../config',
  'info/exclude',
  'info/../config',
  'config.worktree',
  'worktrees/x/HEAD',
  'FETCH_HEAD',
  'annex/annexus/shell.sock',
  'git-upload-archive',
  'objects/00/../../config',
];

const gitPaths: Generator = (random, aim) => {
  const { name } = chance(random, 0.2) ? aim.hidden : pick(random, aim.targets);
  const below = pick(random, [
    () => pick(random, inRepository),
    () => climb(random, aim),
    () => `objects${pick(random, slashes)}${climb(random, aim)}`,
    () => `${climb(random, aim)}/HEAD`,
    () => `${pick(random, inRepository)}${pick(random, slashes)}${pick(random, inRepository)}`,
    () => pick(random, inRepository).replace(/[/.]/g, (char) => `%${char.charCodeAt(0).toString(16)}`),
  ])();
  const query = pick(random, [
    '',
    '',
    '?service=git-upload-pack',
    '?service=git-receive-pack',
    '?service=../../bin/sh',
    '?service=git%2Dreceive%2Dpack',
    '?service=git-upload-archive',
    '?%00',
    `?${'a=b&'.repeat(3000)}`,
  ]);
  const method = pick(random, ['GET', 'GET', 'GET', 'HEAD', 'POST', 'PROPFIND']);
  const headers = [
    ...(chance(random, 0.2)
      ? [`Git-Protocol: ${pick(random, ['version=2', 'version=99', 'a'.repeat(9000), '${x}'])}`]
      : []),
    ...(chance(random, 0.2)
      ? [
          `Content-Type: application/x-${pick(random, ['git-upload-pack-request', 'git-receive-pack-request', 'x'])}`,
        ]
      : []),
    ...(chance(random, 0.1) ? ['Content-Encoding: gzip'] : []),
  ];
  return request({
    kind: 'git side',
    method,
    path: `/${name}.git/${below}${query}`,
    headers,
    body: method === 'POST' ? packet(random) : '',
  });
};

function packet(random: Random): string {
  return pick(random, [
    '0000',
    '',
    'ffff',
    '0004',
    '0001',
    '0032want 0000000000000000000000000000000000000000\n0000',
    '00g0',
    'PACK',
    '00870000000000000000000000000000000000000000 1111111111111111111111111111111111111111 refs/heads/../../config\0 report-status\n0000',
    '0014command=ls-refs\n0000',
    '0012command=fetch0001000fofs-delta0000',
    `fff0${'a'.repeat(65_516)}`,
    'x'.repeat(300_000),
    '\x1f\x8b\b\0\0\0\0\0',
  ]);
}

/** What the server says about itself must be one value of a configuration, whatever the request said about it. */
const configs: Generator = (random, aim) => {
  const { name } = pick(random, aim.targets);
  const host = pick(random, [
    'x',
    'x:80',
    'x:99999',
    'x:',
    '[::1]',
    '[::1]:9',
    '[::zz]',
    'a@b',
    'x/..',
    'x?y',
    'x#y',
    'x"y',
    "x'y",
    'x;y',
    'x\\ny',
    'x y',
    'x\ty',
    '%0a',
    'x%0d%0a[core]',
    '-',
    '.',
    '..',
    'x..y',
    '_',
    'a'.repeat(3000),
    '\xff',
    '\xe4.example',
    '1',
    '0x7f.1',
    '',
    'x]\t[core "fsmonitor"',
    '127.0.0.1, evil',
    '$(id)',
    '`id`',
    'xn--a',
    'xn--',
    '999.999.999.999',
    '256.1',
  ]);
  const forwarded = repeated(below(random, 3), () =>
    pick(random, [
      'X-Forwarded-Proto: https',
      'X-Forwarded-Proto: javascript',
      'X-Forwarded-Host: evil',
      'X-Forwarded-Port: 1\t2',
      'Forwarded: host=evil;proto=https',
      'X-Forwarded-For: 1.2.3.4, ::1',
      'X-Request-Id: a\tb',
      'X-Original-URL: /private.git/config',
    ]),
  );
  const path = pick(random, [
    `/${name}.git/config`,
    `/${name}.git//config`,
    `http://y z/${name}.git/config`.replace(' ', '"'),
    `//${name}.git/config`,
  ]);
  return request(
    { kind: 'config', method: pick(random, ['GET', 'GET', 'HEAD', 'POST']), path, host, headers: forwarded },
    {
      body: /^\[core\]\n\tbare = true\n\[annex\]\n\tuuid = [0-9a-f-]{36}\n\turl = annex\+https?:\/\/[A-Za-z0-9._[\]:-]+:\d+\/[A-Za-z0-9%/._-]+\/\n$/,
    },
  );
};

export const gitRequests: readonly Generator[] = [gitPaths, gitPaths, configs];
