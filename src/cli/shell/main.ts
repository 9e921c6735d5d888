// What bin/annexus runs as `annexus shell` or under the name git-annex-shell.
import process from 'node:process';
import { runShell } from './run-shell.ts';

const controller = new AbortController();
// What was stored is recorded before the end: the conversation is broken off, and the journal committed.
const stop = (name: NodeJS.Signals): void => controller.abort(new Error(`ended by ${name}`));
for (const name of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) process.once(name, () => stop(name));
process.stderr.on('error', () => undefined);

const isNamed = process.argv[2] !== 'shell';
const ended = runShell(process.argv.slice(isNamed ? 2 : 3), {
  env: process.env,
  err: (text) => void process.stderr.write(text),
  signal: controller.signal,
});
void ended.then((status) => {
  process.exitCode = status;
});
