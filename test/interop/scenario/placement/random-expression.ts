// Random expressions of the preferred content language: most are well formed, some are soups of operators and
// parentheses, a few do not parse.
import type { ByteString } from '../../../../src/util/byte-string.ts';
import { pick, type Random } from '../random.ts';
import { list } from './list.ts';

export const groupNames: readonly ByteString[] = list(
  'archive smallarchive client backup incrementalbackup transfer source manual public unwanted ' +
    'a b offsite trusted x+y p-q k:v größe',
);

/** Without `newest`, only what the stable release knows as well. */
export function randomExpression(random: Random, { newest }: { readonly newest: boolean }): ByteString {
  for (;;) {
    const expression = anyExpression(random);
    if (newest || !newestSyntax.test(expression)) return expression;
  }
}

const newestSyntax = /url=|:lackingcopies|lackingcopies=[^\s()]*[:=]|copies=[^\s()]*=/;

function anyExpression(random: Random): ByteString {
  if (random() < 0.08)
    return pick(random, ['standard', 'groupwanted', 'standard or groupwanted', '()', 'and']);
  return random() < 0.25 ? soup(random) : tree(random, 3);
}

function tree(random: Random, depth: number): ByteString {
  const roll = random();
  if (depth === 0 || roll < 0.3) return randomTerm(random);
  const inner = (): ByteString => tree(random, depth - 1);
  if (roll < 0.4) return `not ${inner()}`;
  if (roll < 0.55) return `(${inner()})`;
  if (roll < 0.75) return `${inner()} and ${inner()}`;
  if (roll < 0.95) return `${inner()} or ${inner()}`;
  return `${inner()} ${inner()}`;
}

function soup(random: Random): ByteString {
  const words = Array.from({ length: 1 + Math.floor(random() * 9) }, () =>
    random() < 0.45
      ? randomTerm(random)
      : pick(random, ['and', 'or', 'not', '(', ')', '(', ')', '()', 'or or']),
  );
  return words.join(random() < 0.9 ? ' ' : '  ');
}

function randomTerm(random: Random): ByteString {
  if (random() < 0.01) return pick(random, unparsable);
  const family = pick(random, families);
  return family(random);
}

function count(random: Random): string {
  return pick(random, [
    '0',
    '1',
    '1',
    '1',
    '2',
    '2',
    '3',
    '4',
    '-1',
    '7',
    '2x',
    '0x2',
    '99999999999999999999',
  ]);
}

function group(random: Random): ByteString {
  return random() < 0.04 ? 'nobody' : pick(random, groupNames);
}

/** `archive+backup-offsite`. */
function limit(random: Random): ByteString {
  const words = Array.from({ length: 1 + Math.floor(random() * 3) }, (_, index) => {
    const sign = index === 0 ? pick(random, ['', '+', '-']) : pick(random, ['+', '-', '+', '-', '--', '+-']);
    return `${sign}${random() < 0.05 ? '' : group(random)}`;
  });
  return words.join('');
}

function copies(random: Random): ByteString {
  const name = pick(random, ['copies', 'copies', 'lackingcopies', 'approxlackingcopies']);
  const roll = random();
  if (roll < 0.3) return `${name}=${count(random)}`;
  if (roll < 0.6) return `${name}=${group(random)}:${count(random)}`;
  if (roll < 0.8) return `${name}=${limit(random)}=${count(random)}`;
  const trust = pick(random, ['trusted', 'semitrusted', 'untrusted', 'dead']);
  return `${name}=${trust}${pick(random, ['', '+'])}:${count(random)}`;
}

function balanced(random: Random): ByteString {
  const name = pick(random, ['balanced', 'fullybalanced', 'sizebalanced', 'fullysizebalanced']);
  const roll = random();
  if (roll < 0.3) return `${name}=${group(random)}`;
  // git-annex counts up to the number that it is given.
  if (roll < 0.65)
    return `${name}=${group(random)}:${pick(random, ['0', '1', '2', '2', '3', '4', '9', '-1', '2x', '50'])}`;
  if (roll < 0.85) return `${name}=${group(random)}:lackingcopies`;
  return `${name}=${group(random)}:lackingcopies=${limit(random)}`;
}

function metadata(random: Random): ByteString {
  const operator = pick(random, ['=', '=', '=', '<', '<=', '>', '>=', '']);
  const value = operator === '' ? '' : pick(random, metadataValues);
  return `metadata=${pick(random, metadataFields)}${operator}${value}`;
}

const metadataFields = list('tag author YEAR year x.y pages lastchanged tag-lastchanged none');
const metadataValues: readonly ByteString[] = [
  ...list(
    'done d* *smith * 100 99.5 1e2 0x64 -5 5 b .5 NaN a/b a?b ? [0-9]* [!a]* [[:digit:]]* 2023-* d[Öö]ne',
  ),
  ...list('*e ǅ 10 B =5 Infinity 0o17'),
  '',
];

function constant(random: Random): ByteString {
  return pick(random, [
    'anything',
    'nothing',
    'present',
    'present',
    'inpreferreddir',
    'securehash',
    'unused',
  ]);
}

type Family = (random: Random) => ByteString;

const families: readonly Family[] = [
  (random) => `${pick(random, ['include', 'exclude'])}=${pick(random, globs)}`,
  (random) => `${pick(random, ['include', 'exclude'])}=${pick(random, globs)}`,
  copies,
  copies,
  balanced,
  balanced,
  metadata,
  constant,
  constant,
  (random) => `${pick(random, ['inallgroup', 'onlyingroup'])}=${group(random)}`,
  (random) => `${pick(random, ['largerthan', 'smallerthan'])}=${pick(random, sizes)}`,
  (random) => `inbackend=${pick(random, ['SHA256E', 'SHA256', 'WORM', 'URL', 'XYZ', 'sha256'])}`,
  (random) =>
    `url=${pick(random, ['*example.com*', 'http://example.com/?', '*/b.mp3', '*dir/b*', 'HTTP*', '*'])}`,
  (random) => pick(random, ['standard', 'groupwanted']),
];

const globs: readonly ByteString[] = [
  ...list(
    '* *.mp3 *.MP3 archive/* */archive/* song?.mp3 [sS]ong* *[0-4]* *[!0-4].mp3 */* song* public//* *]*',
  ),
  ...list('[[:upper:]]* *[[:space:]]* x[[]1]* *\\** *.d b/* *+* -* .* []x]* größe/* gr??e/* 日?[0-9]*'),
  ...list('*[ö-ÿ]* bad?[0-9]* line?feed* line* feed* *[^a-z]*'),
  'bad\xff*',
];

const sizes = list('0 1 1000 1kb 1KiB 0.5mb 1mbyte -1 999b 1e3');

const unparsable: readonly ByteString[] = list(
  'copies=x copies=1.5 copies=+1 largerthan=big foo in=here balanced=a:b balanced=a:1:2 metadata==x metadata=-f=x ' +
    'anything=x copies=a=b=1 mimetype=x copies= copies=a:b=3 Present',
);
