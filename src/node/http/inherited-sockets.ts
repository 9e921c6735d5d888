/**
 * The sockets that systemd passes to a service that it starts when somebody connects (sd_listen_fds(3)): descriptors from 3
 * on, as many as LISTEN_FDS says, for the process that LISTEN_PID names.
 */

import type { DescriptorPlace } from './place.ts';

/**
 * None where nothing was passed to this process. Takes the variables out of `env`, so that programs which this one starts
 * do not look for sockets of theirs.
 */
export function inheritedSockets(env: Record<string, string | undefined>): readonly DescriptorPlace[] {
  const { LISTEN_FDS: count = '', LISTEN_PID: pid } = env;
  for (const name of ['LISTEN_FDS', 'LISTEN_PID', 'LISTEN_FDNAMES']) delete env[name];
  if (pid !== String(process.pid) || !/^\d{1,4}$/.test(count)) return [];
  return Array.from({ length: Number(count) }, (_, index) => ({ fd: firstDescriptor + index }));
}

const firstDescriptor = 3;
