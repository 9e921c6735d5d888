// The long runs, which have the scenarios of test/interop do the same for longer:
//
//   npm run soak -- concurrent [SECONDS]      everybody at once, 120 s bare and 120 s not, unless told
//   npm run soak -- fill [MB]                 four clients fill a cluster of so much room, 120 MB unless told
//   npm run soak -- find [TRIES]              500 random command lines of find, unless told
//   npm run soak -- kill-uploads [UPLOADS]    200 uploads, each with a kill -9, unless told
//   npm run soak -- gateways [SECONDS]        two and three gateways whose links are cut for 60 s, unless told (as root)
//   npm run soak -- vanishing-clients [CLIENTS]   1000 clients say half of something and vanish, unless told
//   npm run soak -- preferred-content [N]     2000 random expressions judged by each release, unless told
//   npm run soak -- balanced [KEYS]           10000 keys over groups of 1 to 50 repositories, unless told
//   npm run soak -- hostile [REQUESTS]        100000 requests made to break the server, unless told
//   npm run soak -- fuzz [SECONDS]            600 s of inputs that nobody wrote for all that reads what strangers write
//   npm run soak -- idle [ROUNDS]             10000 idle connections and 1000 slow readers, five times unless told
//   npm run soak -- stalls [SECONDS]          clients that read nothing, others that hang up, and real ones, 600 s unless told
//   npm run soak -- access                    every endpoint and version, by everybody, in every mode of both releases
//
// Each leaves a page in doc/evidence/. INTEROP_SEED chooses another seed, ANNEXUS_TEST_SERVER=git-annex the server
// that the scenarios were calibrated against (which leaves no page).
import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const runs = new Map([
  ['concurrent', { file: 'concurrent-git-annex', variable: 'ANNEXUS_SOAK_SECONDS', amount: 120 }],
  ['fill', { file: 'placement', variable: 'ANNEXUS_SOAK_FILL_MB', amount: 120 }],
  ['gateways', { file: 'gateways-apart', variable: 'ANNEXUS_SOAK_CUT_SECONDS', amount: 60 }],
  ['vanishing-clients', { file: 'vanishing-clients', variable: 'ANNEXUS_SOAK_CLIENTS', amount: 1000 }],
  ['find', { file: 'find', variable: 'ANNEXUS_SOAK_FINDS', amount: 500 }],
  ['preferred-content', { file: 'preferred-content', variable: 'ANNEXUS_SOAK_EXPRESSIONS', amount: 2000 }],
  ['balanced', { file: 'balanced', variable: 'ANNEXUS_SOAK_KEYS', amount: 10_000 }],
  ['idle', { file: 'idle-clients', variable: 'ANNEXUS_SOAK_ROUNDS', amount: 5, isNetwork: true }],
  ['stalls', { file: 'stalls', variable: 'ANNEXUS_SOAK_STALLS', amount: 600 }],
  ['access', { file: 'http-access', variable: 'ANNEXUS_SOAK_ACCESS', amount: 1 }],
  ['hostile', { file: 'hostile', variable: 'ANNEXUS_SOAK_HOSTILE', amount: 100_000 }],
  ['fuzz', { folder: 'unit', file: 'fuzz', variable: 'ANNEXUS_SOAK_FUZZ_SECONDS', amount: 600 }],
  ['kill-uploads', { file: 'kill-uploads', variable: 'ANNEXUS_SOAK_UPLOADS', amount: 200 }],
]);

// A network of its own whose packets have the size that packets have: of the 64 KiB of a loopback interface the system takes
// megabytes for each client that reads nothing, and a thousand of them leave everybody on the machine short of memory for TCP.
const userNamespace = process.getuid?.() === 0 ? [] : ['--map-root-user'];
const setUp = 'ip link set lo up mtu 1500 && exec "$@"';
const network = ['unshare', '--net', ...userNamespace, 'sh', '-c', setUp, 'sh'];

const [name = '', amount] = process.argv.slice(2);
const run = runs.get(name);
if (run === undefined || (amount !== undefined && !/^[1-9]\d*$/.test(amount))) {
  console.error(`usage: npm run soak -- ${[...runs.keys()].join('|')} [AMOUNT]`);
  process.exitCode = 2;
} else {
  const test = ['npx', 'vitest', 'run', `test/${run.folder ?? 'interop'}/${run.file}.test.ts`];
  const [program = '', ...args] = run.isNetwork === true ? [...network, ...test] : test;
  const { status } = spawnSync(program, args, {
    cwd: dirname(dirname(fileURLToPath(import.meta.url))),
    stdio: 'inherit',
    env: { ...process.env, [run.variable]: amount ?? String(run.amount) },
  });
  process.exitCode = status ?? 1;
}
