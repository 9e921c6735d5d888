// Ways out of a repository.
import { pick, type Random } from '../random.ts';
import { below, chance, repeated } from './chance.ts';
import type { Aim } from './hostile-request.ts';

export const dots: readonly string[] = [
  '..',
  '%2e%2e',
  '.%2e',
  '%252e%252e',
  '..%00',
  '..;',
  '%c0%ae%c0%ae',
  '..%5c',
  '%2e%2e%2f..',
  '.',
  '',
];
export const slashes: readonly string[] = [
  '/',
  '/',
  '/',
  '%2f',
  '%2F',
  '//',
  '/./',
  '\\',
  '%5c',
  '%252f',
  '%c0%af',
];

/** From within a repository to a file that is nobody's business. */
export function climb(random: Random, aim: Aim): string {
  const dot = pick(random, dots);
  const up = repeated(1 + below(random, 8), () => (chance(random, 0.8) ? dot : pick(random, dots)));
  const slash = pick(random, slashes);
  return [...up, aimedAt(random, aim).split('/').join(slash)].join(slash);
}

function aimedAt(random: Random, { secrets, directory }: Aim): string {
  const secret = pick(random, secrets);
  return pick(random, [secret, secret, `${directory.slice(1)}/${secret}`, 'etc/passwd', 'proc/self/environ']);
}
