import type { Command } from 'commander';

/** Fields of requests that a command fills from an argument or option of another name: command → field → how it is given. */
const GIVEN: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  add: { observed_at: '--observed-at' },
  cancel: { release: '<execution-or-release>' },
  deploy: { endpoint: '--to' },
  evaluate: { rules: '--rule', slices: '--slice' },
  gc: { grace_ms: '--grace' },
  release: {
    'deploy.endpoint': '--to',
    'gate.rules': '--rule',
    'deploy.rollout.steps': '--rollout',
    'deploy.rollout.within_s': '--within',
    'deploy.rollout.every_s': '--every',
  },
  set: {
    first_windows: '--first-windows',
    kinds: '--kind',
    label_delay_ms: '--label-delay',
    slices: '--slice',
    stands_for_ms: '--stands-for',
    window_ms: '--window',
  },
};

/**
 * What a server says of a field of a request, in the words of the command line: `deploy.endpoint is empty` is `--to is empty`, and
 * whether something travelled in a path or a query is nothing that a caller of the command knows.
 */
export function inWords(message: string, field: string | undefined, command: Command | undefined): string {
  if (field === undefined || !message.startsWith(`${field} `)) return message;
  return `${given(field, command) ?? field}${message.slice(field.length).replace(/^ \((?:path|query)\)/, '')}`;
}

function given(field: string, command: Command | undefined): string | undefined {
  // One of a list is spoken of as the option that the list came from.
  const whole = field.replace(/\[\d+\]$/, '');
  const all = command && GIVEN[command.name()];
  // So is one of what is given name by name: `kinds.in_note`.
  const named = all?.[whole] ?? all?.[whole.split('.', 1)[0]!];
  if (named !== undefined) return named;
  const name = whole.slice(whole.lastIndexOf('.') + 1);
  if (command?.registeredArguments.some((one) => one.name() === name) === true) return `<${name}>`;
  const options = command?.options ?? [];
  const own = options.find((one) => one.attributeName() === name && !one.negate);
  // A secret comes in a file, never in an argument: `--password-file`.
  return (own ?? options.find(({ long }) => long === `--${name}-file`))?.long ?? undefined;
}
