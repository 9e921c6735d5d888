// Paths of files of branches, names of repositories, and the server's own pages.
import { pick } from '../random.ts';
import { conditions } from './annex-requests.ts';
import { chance } from './chance.ts';
import { climb, dots, slashes } from './climbs.ts';
import { request, type Generator } from './hostile-request.ts';

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

export const pathRequests: readonly Generator[] = [filePaths, filePaths, names, names, ownPages];
