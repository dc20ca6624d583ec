import {
  createExperiment,
  deleteExperiment,
  listExperiments,
  restoreExperiment,
  updateExperiment,
  type Experiment,
} from '../../tracking/contract.ts';
import { missing } from '../../platform/errors/index.ts';
import type { Client } from './client.ts';
import type { Cli, Register } from './frame.ts';
import { whole } from './options.ts';
import { ago, listed, upTo } from './output.ts';

/** An experiment by its id or its name, deleted ones too. */
export async function findExperiment(client: Client, idOrName: string): Promise<Experiment> {
  const quoted = `'${idOrName.replaceAll("'", "''")}'`;
  const byId = /^\d{1,15}$/.test(idOrName) ? ` OR experiment_id = ${idOrName}` : '';
  const { items } = await client.call(listExperiments, {
    query: { filter: `name = ${quoted}${byId}`, state: 'all' },
  });
  const found = items.find(({ name }) => name === idOrName) ?? items[0];
  if (!found)
    throw missing(`there is no experiment '${idOrName}'`, {
      field: 'experiment',
      hint: 'treadle experiments ls shows those there are',
    });
  return found;
}

/** `treadle experiments …` */
export const register: Register = (program, cli) => {
  const experiments = program
    .command('experiments')
    .description('list, make, rename, delete and restore experiments');
  experiments
    .command('ls')
    .description('list experiments, the newest change first')
    .option('--filter <filter>', "such as: name LIKE 'flight%' AND tags.team = 'ops'")
    .option('--deleted', 'the deleted ones')
    .option('--limit <n>', 'at most this many', whole(1), 100)
    .action(async ({ filter, deleted, limit }: { filter?: string; deleted?: boolean; limit: number }) => {
      const client = cli.client();
      const found = await upTo(limit, (page) =>
        client.call(listExperiments, {
          query: {
            ...page,
            ...(filter === undefined ? {} : { filter }),
            ...(deleted === true ? { state: 'deleted' as const } : {}),
          },
        }),
      );
      cli.output().list(found, (items) =>
        listed(
          'there is no such experiment',
          ['id', 'name', 'runs', 'running', 'last run'],
          items.map((one) => [
            Number(one.id),
            one.name,
            one.runs,
            one.running,
            one.last_run_at === undefined ? '' : ago(one.last_run_at),
          ]),
        ),
      );
    });
  experiments
    .command('create <name>')
    .description('make an experiment')
    .option('--note <text>', 'what it is about')
    .action(async (name: string, { note }: { note?: string }) => {
      const body = { name, ...(note === undefined ? {} : { note }) };
      show(cli, 'made', await cli.client().call(createExperiment, { body }));
    });
  experiments
    .command('rename <experiment> <name>')
    .description('rename an experiment, given by its id or name')
    .action(async (idOrName: string, name: string) => {
      const { id } = await findExperiment(cli.client(), idOrName);
      const params = { experiment: id };
      show(cli, 'renamed', await cli.client().call(updateExperiment, { params, body: { name } }));
    });
  experiments
    .command('rm <experiment>')
    .description('delete an experiment with its runs; it can be restored')
    .action(async (idOrName: string) => {
      const { id } = await findExperiment(cli.client(), idOrName);
      show(cli, 'deleted', await cli.client().call(deleteExperiment, { params: { experiment: id } }));
    });
  experiments
    .command('restore <experiment>')
    .description('bring a deleted experiment and its runs back')
    .action(async (idOrName: string) => {
      const { id } = await findExperiment(cli.client(), idOrName);
      show(cli, 'restored', await cli.client().call(restoreExperiment, { params: { experiment: id } }));
    });
};

function show(cli: Cli, done: string, experiment: Experiment): void {
  cli.output().result(experiment, () => `${done} experiment ${experiment.id}, '${experiment.name}'`);
}
