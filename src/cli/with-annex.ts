/** Opens the annex that a command was called in, runs the command, and commits and closes whatever happens. */

import { openAnnex, type OpenAnnex } from '../node/annex/open-annex.ts';
import { systemClock, systemRng } from '../node/clock.ts';
import type { Event } from '../types/event.ts';
import type { Terminal } from './terminal.ts';

export async function withAnnex(
  terminal: Terminal,
  work: (annex: OpenAnnex) => Promise<number>,
): Promise<number> {
  const annex = await openAnnex(terminal.cwd, {
    clock: systemClock,
    rng: systemRng,
    events: (event) => warn(event, terminal),
  });
  try {
    await annex.branch.update();
    return await work(annex);
  } finally {
    await annex.close();
  }
}

function warn(event: Event, terminal: Terminal): void {
  if (event.type === 'warning') terminal.err(`annexus: ${event.message}\n`);
}
