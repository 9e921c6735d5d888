/**
 * The environment git runs in. Variables that lead git to another repository than the one we mean (we may have been
 * started by a hook, or as `git annexus`) are taken away; configuration given with `git -c` stays.
 */

/** What `git rev-parse --local-env-vars` lists, less the configuration, and what would change our reading of git's output. */
const taken: readonly string[] = [
  'GIT_ALTERNATE_OBJECT_DIRECTORIES',
  'GIT_CONFIG',
  'GIT_OBJECT_DIRECTORY',
  'GIT_QUARANTINE_PATH',
  'GIT_DIR',
  'GIT_WORK_TREE',
  'GIT_IMPLICIT_WORK_TREE',
  'GIT_GRAFT_FILE',
  'GIT_INDEX_FILE',
  'GIT_NAMESPACE',
  'GIT_NO_REPLACE_OBJECTS',
  'GIT_REPLACE_REF_BASE',
  'GIT_PREFIX',
  'GIT_SHALLOW_FILE',
  'GIT_COMMON_DIR',
  'GIT_INTERNAL_SUPER_PREFIX',
  'GIT_LITERAL_PATHSPECS',
  'GIT_GLOB_PATHSPECS',
  'GIT_NOGLOB_PATHSPECS',
  'GIT_ICASE_PATHSPECS',
  'GIT_EXTERNAL_DIFF',
  'LANGUAGE',
];

/** Untranslated messages, no questions on the terminal. `gitDir` undefined: git looks for the repository itself. */
export function gitEnvironment(
  gitDir: string | undefined,
  extra: Readonly<Record<string, string>> = {},
): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = { ...process.env };
  for (const name of taken) delete environment[name];
  if (gitDir !== undefined) environment['GIT_DIR'] = gitDir;
  return {
    ...environment,
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_FLUSH: '1',
    ...extra,
  };
}
