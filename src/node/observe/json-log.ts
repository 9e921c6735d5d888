/**
 * Events as JSON lines for programs that gather logs, by pino: on standard error or in a file.
 *
 *     {"level":"info","time":"2026-11-25T20:23:18.583Z","event":"request","requestId":"k3v9x0qd-1f","method":"POST",…}
 *
 * Lines are handed to the system in the background, and what a reader does not take is dropped past a limit: nobody's
 * request waits for a log. Loaded only where it is asked for.
 */

import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { pino, type Logger } from 'pino';
import { AnnexError } from '../../types/annex-error.ts';
import { eventFields } from '../../types/event-fields.ts';
import type { Event, EventSink } from '../../types/event.ts';
import { doneWithin } from './time-limit.ts';

export interface JsonLogOptions {
  /** A file to append to; standard error where not given. */
  readonly file?: string | undefined;
  /** Everything that happens, and not only what an operator wants to know. */
  readonly debug: boolean;
}

export interface JsonLog {
  readonly sink: EventSink;
  /** Goes on in a new file of the same name, where the old one was moved away. */
  reopen(): void;
  /** Resolves when what was waiting is handed over, or nobody takes it. Nothing is told afterwards. */
  close(): Promise<void>;
}

/** Throws AnnexError('config') where the file cannot be written. */
export async function openJsonLog({ file, debug }: JsonLogOptions): Promise<JsonLog> {
  if (file !== undefined) await checkWritable(file);
  const stream = pino.destination({ dest: file ?? 2, sync: false, maxLength: maxWaitingBytes, mode: 0o640 });
  // Pino hands over what is left when the process ends, and fails then where the file is not open yet.
  if (file !== undefined) await once(stream, 'ready');
  // A disk that is full, a reader that went away: the server goes on.
  stream.on('error', () => undefined);
  const logger = pino(
    {
      level: debug ? 'debug' : 'info',
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
    },
    stream,
  );
  let isClosed = false;
  return {
    sink: (event) => {
      if (!isClosed) log(event, logger);
    },
    reopen: () => {
      if (file !== undefined && !isClosed) stream.reopen();
    },
    close: async () => {
      if (isClosed) return;
      isClosed = true;
      // Not flushSync: it does not wait for the lines that are being written.
      const closed = once(stream, 'close');
      stream.end();
      const isDone = await doneWithin(closeLimitMs, closed).catch(() => true);
      if (!isDone) stream.destroy();
    },
  };
}

async function checkWritable(file: string): Promise<void> {
  try {
    await (await open(file, 'a', 0o640)).close();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new AnnexError('config', `the log ${file} cannot be written: ${code ?? String(error)}`);
  }
}

function log(event: Event, logger: Logger): void {
  const level = levelOf(event);
  if (!logger.isLevelEnabled(level)) return;
  const { type, fields } = eventFields(event);
  const { path, ...others } = fields;
  const code = 'error' in event && event.error instanceof AnnexError ? { code: event.error.code } : {};
  // What a client chose is long at the most what fits in a line.
  const short = path === undefined ? {} : { path: String(path).slice(0, maxPath) };
  logger[level]({ event: type, ...others, ...short, ...code });
}

function levelOf(event: Event): 'error' | 'warn' | 'info' | 'debug' {
  switch (event.type) {
    case 'request':
      return event.status >= 500 && !event.hungUp ? 'error' : 'info';
    case 'request-failed':
      return event.error instanceof AnnexError && event.error.code === 'peer' ? 'warn' : 'error';
    case 'node-failed':
    case 'warning':
      return 'warn';
    case 'listening':
    case 'certificate-loaded':
    case 'node-back':
    case 'stored':
    case 'removed':
      return 'info';
    case 'request-started':
    case 'request-refused':
    case 'node-operation':
    case 'transfer-started':
    case 'transfer-ended':
    case 'content-locked':
    case 'branch-committed':
    case 'branch-merged':
      return 'debug';
  }
}

const maxWaitingBytes = 16 * 1024 * 1024;
const maxPath = 2048;
const closeLimitMs = 2000;
