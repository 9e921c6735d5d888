/**
 * `annexus completion SHELL`: prints a script that completes commands, options and remotes in bash, zsh or fish. What can
 * be completed is read off the command line's own definition; names of remotes, those behind gateways included, are asked
 * for when the key is pressed, with `annexus completion --remotes`.
 */

import type { Command } from 'commander';
import { readRemotes } from '../node/annex/remotes.ts';
import { AnnexError } from '../types/annex-error.ts';
import { byteStringToText } from '../util/byte-string.ts';
import type { Terminal } from './terminal.ts';
import { withAnnex } from './with-annex.ts';

export interface CompletionOptions {
  /** Prints the names of remotes in place of a script. */
  readonly remotes?: boolean | undefined;
}

export async function completion(
  shell: string | undefined,
  { program, ...options }: CompletionOptions & { readonly program: Command },
  terminal: Terminal,
): Promise<number> {
  if (options.remotes === true) return await printRemotes(terminal);
  const script = shell === undefined ? undefined : scripts.get(shell);
  if (script === undefined)
    throw new AnnexError('config', `a shell is wanted: ${[...scripts.keys()].join(', ')}`);
  terminal.out(script(commandsOf(program)));
  return 0;
}

/** Nothing at all outside of an annex: whoever presses a key wants no complaint. */
async function printRemotes(terminal: Terminal): Promise<number> {
  try {
    return await withAnnex({ ...terminal, err: () => undefined }, async (annex) => {
      const { configured, instantiated } = await readRemotes(annex);
      const names = [...configured, ...instantiated].map(({ name }) => byteStringToText(name));
      terminal.out(
        names
          .filter((name) => !/\s/.test(name))
          .map((name) => `${name}\n`)
          .join(''),
      );
      return 0;
    });
  } catch {
    return 0;
  }
}

interface CompletedCommand {
  readonly name: string;
  readonly options: readonly string[];
}

function commandsOf(program: Command): readonly CompletedCommand[] {
  return program.commands.map((command) => ({
    name: command.name(),
    options: [...new Set([...longOptions(command), '--help'])],
  }));
}

/** Those of its parts too, whichever of them it will be. */
function longOptions(command: Command): readonly string[] {
  const own = command.options.filter(({ hidden }) => !hidden).flatMap(({ long }) => long ?? []);
  return [...own, ...command.commands.flatMap(longOptions)];
}

function bash(commands: readonly CompletedCommand[]): string {
  const cases = commands.map(({ name, options }) => `    ${name}) options='${options.join(' ')}' ;;`);
  return `_annexus() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} options=
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W '${commands.map(({ name }) => name).join(' ')}' -- "$current"))
    return
  fi
  case \${COMP_WORDS[1]} in
${cases.join('\n')}
  esac
  case $current in
    -*) COMPREPLY=($(compgen -W "$options" -- "$current")); return ;;
  esac
  case $previous:\${COMP_WORDS[1]} in
    --from:*|--to:*|${[...remoteOptions.map((option) => `--${option}:*`), ...takesRemotes.map((name) => `*:${name}`), ...beginsWithRemote.map((name) => `${name}:*`)].join('|')})
      COMPREPLY=($(compgen -W "$(annexus completion --remotes 2>/dev/null)" -- "$current")) ;;
    completion:*) COMPREPLY=($(compgen -W '${[...scripts.keys()].join(' ')}' -- "$current")) ;;
  esac
}
complete -o default -F _annexus annexus
`;
}

/** Zsh runs the functions of bash. */
function zsh(commands: readonly CompletedCommand[]): string {
  return `autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n${bash(commands)}`;
}

function fish(commands: readonly CompletedCommand[]): string {
  const remotes = "-a '(annexus completion --remotes 2>/dev/null)'";
  const lines = commands.flatMap(({ name, options }) => [
    `complete -c annexus -f -n __fish_use_subcommand -a ${name}`,
    ...options.map(
      (option) =>
        `complete -c annexus -n '__fish_seen_subcommand_from ${name}' -l ${option.slice('--'.length)}`,
    ),
  ]);
  return [
    ...lines,
    ...[...takesRemotes, ...beginsWithRemote].map(
      (name) => `complete -c annexus -n '__fish_seen_subcommand_from ${name}' ${remotes}`,
    ),
    ...['from', 'to', ...remoteOptions].map((option) => `complete -c annexus -x -l ${option} ${remotes}`),
    `complete -c annexus -f -n '__fish_seen_subcommand_from completion' -a '${[...scripts.keys()].join(' ')}'`,
    '',
  ].join('\n');
}

/** Commands whose words are all repositories, and those of which the first one is. */
const takesRemotes = ['info', 'explain', 'trust', 'semitrust', 'untrust', 'dead'];
const beginsWithRemote = ['extendcluster', 'wanted', 'required', 'group', 'ungroup', 'describe', 'maxsize'];

/** Options whose value is a repository. */
const remoteOptions = ['in', 'want-get-by', 'want-drop-by', 'semitrust', 'untrust', 'without'];

const scripts: ReadonlyMap<string, (commands: readonly CompletedCommand[]) => string> = new Map([
  ['bash', bash],
  ['zsh', zsh],
  ['fish', fish],
]);
