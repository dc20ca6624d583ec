import { Command, CommanderError, Help, type Option } from 'commander';
import { messageOf, TreadleError } from '../../platform/errors/index.ts';
import { createClient, type Client } from './client.ts';
import { COMPLETION_HELP, completionScript, SHELLS, type Shell } from './completion.ts';
import type { Cli, Register } from './frame.ts';
import { choice } from './options.ts';
import { createOutput, printable } from './output.ts';
import { Ended, Interrupted } from './pipes.ts';
import { inWords } from './words.ts';

export { faultLines } from './damage.ts';
export { events } from './events.ts';
export type { Cli, Register } from './frame.ts';
export { duration } from './options.ts';
export { bytes, count, table, type Output } from './output.ts';
export { guardOutput, Interrupted } from './pipes.ts';

/** One entry per noun, in the order of `treadle --help`; not loaded for the server, which should be ready at once. */
const NOUNS: ReadonlyArray<() => Promise<{ register: Register }>> = [
  () => import('./access.ts'),
  () => import('./people.ts'),
  () => import('./grants.ts'),
  () => import('./data.ts'),
  () => import('./run.ts'),
  () => import('./pipelines.ts'),
  () => import('./init.ts'),
  () => import('./githost.ts'),
  () => import('./experiments.ts'),
  () => import('./runs.ts'),
  () => import('./traces.ts'),
  () => import('./import.ts'),
  () => import('./models.ts'),
  () => import('./evaluate.ts'),
  () => import('./releases.ts'),
  () => import('./environment.ts'),
  () => import('./gitops.ts'),
  () => import('./secret.ts'),
  () => import('./approvals.ts'),
  () => import('./serving.ts'),
  () => import('./ask.ts'),
  () => import('./outcomes.ts'),
  () => import('./monitor.ts'),
  () => import('./alerts.ts'),
  () => import('./loop.ts'),
  () => import('./channel.ts'),
  () => import('./package.ts'),
  () => import('./serve.ts'),
  () => import('./ledger.ts'),
  () => import('./verify.ts'),
  () => import('./pins.ts'),
];

export interface CliOptions {
  version: string;
  /** Commands that belong to the roof (server, config). */
  roof: Register;
}

/** Runs one command line. Returns the exit code: 0 done, 1 failed, 2 used wrongly, 130 interrupted. */
export async function runCli(argv: readonly string[], options: CliOptions): Promise<number> {
  const json = argv.includes('--json');
  const program = new Command('treadle')
    .description(
      'The whole machine-learning loop in one process: data, pipelines, runs, models, with proof at every step.',
    )
    .version(options.version)
    .option('--json', 'print the result as JSON')
    .showHelpAfterError(json ? false : '(add --help to see how it is used)')
    .configureOutput({
      outputError: (text, write) => write(json ? usageJson(text) : `treadle: ${usage(text)}\n`),
    })
    .addHelpText('after', EXAMPLES)
    .configureHelp({ subcommandTerm: term, optionDescription: description })
    .exitOverride();
  let running: Command | undefined;
  program.hook('preAction', (_program, command) => void (running = command));
  let client: Client | undefined;
  const cli: Cli = {
    client: () => (client ??= createClient()),
    output: () => createOutput(json),
  };
  options.roof(program, cli);
  if (argv[0] !== 'server') for (const load of NOUNS) (await load()).register(program, cli);
  program
    .command('completion')
    .description('print the completion script for bash, zsh or fish')
    .argument('<shell>', SHELLS.join(', '), choice(...SHELLS))
    .addHelpText('after', COMPLETION_HELP)
    .action((shell: Shell) => void process.stdout.write(completionScript(shell, program)));
  everywhereJson(program);
  sayLists(program);
  try {
    await program.parseAsync(withList(argv, program), { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof Interrupted) return Interrupted.code;
    if (error instanceof Ended) {
      if (error.said !== undefined) printError(error.said, json, running);
      return error.code;
    }
    printError(error, json, running);
    return 1;
  }
}

/** How a command stands in a list: every one has options, so that to say so tells nothing; that others lie below it does. */
function term(command: Command): string {
  const below = command.commands.length > 0 ? [' …'] : [];
  const words = command.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
    return argument.required ? ` <${name}>` : ` [${name}]`;
  });
  return [command.name(), ...words, ...(words.length > 0 ? [] : below)].join('');
}

/** What must be said stands among what may be said, and only its text can tell. */
const description = (option: Option): string =>
  `${new Help().optionDescription(option)}${option.mandatory ? ' (required)' : ''}`;

/** `--json` may stand before or after the command's own words. */
function everywhereJson(command: Command): void {
  for (const child of command.commands) {
    if (!child.options.some((option) => option.long === '--json'))
      child.option('--json', 'print the result as JSON');
    child.exitOverride();
    everywhereJson(child);
  }
}

/** What lists the things that a group is about. */
const listOf = (group: Command | undefined): Command | undefined =>
  ['ls', 'list', 'log']
    .map((name) => group?.commands.find((command) => command.name() === name))
    .find((command) => command !== undefined);

/** A group without a command lists what it is about, where there is a list: `treadle runs` is `treadle runs ls`. */
function withList(argv: readonly string[], program: Command): readonly string[] {
  const at = argv.findIndex((word) => !word.startsWith('-'));
  const group = program.commands.find((command) => command.name() === argv[at]);
  const list = listOf(group);
  if (!group || !list) return argv;
  const rest = argv.slice(at + 1).filter((word) => word !== '--json');
  // One that does something of its own, as evaluate, has options of its own.
  const options = group.registeredArguments.length === 0 && rest[0]?.startsWith('-') === true;
  if (rest.includes('--help') || rest.includes('-h') || !(rest.length === 0 || options)) return argv;
  return argv.toSpliced(at + 1, 0, list.name());
}

function sayLists(program: Command): void {
  for (const group of program.commands) {
    const list = listOf(group);
    if (list)
      group.addHelpText(
        'after',
        `\n\`treadle ${group.name()}\` alone is \`${group.name()} ${list.name()}\`.`,
      );
  }
}

/** Commander's words, told as all our errors are. */
const usage = (text: string): string =>
  text
    .trim()
    .replace(/^error: /, '')
    .replace(/^command-argument value '(.*)' is invalid for argument '(.*?)'\./s, "the $2 is '$1'.");

function usageJson(text: string): string {
  const message = usage(text);
  const field = /^(?:option '(?:-\w, )?--|the |missing required argument ')([\w-]+)/.exec(message)?.[1];
  return `${JSON.stringify({ error: { kind: 'usage', message, field } })}\n`;
}

function printError(error: unknown, json: boolean, command: Command | undefined): void {
  if (error instanceof TreadleError) {
    const { kind, field, hint } = error;
    const message = inWords(error.message, field, command);
    if (json) process.stderr.write(`${JSON.stringify({ error: { kind, message, field, hint } })}\n`);
    else process.stderr.write(printable(`treadle: ${message}\n${hint === undefined ? '' : `  → ${hint}\n`}`));
    return;
  }
  process.stderr.write(printable(`treadle: ${messageOf(error)}\n`));
  if (process.env['TREADLE_LOG'] === 'debug' && error instanceof Error)
    process.stderr.write(`${error.stack}\n`);
}

const EXAMPLES = `
Examples:
  treadle server                                  start the server on http://127.0.0.1:5000
  treadle data commit flights ./flights -m "May"  make a new version of a dataset
  treadle run                                     run the pipeline in treadle.yaml; unchanged steps are skipped
  treadle why train                               say why a step ran, or did not
  treadle ledger verify                           prove that no record was changed

The server is found at TREADLE_URL (http://127.0.0.1:5000), with TREADLE_TOKEN where one is needed,
in the workspace TREADLE_WORKSPACE (default). Exit codes: 0 done, 1 failed, 2 used wrongly, 130 interrupted.`;
