// An input that a parser never gets to the end of blocks every timer of its thread: another thread watches, and says which
// input it was before it ends the process.
import { Worker } from 'node:worker_threads';
import type { ByteString } from '../../../src/util/byte-string.ts';

export class Watchdog {
  readonly #shared = new SharedArrayBuffer(headBytes + maxTextBytes);
  readonly #head = new Int32Array(this.#shared, 0, 2);
  readonly #text: Buffer = Buffer.from(this.#shared, headBytes);
  readonly #worker: Worker;

  constructor({ patienceMs }: { readonly patienceMs: number }) {
    this.#worker = new Worker(watching, {
      eval: true,
      workerData: { shared: this.#shared, headBytes, patienceMs },
    });
    this.#worker.unref();
  }

  /** Another input is tried from now on. */
  begin(name: string, input: ByteString): void {
    Atomics.store(this.#head, 1, this.#text.write(JSON.stringify([name, input]), 'latin1'));
    Atomics.add(this.#head, 0, 1);
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}

const headBytes = 8;
const maxTextBytes = 1 << 19;
const watching = `
const { workerData: { shared, headBytes, patienceMs } } = require('node:worker_threads');
const head = new Int32Array(shared, 0, 2);
let last = 0;
setInterval(() => {
  const now = Atomics.load(head, 0);
  if (now === last) {
    const text = Buffer.from(shared, headBytes, Atomics.load(head, 1)).toString('latin1');
    require('node:fs').writeSync(2, 'an input that is not got to the end of: ' + text + '\\n');
    process.kill(process.pid, 'SIGKILL');
  }
  last = now;
}, patienceMs);
`;
