/**
 * `annexus maxsize`, as git-annex's: how much each repository has and should have at most; or with a repository its
 * maximum, or with a size as well sets it.
 */

import type { OpenAnnex } from '../node/annex/open-annex.ts';
import { describeRepositories, type Repositories } from '../node/annex/repositories.ts';
import { changeMaxSizeLog, parseMaxSizeLog } from '../logs/max-size-log.ts';
import { AnnexError } from '../types/annex-error.ts';
import { parseSizeText, roundHalfEven } from '../types/size-text.ts';
import type { UUID } from '../types/uuid.ts';
import { compareByteStrings } from '../util/byte-string.ts';
import { namedRepository } from './find-repository.ts';
import { Report, type OutputOptions } from './report.ts';
import { compareSizes, preciseSizeText, roundedSizeText } from './size-text.ts';
import type { Terminal } from './terminal.ts';
import { titled } from './titled.ts';
import { withAnnex } from './with-annex.ts';

export interface MaxSizeOptions extends OutputOptions {
  readonly bytes?: boolean | undefined;
}

export interface MaxSizeWords {
  readonly repository?: string | undefined;
  readonly size?: string | undefined;
}

export async function maxSize(
  { repository, size }: MaxSizeWords,
  options: MaxSizeOptions,
  terminal: Terminal,
): Promise<number> {
  return await withAnnex(terminal, async (annex) => {
    const report = new Report('maxsize', options, terminal);
    const repositories = await describeRepositories(annex);
    if (repository === undefined) {
      await report.listing([], () => overview({ annex, repositories, options }));
      return report.finish();
    }
    const uuid = namedRepository(repository, { annex, repositories });
    if (size === undefined) {
      await report.listing([repository], async () => {
        const maxSizeBytes = (await readMaxSizes(annex)).get(uuid);
        const text = maxSizeBytes === undefined ? '' : sizeIn(maxSizeBytes, { ...options, precise: true });
        return { text: `${text}\n`, fields: { maxsize: maxSizeBytes ?? noLimit } };
      });
    } else {
      await report.item(repository, [repository, size], async () => {
        await setMaxSize(annex, uuid, size);
        return { success: true };
      });
    }
    return report.finish();
  });
}

async function setMaxSize(annex: OpenAnnex, uuid: UUID, size: string): Promise<void> {
  const maxSizeBytes = parseSizeText(size);
  if (maxSizeBytes === undefined) throw new AnnexError('config', 'Unable to parse size.');
  await annex.branch.change('maxsize.log', (old) =>
    changeMaxSizeLog(old ?? '', { uuid, maxSizeBytes, nowSeconds: annex.nowSeconds() }),
  );
}

async function readMaxSizes(annex: OpenAnnex): Promise<ReadonlyMap<UUID, bigint>> {
  return parseMaxSizeLog((await annex.branch.read('maxsize.log')) ?? '');
}

interface Row {
  readonly uuid: UUID;
  readonly size: bigint;
  readonly maxSize: bigint | undefined;
}

interface OverviewOptions {
  readonly annex: OpenAnnex;
  readonly repositories: Repositories;
  readonly options: MaxSizeOptions;
}

async function overview({ annex, repositories, options }: OverviewOptions): Promise<{
  readonly text: string;
  readonly fields: { readonly repositories: readonly unknown[] };
}> {
  const { sums } = annex.sizes;
  await sums.look();
  const maxSizes = await readMaxSizes(annex);
  const rows = [...new Set([...sums.all().keys(), ...maxSizes.keys()])]
    .filter((uuid) => repositories.trust(uuid) !== 'dead')
    .map((uuid): Row => ({ uuid, size: sums.amountOf(uuid)?.bytes ?? 0n, maxSize: maxSizes.get(uuid) }))
    .sort(byMaxSize);
  return {
    text: [
      '   size maxsize  %full  repository\n',
      ...rows.map((row) => `${line(row, options)}  ${titled(row.uuid, repositories.title(row.uuid))}\n`),
    ].join(''),
    fields: {
      repositories: rows.map(({ uuid, size, maxSize: maxsize = noLimit }) => ({
        description: repositories.description(uuid),
        here: uuid === annex.uuid,
        size: { maxsize, size },
        uuid,
      })),
    },
  };
}

function line({ size, maxSize }: Row, options: MaxSizeOptions): string {
  const columns = [
    sizeIn(size, options).padStart(7),
    (maxSize === undefined ? '' : sizeIn(maxSize, options)).padStart(7),
    (maxSize === undefined ? '' : howFull(size, maxSize)).padStart(6),
  ];
  return columns.join(' ');
}

function howFull(size: bigint, maxSize: bigint): string {
  if (size > maxSize) return '>100%';
  return `${maxSize === 0n ? 0 : roundHalfEven((Number(size) / Number(maxSize)) * 100)}%`;
}

function sizeIn(
  sizeBytes: bigint,
  { bytes, precise }: MaxSizeOptions & { readonly precise?: boolean },
): string {
  if (bytes === true) return String(sizeBytes);
  return precise === true ? preciseSizeText(sizeBytes) : roundedSizeText(sizeBytes);
}

/** The largest maximum first, then the largest size; those without a maximum at the end. */
function byMaxSize(left: Row, right: Row): number {
  return (
    Number(left.maxSize === undefined) - Number(right.maxSize === undefined) ||
    compareSizes(right.maxSize ?? 0n, left.maxSize ?? 0n) ||
    compareSizes(right.size, left.size) ||
    compareByteStrings(right.uuid, left.uuid)
  );
}

// oxlint-disable-next-line unicorn/no-null -- what git-annex has in its JSON
const noLimit = null;
