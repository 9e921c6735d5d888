// The entry point of bin/annexus.
import process from 'node:process';
import { runCommandLine } from './command-line.ts';

// Whoever reads the output may go away: a server then goes on, and a command that lists things ends.
let isOutputGone = false;
process.stdout.on('error', () => {
  isOutputGone = true;
});
process.stderr.on('error', () => undefined);

const ended = runCommandLine(process.argv.slice(2), {
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
