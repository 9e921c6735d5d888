/**
 * Tells systemd that the service is ready, or about to stop, where the unit asks for that (`Type=notify`). Node has no
 * datagram sockets of the kind that sd_notify(3) needs, so systemd's own program sends it: the unit needs
 * `NotifyAccess=all`.
 */

import { execFile } from 'node:child_process';
import process from 'node:process';
import { promisify } from 'node:util';
import type { EventSink } from '../types/event.ts';

/** Never rejects. */
export async function tellServiceManager(what: 'ready' | 'stopping', events: EventSink): Promise<void> {
  if (process.env['NOTIFY_SOCKET'] === undefined) return;
  try {
    await promisify(execFile)('systemd-notify', [states[what]], { timeout: limitMs });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    events({ type: 'warning', message: `systemd could not be told that the server is ${what}: ${reason}` });
  }
}

const states = { ready: 'READY=1', stopping: 'STOPPING=1' } as const;
const limitMs = 5000;
