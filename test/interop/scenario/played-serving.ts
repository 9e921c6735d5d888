// A page that sets up `annexus serve` in one transcript, whose last command is the server, and visits it in the next.
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { freePort } from '../../support/free-port.ts';
import { startIn, type Release } from '../../support/git-annex.ts';
import { play, type Step } from './played-transcript.ts';
import { annexus } from './served-site.ts';

export interface Serving {
  readonly dir: string;
  readonly release: Release;
  /** What the page says stands in `annexus.yaml`. */
  readonly config: string;
}

/**
 * The visitor is asked for a user and a password, and gives the token that the first transcript printed.
 * @returns how many steps the visit had
 */
export async function playServing(
  { dir, release, config }: Serving,
  serving: readonly Step[],
  visiting: readonly Step[],
): Promise<number> {
  const port = `${await freePort()}`;
  const [server, elsewhere] = [join(dir, 'server'), join(dir, 'elsewhere')];
  await mkdir(server);
  await mkdir(elsewhere);
  await writeFile(join(server, 'annexus.yaml'), config.replace(':9417', `:${port}`));
  const last = serving.at(-1)?.command ?? '';
  expect(last).toMatch(/^annexus serve /);
  const printed = await play(serving.slice(0, -1), { dir: server, release, port });
  const [token = ''] = /annexus_[\w-]+/.exec(printed.join('\n')) ?? [];
  expect(token).not.toBe('');
  await using running = startIn(server, [...annexus, ...last.split(' ').slice(1)]);
  await running.shows(/listening on /);
  const askpass = join(dir, 'askpass');
  await writeFile(askpass, `#!/bin/sh\ncase "$1" in Username*) echo ann;; *) echo '${token}';; esac\n`);
  await chmod(askpass, 0o755);
  const played = await play(visiting, {
    dir: elsewhere,
    release,
    port,
    env: { GIT_ASKPASS: askpass, HOME: elsewhere },
  });
  return played.length;
}
