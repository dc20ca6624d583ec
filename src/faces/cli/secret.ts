import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { invalid } from '../../platform/errors/index.ts';
import * as contract from '../../secrets/contract.ts';
import { unknownEnvironments } from './environments/unknown.ts';
import type { Register } from './frame.ts';
import { several } from './options.ts';
import { ago, listed } from './output.ts';
import { hidden } from './passwords.ts';

const HELP = `
Steps of pipelines get secrets as environment variables: secrets: [DB_URL] in treadle.yaml, of the file or of a step. They are sealed in the
database, never shown again, and hidden in logs. No check of a commit gets any.

The value is typed, or read from a file, - for standard input; never from an argument, which others see and a history keeps.

Examples:
  treadle secret set DB_URL                                       asks for it
  treadle secret set DB_URL --environment staging --for 'flights-*' --from-file url.txt
  treadle secret                                                  names, and never values
  treadle secret rotate-key                                       a new master key; keep a copy of secrets.key apart`;

/** `treadle secret …`: values that steps get, and nobody is shown. */
export const register: Register = (program, cli) => {
  const group = program
    .command('secret')
    .description('values that steps of pipelines get, and nobody is shown')
    .addHelpText('after', HELP);
  group
    .command('ls')
    .description('list their names')
    .action(async () => {
      const { items } = await cli.client().call(contract.listSecrets, {});
      cli.output().list({ items, more: false }, (shown) =>
        listed(
          'there is no secret: treadle secret set NAME',
          ['secret', 'environment', 'version', 'for', 'set', 'by'],
          shown.map((one) => [
            one.name,
            one.environment ?? '',
            String(one.version),
            one.pipelines.join(', '),
            ago(one.updated_at),
            one.updated_by,
          ]),
        ),
      );
    });
  group
    .command('set <secret>')
    .description('give one a value; the one before is gone')
    .option('--environment <environment>', 'that it is of; of the workspace unless said')
    .option(
      '--for <pipeline>',
      'this pipeline may name it, * for any letters; as often as wanted, all unless said',
      several,
    )
    .option('--from-file <file>', 'read the value from a file, - for standard input')
    .action(async (secret: string, flags: { environment?: string; for?: string[]; fromFile?: string }) => {
      const value = await valueIn(flags.fromFile);
      const made = await cli.client().call(contract.setSecret, {
        params: { secret },
        query: flags.environment === undefined ? {} : { environment: flags.environment },
        body: { value, ...(flags.for ? { pipelines: flags.for } : {}) },
      });
      const unknown = await unknownEnvironments(
        cli,
        flags.environment === undefined ? [] : [flags.environment],
      );
      cli
        .output()
        .result(
          made,
          () => `${made.name} has its value ${made.version}${unknown === undefined ? '' : `; ${unknown}`}`,
        );
    });
  group
    .command('remove <secret>')
    .description('remove one')
    .option('--environment <environment>', 'that it is of')
    .action(async (secret: string, { environment }: { environment?: string }) => {
      await cli.client().call(contract.deleteSecret, {
        params: { secret },
        query: environment === undefined ? {} : { environment },
      });
      cli.output().result({ secret }, () => `${secret} is removed`);
    });
  group
    .command('rotate-key')
    .description('make a new master key, and seal the keys of all secrets with it')
    .action(async () => {
      const done = await cli.client().call(contract.rotateSecretsKey, {});
      cli
        .output()
        .result(
          done,
          () =>
            `${done.secrets} secrets are sealed with the key ${done.key} now; keep a copy of secrets.key apart`,
        );
    });
};

async function valueIn(file: string | undefined): Promise<string> {
  if (file !== undefined)
    return (file === '-' ? await text(process.stdin) : await readFile(file, 'utf8')).replace(/\r?\n$/, '');
  if (process.stdin.isTTY && process.stderr.isTTY) return hidden('value: ');
  throw invalid('the value is needed', {
    field: 'from-file',
    hint: 'hand it over with --from-file FILE, or - for standard input',
  });
}
