// The entry point of bin/annexus.
import process from 'node:process';
import { runCommandLine } from './command-line.ts';
import { lostArgument } from './lost-argument.ts';

// Whoever reads the output may go away: a server then goes on, and a command that lists things ends.
let isOutputGone = false;
process.stdout.on('error', () => {
  isOutputGone = true;
});
process.stderr.on('error', () => undefined);

const argv = process.argv.slice(2);
// A shell may be told words that are nothing to it.
const lost = argv[0] === 'shell' ? undefined : lostArgument(argv);
if (lost !== undefined) {
  process.stderr.write(`annexus: this is not UTF-8, and so cannot be read: ${lost}\n`);
  process.exit(1);
}

const ended = runCommandLine(argv, {
  out: (text) => void (isOutputGone || process.stdout.write(text)),
  err: (text) => void process.stderr.write(text),
  isOutputGone: () => isOutputGone,
  isOutputTerminal: process.stdout.isTTY,
  input: () => process.stdin,
  cwd: process.cwd(),
  env: process.env,
});
void ended.then((status) => {
  process.exitCode = status;
});
