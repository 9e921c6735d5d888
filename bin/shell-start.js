// The thin start of `annexus shell p2pstdio`: hands its standard streams to a gateway that runs in the repository already,
// over the socket that it listens at (src/node/gateway/shell-door.ts). Loads nothing else, since an ssh connection waits
// for it. Whatever is not plain is left to the whole program.
const { existsSync, readFileSync } = require('node:fs');
const { connect, Socket } = require('node:net');
const { homedir } = require('node:os');
const path = require('node:path');

/**
 * Calls back with false where the whole program has to start; nothing was read from standard input then.
 * @param {readonly string[]} argv the words after the program's name
 * @param {(isTaken: boolean) => void} done
 */
exports.handOver = (argv, done) => {
  const directory = directoryOf(argv);
  if (directory === undefined) return done(false);
  const inHome = directory.replace(/^(\/?~(\/|$))/, `${homedir()}/`);
  const place = inHome.startsWith('/') ? inHome : `${homedir()}/${inHome}`;
  const name = 'annex/annexus/shell.sock';
  const paths = [`${place}/${name}`, `${place}/.git/${name}`, `${place}.git/${name}`];
  tryNext(paths.filter(existsSync), argv, done);
};

/** @param {readonly string[]} argv */
function directoryOf(argv) {
  if (argv[0] === 'p2pstdio') return argv[1];
  if (argv[0] === '-c' && argv.length === 2)
    return /^git-annex-shell '?p2pstdio'? '([^']+)'/.exec(argv[1] ?? '')?.[1];
  return undefined;
}

/**
 * @param {string[]} paths
 * @param {readonly string[]} argv
 * @param {(isTaken: boolean) => void} done
 */
function tryNext(paths, argv, done) {
  const next = paths.shift();
  if (next === undefined) return done(false);
  const socket = connect({ path: next, allowHalfOpen: true });
  socket.once('error', () => tryNext(paths, argv, done));
  socket.once('connect', () => {
    socket.removeAllListeners('error');
    ask(socket, argv, done);
  });
}

/**
 * @param {import('node:net').Socket} socket
 * @param {readonly string[]} argv
 * @param {(isTaken: boolean) => void} done
 */
function ask(socket, argv, done) {
  /** @type {Record<string, string>} */
  const env = { HOME: homedir() };
  for (const [name, value] of Object.entries(process.env))
    if (name.startsWith('GIT_ANNEX_SHELL_') && value !== undefined) env[name] = value;
  const refuse = () => {
    socket.removeAllListeners();
    socket.on('error', () => undefined).destroy();
    done(false);
  };
  socket.setTimeout(5000, refuse);
  socket.on('error', refuse).on('close', refuse);
  socket.once('data', (answer) => {
    if (answer.length < 3 || answer.toString('latin1', 0, 3) !== 'go\n') return refuse();
    socket.pause();
    socket.removeAllListeners();
    socket.setTimeout(0);
    relay(socket, answer.subarray(3));
    done(true);
  });
  const packed = readFileSync(path.join(__dirname, '..', 'package.json'), 'utf8');
  const { version } = /** @type {{ readonly version: string }} */ (JSON.parse(packed));
  socket.write(`${JSON.stringify({ version, argv, env })}\n`);
}

/**
 * @param {import('node:net').Socket} socket
 * @param {Buffer} first
 */
function relay(socket, first) {
  const fs = require('node:fs');
  /** @param {number} fd */
  const isPipe = (fd) => fs.fstatSync(fd).isFIFO() || fs.fstatSync(fd).isSocket();
  const input = isPipe(0) ? new Socket({ fd: 0, readable: true, writable: false }) : process.stdin;
  const output = isPipe(1) ? new Socket({ fd: 1, readable: false, writable: true }) : process.stdout;
  let isInputEnded = false;
  process.exitCode = 1;
  input.on('end', () => {
    isInputEnded = true;
  });
  // An end before the client's own is the conversation's only if the gateway lives on; who cannot tell says that it broke.
  socket.on('end', () => {
    if (isInputEnded) process.exitCode = 0;
    input.destroy();
    socket.end();
  });
  // Standard input that nobody ends would keep the process.
  socket.on('close', () => input.destroy());
  for (const stream of [socket, input, output]) stream.on('error', () => socket.destroy());
  if (first.length > 0) output.write(first);
  socket.pipe(output);
  input.pipe(socket);
}
