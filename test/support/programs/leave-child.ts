// Starts a program that no signal but SIGKILL ends, prints its id, and exits without a word to it.
import { processChannel } from '../../../src/node/channel/process-channel.ts';

const channel = processChannel({
  argv: ['sh', '-c', 'trap "" HUP TERM INT; while :; do sleep 1000; done'],
});
console.log(channel.pid);
setTimeout(() => process.exit(0), 100);
