import type { Command } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

export const COMPLETION_HELP = `
Put it where your shell looks:
  bash   treadle completion bash >> ~/.bashrc
  zsh    treadle completion zsh > "\${fpath[1]}/_treadle"
  fish   treadle completion fish > ~/.config/fish/completions/treadle.fish`;

/** Completion of commands and options, generated from the program itself; what is neither is a file. */
export function completionScript(shell: Shell, program: Command): string {
  const words = [...collect(program, '')];
  if (shell === 'bash') return bash(words);
  if (shell === 'zsh') return `#compdef treadle\nautoload -U +X bashcompinit && bashcompinit\n${bash(words)}`;
  return fish(words);
}

interface Word {
  name: string;
  meaning: string;
}

interface Words {
  /** The command so far, `data commit`; empty for the program. */
  path: string;
  names: Word[];
  options: Word[];
}

function* collect(command: Command, path: string): Generator<Words> {
  const names = command.commands.map((child) => ({ name: child.name(), meaning: child.description() }));
  const options = command.options.flatMap(({ long, description }) =>
    long === undefined || long === null ? [] : [{ name: long, meaning: description }],
  );
  options.push({ name: '--help', meaning: 'say how it is used' });
  yield { path, names, options };
  for (const child of command.commands) yield* collect(child, `${path} ${child.name()}`.trim());
}

const spelt = (words: readonly Word[]): string => words.map(({ name }) => name).join(' ');

/** Names where a command is expected, options after a dash; nothing else, so that the shell offers files. */
function bash(words: Words[]): string {
  const cases = words
    .map(
      ({ path, names, options }) => `    "${path}") names="${spelt(names)}" options="${spelt(options)}" ;;`,
    )
    .join('\n');
  return `_treadle() {
  local path="" word names="" options="" current="\${COMP_WORDS[COMP_CWORD]}"
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ $word == -* ]] || path="\${path:+$path }$word"
  done
  local whole="$path"
  while :; do
    case "$path" in
${cases}
    esac
    [[ -n $options || -z $path ]] && break
    [[ $path == *" "* ]] && path="\${path% *}" || path=""
  done
  COMPREPLY=()
  if [[ $current == -* ]]; then COMPREPLY=($(compgen -W "$options" -- "$current"))
  elif [[ $path == "$whole" ]]; then COMPREPLY=($(compgen -W "$names" -- "$current"))
  fi
}
complete -o default -F _treadle treadle
`;
}

function fish(words: Words[]): string {
  return words
    .flatMap(({ path, names, options }) => {
      const seen = path === '' ? [] : path.split(' ').map((word) => `__fish_seen_subcommand_from ${word}`);
      const after = names.length === 0 ? [] : [`not __fish_seen_subcommand_from ${spelt(names)}`];
      const here = path === '' ? '__fish_use_subcommand' : [...seen, ...after].join('; and ');
      const meant = ({ meaning }: Word): string => `-d ${quoted(meaning)}`;
      return [
        ...names.map((word) => `complete -c treadle -n '${here}' -f -a ${word.name} ${meant(word)}`),
        ...options.map((word) => `complete -c treadle -n '${here}' -l ${word.name.slice(2)} ${meant(word)}`),
      ];
    })
    .join('\n')
    .concat('\n');
}

const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
