/**
 * `annexus vicfg`, as git-annex's: opens an editor on the settings that the git-annex branch has for all clones, and records
 * what was changed. Clusters are there with the repositories, and so are descriptions.
 */

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { uuidsByGroup, parseGroupLog } from '../../logs/group-log.ts';
import { configuredClusters } from '../../node/annex/configured-remotes.ts';
import type { OpenAnnex } from '../../node/annex/open-annex.ts';
import { describeRepositories } from '../../node/annex/repositories.ts';
import { changeSetting } from '../../node/annex/repository-setting.ts';
import { AnnexError } from '../../types/annex-error.ts';
import { parseUUID, type UUID } from '../../types/uuid.ts';
import {
  byteStringToBytes,
  byteStringToText,
  bytesToByteString,
  type ByteString,
} from '../../util/byte-string.ts';
import { runEditor } from '../run-editor.ts';
import type { OutputOptions } from '../report.ts';
import type { Terminal } from '../terminal.ts';
import { withAnnex } from '../with-annex.ts';
import { parseEdited, type ConfigurationChange } from './parse.ts';
import type { Setting } from './setting.ts';
import { settings, uuidOf } from './settings.ts';
import { formatConfiguration, type Configuration, type Known } from './text.ts';

export async function vicfg(
  words: readonly string[],
  _options: OutputOptions,
  terminal: Terminal,
): Promise<number> {
  if (words.length > 0) throw new AnnexError('config', 'This command takes no parameters.');
  return await withAnnex(terminal, async (annex) => {
    const before = await readConfiguration(annex);
    const text = formatConfiguration(before, await readKnown(annex));
    for (const change of await editUntilGood(text, { before, annex, terminal })) await apply(annex, change);
    return 0;
  });
}

async function readConfiguration(annex: OpenAnnex): Promise<Configuration> {
  const read = async (setting: Setting) =>
    [setting, setting.read((await annex.branch.read(setting.log)) ?? '')] as const;
  return new Map(await Promise.all(Object.values(settings).map(read)));
}

async function readKnown(annex: OpenAnnex): Promise<Known> {
  const repositories = await describeRepositories(annex);
  const clusterNames = new Map(
    [...configuredClusters(await annex.git.config())].map(([name, uuid]) => [uuid, byteStringToText(name)]),
  );
  const clusters = [...repositories.remotes.clusters.nodesByCluster.keys(), ...clusterNames.keys()];
  const titleOf = (uuid: UUID | undefined): string => {
    if (uuid === undefined) return '';
    const [description, name] = [repositories.description(uuid), clusterNames.get(uuid)];
    if (name === undefined || description.includes(name)) return description;
    return description === '' ? `cluster ${name}` : `${description} (cluster ${name})`;
  };
  return {
    uuids: [...new Set([...repositories.uuids, ...clusters])].sort(),
    groups: uuidsByGroup(parseGroupLog((await annex.branch.read('group.log')) ?? '')).keys(),
    titleOf: (field) => titleOf(parseUUID(field)),
  };
}

/** The changes, once all that the editor left makes sense. */
async function editUntilGood(
  first: ByteString,
  {
    before,
    annex,
    terminal,
  }: { readonly before: Configuration; readonly annex: OpenAnnex; readonly terminal: Terminal },
): Promise<readonly ConfigurationChange[]> {
  const directory = await mkdtemp(join(annex.git.gitDir, 'annex', 'vicfg-'));
  const file = join(directory, 'config.tmp');
  try {
    for (let text = first; ; ) {
      await writeFile(file, byteStringToBytes(text));
      await runEditor(file, { annex, terminal });
      const edited = bytesToByteString(await readFile(file));
      if (edited.trim() === '')
        throw new AnnexError('config', 'nothing was left of the text: no setting was changed');
      const parsed = parseEdited(edited, before);
      if (parsed.type === 'changes') return parsed.changes;
      text = parsed.text;
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function apply(annex: OpenAnnex, { setting, field, value }: ConfigurationChange): Promise<void> {
  const uuid = setting.of === 'repository' ? uuidOf(field) : undefined;
  await changeSetting(annex, { log: setting.log, uuid }, (old) =>
    setting.change(old ?? '', { field, value, nowSeconds: annex.nowSeconds() }),
  );
}
