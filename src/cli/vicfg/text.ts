/**
 * The text that `vicfg` edits, in git-annex's form: what is set, and as comments what could be.
 *
 *     # (for my laptop [laptop])
 *     trust 468a6a9f-0d4f-4aee-a5f7-c2fb44e4e2e2 = untrusted
 *     # (for cluster archive)
 *     #trust ac3746be-8ac7-8bbd-9545-94b16c62fab5 = semitrusted
 *
 * git-annex's own leaves out the section with descriptions, and clusters that nobody described.
 */

import { standardGroups } from '../../preferred-content/standard-groups.ts';
import { compareByteStrings, textToByteString, type ByteString } from '../../util/byte-string.ts';
import type { Setting } from './setting.ts';
import { settings } from './settings.ts';

/** The values that are set, of each setting by its fields. */
export type Configuration = ReadonlyMap<Setting, ReadonlyMap<ByteString, ByteString>>;

export interface Known {
  /** Repositories and clusters, sorted. */
  readonly uuids: readonly ByteString[];
  readonly groups: Iterable<ByteString>;
  readonly titleOf: (uuid: ByteString) => string;
}

export function formatConfiguration(configuration: Configuration, known: Known): ByteString {
  const section = (setting: Setting, ...comments: readonly string[]): string[] => [
    ...comments.map((comment) => `# ${comment}`),
    ...settingLines(setting, configuration.get(setting) ?? new Map(), known),
    '',
  ];
  const names = [...standardGroups.keys()].join(' ');
  const lines = [
    '# git-annex configuration',
    '# ',
    '# Changes saved to this file will be recorded in the git-annex branch.',
    '# ',
    '# Lines in this file have the format:',
    '#   setting field = value',
    '',
    ...section(
      settings.trust,
      'Repository trust configuration',
      '(Valid trust levels: trusted semitrusted untrusted dead)',
    ),
    ...section(
      settings.group,
      'Repository groups',
      `(Standard groups: ${names})`,
      '(Separate group names with spaces)',
    ),
    ...section(
      settings.wanted,
      'Repository preferred contents',
      `(Set to "standard" to use a repository's group's preferred contents)`,
    ),
    ...section(
      settings.groupwanted,
      'Group preferred contents',
      '(Used by repositories with "groupwanted" in their preferred contents)',
    ),
    '# Standard preferred contents',
    '# (Used by wanted or groupwanted expressions containing "standard")',
    '# (For reference only; built-in and cannot be changed!)',
    ...Array.from(standardGroups, ([name, expression]) => `# standard ${name} = ${expression}`),
    '',
    ...section(settings.required, 'Repository required contents'),
    ...section(settings.maxsize, 'Maximum repository sizes'),
    ...section(settings.schedule, 'Scheduled activities', '(Separate multiple activities with "; ")'),
    ...section(settings.numcopies, 'Numcopies configuration').slice(0, -1),
    ...section(settings.mincopies),
    ...section(settings.config, 'Other global configuration'),
    ...section(settings.description, 'Repository descriptions').slice(0, -1),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function settingLines(
  setting: Setting,
  values: ReadonlyMap<ByteString, ByteString>,
  known: Known,
): ByteString[] {
  const { name, initial = '', compare = compareByteStrings } = setting;
  const titled = (field: ByteString): ByteString[] =>
    setting.of === 'repository' ? [`# (for ${textToByteString(known.titleOf(field))})`] : [];
  const set = [...values].sort(
    ([left, value], [right, other]) => compare(value, other) || compareByteStrings(left, right),
  );
  return [
    ...set.flatMap(([field, value]) => [...titled(field), `${name} ${field} = ${value}`]),
    ...fieldsOf(setting, known)
      .filter((field) => !values.has(field))
      .flatMap((field) =>
        setting.of === 'default'
          ? [`# ${name} ${field} =`]
          : [...titled(field), `#${name} ${field} = ${initial}`],
      ),
  ];
}

function fieldsOf({ of }: Setting, { uuids, groups }: Known): readonly ByteString[] {
  switch (of) {
    case 'repository':
      return uuids;
    case 'group':
      return [...new Set([...standardGroups.keys(), ...groups])].sort(compareByteStrings);
    case 'default':
      return ['default'];
    case 'config':
      return [];
  }
}
