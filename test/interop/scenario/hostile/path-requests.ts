// Ways out of a repository: the git side, files of branches, names of repositories, and the server's own pages.
import { pick, type Random } from '../random.ts';
import { conditions } from './annex-requests.ts';
import { below, chance, repeated } from './chance.ts';
import { request, type Aim, type Generator } from './hostile-request.ts';

const dots = [
  '..',
  '%2e%2e',
  '.%2e',
  '%252e%252e',
  '..%00',
  '..;',
  '%c0%ae%c0%ae',
  '..%5c',
  '%2e%2e%2f..',
  '.',
  '',
];
const slashes = ['/', '/', '/', '%2f', '%2F', '//', '/./', '\\', '%5c', '%252f', '%c0%af'];

/** From within a repository to a file that is nobody's business. */
function climb(random: Random, aim: Aim): string {
  const dot = pick(random, dots);
  const up = repeated(1 + below(random, 8), () => (chance(random, 0.8) ? dot : pick(random, dots)));
  const slash = pick(random, slashes);
  return [...up, aimedAt(random, aim).split('/').join(slash)].join(slash);
}

function aimedAt(random: Random, { secrets, directory }: Aim): string {
  const secret = pick(random, secrets);
  return pick(random, [secret, secret, `${directory.slice(1)}/${secret}`, 'etc/passwd', 'proc/self/environ']);
}

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

const links = [
  'to-passwd',
  'to-secret',
  'to-config',
  'to-key-config',
  'pointer-climb',
  'loop',
  'dir-link/passwd',
  'file',
  'annexed',
  'dir',
  'submodule',
  'submodule/x',
  'huge-link',
  'dir/../file',
  '.git/config',
];

const filePaths: Generator = (random, aim) => {
  const { name } = chance(random, 0.2) ? aim.hidden : pick(random, aim.targets);
  const branch = pick(random, [
    'main',
    'main',
    'main',
    'git-annex',
    'HEAD',
    '..',
    'main..git-annex',
    'main@{0}',
    'refs/heads/main',
    ':/a',
    '-h',
    '--all',
    'main^{tree}',
    'main~1',
    '%00',
    'a'.repeat(5000),
    '0'.repeat(40),
    'FETCH_HEAD',
    '*',
    'main:file',
  ]);
  const below = pick(random, [
    () => pick(random, links),
    () => climb(random, aim),
    () => '',
    () => `${pick(random, links)}/`,
    () => 'a/'.repeat(3000),
  ])();
  const path = `/${name}/files/${branch}/${below}${pick(random, ['', '', '?download', '?format=json', '?%'])}`;
  const method = pick(random, ['GET', 'GET', 'GET', 'HEAD', 'POST']);
  return request({
    kind: 'files of branches',
    method,
    path: path.replace(/[\s{}^]/g, (char) => `%${char.charCodeAt(0).toString(16)}`),
    headers: conditions(random),
  });
};

const names: Generator = (random, aim) => {
  const { name, uuid } = chance(random, 0.5) ? aim.hidden : pick(random, aim.targets);
  const slash = pick(random, slashes);
  const other = pick(random, [
    () => name.replaceAll('/', slash),
    () => `${pick(random, dots)}${slash}${name}`,
    () => `open${slash}${pick(random, dots)}${slash}${aim.hidden.name}`,
    () => `${name}.git${slash}${pick(random, dots)}${slash}${aim.hidden.name}`,
    () => `${name}%00`,
    () => `${name} `.replace(' ', '%20'),
    () => name.toUpperCase(),
    () => name.replace(/[a-z]/g, (char) => `%${char.charCodeAt(0).toString(16)}`),
    () => '__proto__',
    () => 'constructor/toString',
    () => climb(random, aim),
    () => aim.directory,
    () => 'files',
    () => '.git',
  ])();
  const side = pick(random, [
    '.git/HEAD',
    '.git/info/refs?service=git-upload-pack',
    '.git/config',
    '/files/',
    '/files/main/file',
    `/git-annex/${uuid}/v4/checkpresent?key=WORM--a&clientuuid=a`,
  ]);
  return request({ kind: 'names of repositories', method: 'GET', path: `/${other}${side}` });
};

const ownPages: Generator = (random, aim) => {
  const page = pick(random, [
    '/healthz',
    '/readyz',
    '/metrics',
    '/status',
    '/',
    '/favicon.ico',
    '/index.html',
    '/status/',
    '/status.json',
    '/metrics?x',
  ]);
  const path = chance(random, 0.6) ? page : `${page}/${climb(random, aim)}`;
  const method = pick(random, ['GET', 'GET', 'HEAD', 'POST', 'OPTIONS', 'TRACE']);
  return request({ kind: "the server's own pages", method, path, headers: ['Accept: application/json'] });
};

export const pathRequests: readonly Generator[] = [
  gitPaths,
  configs,
  filePaths,
  filePaths,
  names,
  names,
  ownPages,
];
