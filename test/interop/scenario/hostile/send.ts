// Says a hostile request to the server, and hears what comes.
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HostileRequest } from './hostile-request.ts';

export interface Heard {
  /** All bytes that came. */
  readonly bytes: Buffer;
  /** Of the replies, in order, without 100. */
  readonly statuses: readonly number[];
  /** There was a whole reply, or the end of the connection. */
  readonly isAnswered: boolean;
}

/** How long a client stays that may not be answered at all. */
const shortMs = 150;
const longMs = 30_000;

export async function send(port: number, request: HostileRequest): Promise<Heard> {
  const socket = connect(port, '127.0.0.1');
  let bytes: Buffer = Buffer.alloc(0);
  let isEnded = false;
  return await new Promise((resolve, reject) => {
    const limit = setTimeout(done, request.expects === 'reply' ? longMs : shortMs);
    socket.setNoDelay();
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      if (request.expects === 'reply' && isWhole(bytes, request.isHead === true)) done();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') reject(error);
    });
    socket.on('close', () => {
      isEnded = true;
      done();
    });
    socket.on('connect', () => {
      void say();
    });

    async function say(): Promise<void> {
      for (const each of request.writes) {
        await new Promise<void>((written) => socket.write(each, 'latin1', () => written()));
        if (request.writes.length > 1) await sleep(0);
      }
      if (request.expects === 'leave') done();
    }

    function done(): void {
      clearTimeout(limit);
      // Without a wait for stray packets: ports would run out.
      socket.resetAndDestroy();
      const isAnswered = isEnded || isWhole(bytes, request.isHead === true);
      resolve({ bytes, statuses: statusesOf(bytes), isAnswered });
    }
  });
}

/** Whether the bytes are a reply that has ended as it said, or more. */
function isWhole(bytes: Buffer, isHead: boolean): boolean {
  const end = bytes.indexOf('\r\n\r\n');
  if (end === -1) return false;
  const head = bytes.toString('latin1', 0, end);
  if (head.startsWith('HTTP/1.1 100')) return isWhole(bytes.subarray(end + 4), isHead);
  if (isHead || /^HTTP\/1\.1 (?:204|304)/.test(head)) return true;
  const length = /^content-length: (\d+)/im.exec(head)?.[1];
  if (length !== undefined) return bytes.length >= end + 4 + Number(length);
  return (
    /^transfer-encoding: chunked/im.test(head) && bytes.subarray(-7).toString('latin1').endsWith('0\r\n\r\n')
  );
}

function statusesOf(bytes: Buffer): readonly number[] {
  const found = bytes.toString('latin1').matchAll(/(?:^|\n|\})HTTP\/1\.1 (\d{3}) /g);
  return [...found].map(([, status]) => Number(status)).filter((status) => status !== 100);
}
