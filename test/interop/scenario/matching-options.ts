// Command lines of `find` made of random matching options, and the repository that they are asked about: files with history,
// locked and unlocked, several with the same content, three special remotes, groups, expressions, sizes and metadata.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runIn, type Release } from '../../support/git-annex.ts';
import { pick, type Random } from './random.ts';

/** Makes the repository with this release, and gives its directory. */
export async function makeMatchingRepository(dir: string, release: Release): Promise<string> {
  await Promise.all(['d1', 'd2', 'd3'].map((name) => mkdir(join(dir, name))));
  await runIn(dir, ['bash', '-ec', script], { release });
  return join(dir, 'r');
}

const script = `
git init -q r; cd r; git annex init -q here
mkdir -p sub/deep archive
for i in 1 2 3 4 5 6 7 8; do
  head -c $((i * 300)) /dev/zero | tr '\\0' $i > f$i.dat; echo "song $i" > sub/s$i.mp3
done
cp f1.dat sub/deep/same.dat; cp sub/s2.mp3 archive/s2.mp3; printf '\\0\\1\\2\\377' > 'pic ä.png'
printf b > $'bad\\xff'; git annex add -q .; echo t > $'t\\tb'; git annex add -q --backend=WORM .
printf '* annex.numcopies=1\\nsub/*.mp3 annex.numcopies=3\\n*.dat annex.mincopies=2\\nsub/deep/* annex.numcopies=0\\n' > .gitattributes
git -c filter.annex.process= -c filter.annex.clean=cat add .gitattributes; git commit -qm files
git annex unlock -q f2.dat sub/s3.mp3
for n in 1 2 3; do git annex initremote -q d$n type=directory directory=../d$n encryption=none; done
git annex copy -q --to d1 f1.dat f2.dat f3.dat sub
git annex copy -q --to d2 f2.dat f4.dat f5.dat 'pic ä.png' archive
git annex copy -q --to d3 sub/s4.mp3 sub/s5.mp3 f6.dat
git annex drop -q --force f2.dat f6.dat f7.dat sub/s6.mp3; git annex drop -q --force --from d3 sub/s5.mp3
git rm -q f8.dat; rm sub/s8.mp3; git annex fromkey -q --force 'URL--http&c%%x.y%z' unsized
git annex untrust -q d2; git annex numcopies -q 2
for group in 'd1 backup' 'd2 backup' 'd2 archive' '. client'; do git annex group -q $group; done
git annex wanted -q . standard; git annex wanted -q d1 'balanced=backup:1 or include=sub/*'
git annex wanted -q d2 groupwanted; git annex groupwanted -q backup 'fullysizebalanced=backup:1'
git annex required -q d3 'largerthan=1kb and metadata=tag=keep'; git annex wanted -q d3 'not present'
git annex maxsize -q d1 3kb; git annex maxsize -q d2 6kb
git annex metadata -q -t keep -s year=1999 f6.dat sub/s1.mp3 > /dev/null
git annex metadata -q -s year=2010 -s author=Ann f3.dat > /dev/null
git annex registerurl -q "$(git annex lookupkey f5.dat)" http://example.com/f5.dat
git commit -qm more > /dev/null
`;

export interface RandomOptions {
  /** Options that only the latest release has. */
  readonly withNewest: boolean;
}

/** The words after `find`. */
export function randomFind(random: Random, options: RandomOptions): string[] {
  const words = expression(random, options, 0);
  if (random() < 0.2) words.push(pick(random, others));
  // git-annex (both releases) can hang where it adds up sizes for a directory's files.
  const looksAtSizes = words.some((word) => word.startsWith('--want-'));
  if (random() < 0.3 && !looksAtSizes) words.push(...pick(random, places));
  return words;
}

function expression(random: Random, options: RandomOptions, depth: number): string[] {
  const words: string[] = [];
  const count = 1 + Math.floor(random() * 3);
  for (let index = 0; index < count; index++) {
    if (index > 0 && random() < 0.6) words.push(pick(random, ['--and', '--or', '--or']));
    if (random() < 0.25) words.push('--not');
    if (depth < 2 && random() < 0.25) words.push('-(', ...expression(random, options, depth + 1), '-)');
    else words.push(term(random, options));
    // What stands where it makes no sense means something all the same.
    if (random() < 0.03) words.push(pick(random, ['--not', '--or', '--and', '-(', '-)']));
  }
  return words;
}

function term(random: Random, { withNewest }: RandomOptions): string {
  return pick(random, withNewest ? [...terms, ...newest] : terms);
}

function withValues(option: string, values: readonly string[]): string[] {
  return values.map((value) => `--${option}=${value}`);
}

const numbers = ['1', '2', '0', '-1'];
const names = ['*', '*.dat', 'sub/*', 'f[1-4]*', 'f[!1-4]*', 's?b/*', '*/same.dat'];
const terms: readonly string[] = [
  ...withValues('in', ['here', 'd1', 'd2', 'd3', 'web', 'here@{1 hour ago}', 'd1@{now}']),
  ...withValues('copies', [...numbers, 'trusted:1', 'semitrusted:1', 'semitrusted+:2', 'untrusted:1']),
  ...withValues('copies', ['backup:1', 'backup:2', 'archive:1', 'none:1', 'dead:0']),
  ...withValues('lackingcopies', numbers),
  ...withValues('approxlackingcopies', numbers),
  ...withValues('inbackend', ['SHA256E', 'WORM', 'SHA1']),
  ...withValues('inallgroup', ['backup', 'archive', 'none', 'client']),
  ...withValues('onlyingroup', ['backup', 'archive', 'none', 'client']),
  ...withValues('metadata', ['tag=keep', 'tag=k*', 'year>2000', 'year<2000', 'year>=1999', 'author=ANN']),
  ...withValues('metadata', ['none=*', 'lastchanged=*', 'year-lastchanged=20*', 'tag']),
  ...withValues('include', names),
  ...withValues('exclude', names),
  ...withValues('includesamecontent', ['*', 'f1.dat', 'archive/*', 'sub/*']),
  ...withValues('excludesamecontent', ['*', 'f1.dat', 'archive/*', 'sub/*']),
  ...withValues('largerthan', ['1kb', '10', '0']),
  ...withValues('smallerthan', ['1kb', '10', '0']),
  ...withValues('want-get-by', ['here', 'd1', 'd2', 'd3']),
  ...withValues('want-drop-by', ['here', 'd1', 'd2', 'd3']),
  ...withValues('accessedwithin', ['1y']),
  ...withValues('mimetype', ['text/*', 'application/*']),
  ...withValues('mimeencoding', ['us-ascii', 'binary']),
  '--securehash',
  '--want-get',
  '--want-drop',
  '--unlocked',
  '--locked',
  '--expected-present',
  '--anything',
  '--nothing',
];
const newest: readonly string[] = [
  ...withValues('copies', ['backup-archive=1', '-archive=1', '+backup+archive=2']),
  ...withValues('lackingcopies', ['backup:1', 'backup-archive=1']),
  ...withValues('url', ['*', 'http*', '*f5*', 'x*']),
  ...withValues('presentsince', ['here:1d', 'd1:1d']),
  ...withValues('lackingsince', ['here:1d', 'd3:1d']),
  ...withValues('changedsince', ['here:1d', 'd1:1d', 'd3:1d']),
];
const others: readonly string[] = [
  '--numcopies=3',
  '--untrust=d1',
  '--semitrust=d2',
  '--rebalance',
  '--size-limit=2kb',
  '--size-limit=10b',
  '--print0',
  '--json',
  '--format=${file;12}|${bytesize}|${escaped_file}\\n',
];
const places: readonly (readonly string[])[] = [
  ['sub'],
  ['sub', 'f1.dat'],
  ['--branch=HEAD'],
  ['--branch=HEAD:sub'],
  ['.'],
  ['nosuch', 'archive'],
];
