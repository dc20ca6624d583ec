import type { Command } from 'commander';
import { invalid } from '../../platform/errors/index.ts';

/** Completion of commands and options, generated from the program itself. */
export function completionScript(shell: string, program: Command): string {
  const words = [...collect(program, '')];
  if (shell === 'bash') return bash(words);
  if (shell === 'zsh') return `#compdef treadle\nautoload -U +X bashcompinit && bashcompinit\n${bash(words)}`;
  if (shell === 'fish') return fish(words);
  throw invalid(`there is no completion for '${shell}'`, {
    field: 'shell',
    hint: 'it must be bash, zsh or fish',
  });
}

interface Words {
  /** The command so far, `data commit`; empty for the program. */
  path: string;
  next: string[];
}

function* collect(command: Command, path: string): Generator<Words> {
  const names = command.commands.map((child) => child.name());
  const options = command.options.flatMap((option) => (option.long === undefined ? [] : [option.long]));
  yield { path, next: [...names, ...options] };
  for (const child of command.commands) yield* collect(child, `${path} ${child.name()}`.trim());
}

function bash(words: Words[]): string {
  const cases = words.map(({ path, next }) => `    "${path}") words="${next.join(' ')}" ;;`).join('\n');
  return `_treadle() {
  local path="" word words=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ $word == -* ]] || path="\${path:+$path }$word"
  done
  while :; do
    case "$path" in
${cases}
    esac
    [[ -n $words || -z $path ]] && break
    [[ $path == *" "* ]] && path="\${path% *}" || path=""
  done
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _treadle treadle
`;
}

function fish(words: Words[]): string {
  return words
    .flatMap(({ path, next }) => {
      const names = next.filter((word) => !word.startsWith('--'));
      const condition =
        path === ''
          ? '__fish_use_subcommand'
          : path
              .split(' ')
              .map((word) => `__fish_seen_subcommand_from ${word}`)
              .join('; and ');
      return [
        ...names.map((name) => `complete -c treadle -n '${condition}' -f -a ${name}`),
        ...next
          .filter((word) => word.startsWith('--'))
          .map((word) => `complete -c treadle -n '${condition}' -l ${word.slice(2)}`),
      ];
    })
    .join('\n')
    .concat('\n');
}
