import { createInterface } from 'node:readline/promises';
import * as contract from '../../models/contract.ts';
import { invalid } from '../../platform/errors/index.ts';
import type { Cli, Register } from './frame.ts';
import { aliases, flavors, showComparison, showModel, showVersion } from './models/show.ts';
import { choice, whole } from './options.ts';
import { namesOf } from './names.ts';
import { ago, bytes, count, listed, upTo } from './output.ts';

const MODELS_HELP = `
Examples:
  treadle models show flights@champion
  treadle models compare flights 3 4
  treadle models alias flights champion 4 --reason "better on every airline"`;

/** `treadle models …`: the registry. A version is named `flights/3`, `flights/latest` or `flights@champion`. */
export const register: Register = (program, cli) => {
  const models = program
    .command('models')
    .description('look at registered models, move aliases, tag and delete')
    .addHelpText('after', MODELS_HELP);

  models
    .command('ls')
    .description('list models with their newest version and aliases')
    .option('--search <text>', 'only names that hold this text')
    .option('--limit <n>', 'at most this many', whole(1), 100)
    .action(async (options: { search?: string; limit: number }) => {
      const client = cli.client();
      const search = options.search === undefined ? {} : { search: options.search };
      const found = await upTo(options.limit, (page) =>
        client.call(contract.listModels, { query: { ...page, ...search } }),
      );
      cli.output().list(found, (items) =>
        listed(
          options.search === undefined
            ? 'no model is registered; a pipeline with model:, or mlflow.register_model, makes one'
            : `no model has '${options.search}' in its name`,
          ['name', 'latest', 'versions', 'aliases', 'changed'],
          items.map((one) => [
            one.name,
            one.latest?.version ?? '',
            one.versions,
            aliases(one.aliases),
            ago(one.updated_at),
          ]),
        ),
      );
    });

  models
    .command('show <model>')
    .description('show a model (flights), or one of its versions (flights/3, flights@champion)')
    .action(async (text: string) => {
      const { model, version } = named(text);
      if (version === undefined) {
        const found = await cli.client().call(contract.getModel, { params: { model } });
        cli.output().result(found, () => showModel(found));
      } else {
        const client = cli.client();
        const found = await client.call(contract.getVersion, { params: { model, version } });
        const output = cli.output();
        const names = output.json
          ? new Map<string, string>()
          : await namesOf(
              client,
              found.lineage.flatMap(({ from, to }) => [from, to]),
            );
        output.result(found, () => showVersion(found, names));
      }
    });

  models
    .command('versions <model>')
    .description('list the versions of a model, newest first')
    .option('--stage <stage>', `only this stage: ${contract.STAGES.join(', ')}`, choice(...contract.STAGES))
    .option('--tag <key=value>', 'only versions with this tag')
    .option('--limit <n>', 'at most this many', whole(1), 100)
    .action(async (model: string, options: { stage?: contract.Stage; tag?: string; limit: number }) => {
      const { stage } = options;
      const client = cli.client();
      const filter = {
        ...(stage === undefined ? {} : { stage }),
        ...(options.tag === undefined ? {} : { tag: options.tag }),
      };
      const found = await upTo(options.limit, (page) =>
        client.call(contract.listVersions, { params: { model }, query: { ...page, ...filter } }),
      );
      cli.output().list(found, (items) =>
        listed(
          'there is no such version',
          ['version', 'aliases', 'flavours', 'size', 'run', 'made'],
          items.map((one) => [
            one.version,
            one.aliases.join(', '),
            flavors(one),
            one.facts ? bytes(one.facts.size) : '',
            one.run_id?.slice(0, 12) ?? '',
            ago(one.created_at),
          ]),
        ),
      );
    });

  models
    .command('compare <model> <a> <b>')
    .description('say how two versions differ: facts, metrics, params, files')
    .action(async (model: string, a: string, b: string) => {
      const found = await cli.client().call(contract.compareVersions, { params: { model }, query: { a, b } });
      cli.output().result(found, () => showComparison(found));
    });

  models
    .command('alias <model> <alias> [version]')
    .description('point an alias at a version; with --rm take it away')
    .option('--rm', 'delete the alias')
    .option('-m, --reason <text>', 'why; goes into the ledger')
    .action(
      async (
        model: string,
        alias: string,
        version: string | undefined,
        options: { rm?: boolean; reason?: string },
      ) => {
        const reason = options.reason === undefined ? {} : { reason: options.reason };
        if (options.rm === true) {
          const changed = await cli
            .client()
            .call(contract.deleteAlias, { params: { model, alias }, query: reason });
          return cli.output().result(changed, () => `deleted alias '${alias}' of ${model}`);
        }
        if (version === undefined)
          throw invalid('the version is missing', {
            field: 'version',
            hint: `treadle models alias ${model} ${alias} 3`,
          });
        const changed = await cli.client().call(contract.setAlias, {
          params: { model, alias },
          body: { version: numberOf(version), ...reason },
        });
        cli.output().result(changed, () => `${model}@${alias} is version ${version} now`);
      },
    );

  models
    .command('tag <model> <key> [value]')
    .description('tag a model (flights) or a version (flights/3); with --rm take the tag away')
    .option('--rm', 'delete the tag')
    .action(async (text: string, key: string, value: string | undefined, options: { rm?: boolean }) => {
      const { model, version } = named(text);
      if (options.rm !== true && value === undefined)
        throw invalid('the value is missing', {
          field: 'value',
          hint: `treadle models tag ${text} ${key} VALUE`,
        });
      const changed = await tag(cli, { model, version, key, value: options.rm === true ? undefined : value });
      cli
        .output()
        .result(changed, () =>
          options.rm === true ? `deleted tag '${key}' of ${text}` : `${text}: ${key} = ${value}`,
        );
    });

  models
    .command('rm <model>')
    .description(
      'delete a version (flights/3), or a whole model (flights) with --all; numbers are never given again',
    )
    .option('--all', 'yes, the model with all its versions')
    .option(
      '--force',
      'also what answers at an endpoint, is its rollback target, or is on its way by a release: it cannot be loaded again',
    )
    .option('-m, --reason <text>', 'why; goes into the ledger')
    .action(async (text: string, options: { all?: boolean; force?: boolean; reason?: string }) => {
      const { model, version } = named(text);
      const query = {
        ...(options.reason === undefined ? {} : { reason: options.reason }),
        ...(options.force === true ? { force: true } : {}),
      };
      if (version !== undefined) {
        const deleted = await cli
          .client()
          .call(contract.deleteVersion, { params: { model, version }, query });
        return cli.output().result(deleted, () => `deleted ${text}`);
      }
      if (options.all !== true && !(await confirmed(`delete the model '${model}' with all its versions?`))) {
        throw invalid(`'${model}' is a whole model`, {
          field: 'model',
          hint: `name a version (${model}/3), or add --all`,
        });
      }
      const deleted = await cli.client().call(contract.deleteModel, { params: { model }, query });
      cli
        .output()
        .result(deleted, () => `deleted ${model} and its ${count(deleted.deleted_versions, 'version')}`);
    });
};

/** `flights`, `flights/3`, `flights/latest`, `flights@champion`. */
function named(text: string): { model: string; version?: string } {
  const at = /^([^/@]+)(?:\/([^/@]+)|(@[^/@]+))?$/.exec(text);
  if (!at)
    throw invalid(`'${text}' names no model`, {
      field: 'model',
      hint: 'write flights, flights/3 or flights@champion',
    });
  const version = at[2] ?? at[3];
  return { model: at[1]!, ...(version === undefined ? {} : { version }) };
}

function tag(
  cli: Cli,
  {
    model,
    version,
    key,
    value,
  }: { model: string; version: string | undefined; key: string; value: string | undefined },
) {
  const client = cli.client();
  if (version === undefined) {
    const params = { model, key };
    return value === undefined
      ? client.call(contract.deleteModelTag, { params })
      : client.call(contract.setModelTag, { params, body: { value } });
  }
  const params = { model, version, key };
  return value === undefined
    ? client.call(contract.deleteVersionTag, { params })
    : client.call(contract.setVersionTag, { params, body: { value } });
}

/** Asks a person; whoever is not one has to say --all. */
async function confirmed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return false;
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await reader.question(`${question} [y/N] `);
  reader.close();
  return /^y(es)?$/i.test(answer.trim());
}

function numberOf(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1)
    throw invalid(`'${text}' is no whole number above 0`, { hint: 'write digits only' });
  return number;
}
