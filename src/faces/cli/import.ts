import type { Command } from 'commander';
import { Ended, Interrupted } from './pipes.ts';
import type { Cli, Register } from './frame.ts';
import { registerDvc } from './import/dvc/index.ts';
import type { Source } from './import/facts.ts';

const HELP = `
What is brought keeps its names, values, times and files; run ids are new, and the old ones are in the tag
treadle.import.id. The same command once more goes on where it was broken off, and brings only what is new.
Nothing of the source is changed. At the end every point, param, tag and file is compared with what the server
has, and the account says what was brought, kept in another form, or left; it exits with 1 where something differs.

Examples:
  treadle import mlflow http://127.0.0.1:5001
  treadle import mlflow sqlite:///mlflow.db
  treadle import mlflow ./mlruns
  treadle import tensorboard ./runs
  treadle import wandb ./wandb
  treadle import neptune ./exports/data
  treadle import comet ./offline
  treadle import dvc .`;

interface Options {
  again?: boolean;
  artifacts?: string;
}

/** `treadle import …` */
export const register: Register = (program, cli) => {
  const group = program
    .command('import')
    .description(
      'bring experiments and runs from another tracker (MLflow, TensorBoard, W&B, Neptune, Comet), and data from DVC',
    )
    .addHelpText('after', HELP);
  const again = (command: Command): Command =>
    command.option('--again', 'also read runs that are here and have not changed since');
  again(group.command('mlflow <uri>'))
    .description('bring everything of an MLflow server, database or mlruns folder')
    .option(
      '--artifacts <dir>',
      'where a database’s mlflow-artifacts:/ lie on this disk; mlartifacts beside it unless said',
    )
    .addHelpText('after', MLFLOW_HELP)
    .action(async (uri: string, { artifacts, again: all }: Options) => {
      const { openMlflow } = await import('./import/mlflow/index.ts');
      await run(cli, await openMlflow(uri, artifacts, process.env), all);
    });
  again(group.command('tensorboard <dir>'))
    .description('bring runs out of a folder of TensorBoard event files')
    .option(
      '--experiment <name>',
      'the experiment that they go into; it has the name of the folder unless said',
    )
    .option('--follow', 'go on as the files grow, until Ctrl-C')
    .addHelpText('after', TENSORBOARD_HELP)
    .action(async (dir: string, { experiment, follow, again: all }: TensorboardFlags) => {
      const { tensorboardSource } = await import('./import/tensorboard/read.ts');
      const stop = new AbortController();
      const source = tensorboardSource(dir, {
        experiment,
        follow: follow === true ? stop.signal : undefined,
      });
      await run(cli, source, all, follow === true ? stop : undefined);
    });
  again(group.command('wandb <dir>'))
    .description('bring offline runs of W&B, out of their .wandb files')
    .option(
      '--experiment <name>',
      'the experiment that they go into; it has the name of their project unless said',
    )
    .addHelpText('after', WANDB_HELP)
    .action(async (dir: string, { experiment, again: all }: TensorboardFlags) => {
      const { wandbSource } = await import('./import/wandb/read.ts');
      await run(cli, wandbSource(dir, { experiment }), all);
    });
  again(group.command('neptune <dir>'))
    .description('bring what neptune-exporter wrote: its folder of Parquet files')
    .option('--files <dir>', 'where the exporter put files; files beside DIR unless said')
    .addHelpText('after', NEPTUNE_HELP)
    .action(async (dir: string, { files, again: all }: { files?: string; again?: boolean }) => {
      const { neptuneSource } = await import('./import/neptune/read.ts');
      await run(cli, neptuneSource(dir, files), all);
    });
  again(group.command('comet <file>'))
    .description('bring offline experiments of Comet, out of their .zip archives')
    .option(
      '--experiment <name>',
      'the experiment that they go into; it has the name of their project unless said',
    )
    .addHelpText('after', COMET_HELP)
    .action(async (file: string, { experiment, again: all }: TensorboardFlags) => {
      const { cometSource } = await import('./import/comet/read.ts');
      await run(cli, cometSource(file, { experiment }), all);
    });
  registerDvc(group, cli);
};

interface TensorboardFlags {
  again?: boolean;
  experiment?: string;
  follow?: boolean;
}

const TENSORBOARD_HELP = `
Each directory of DIR that holds event files becomes a run of one experiment. Scalars become metrics, hparams params; histograms,
images, audio, texts, PR curves and other plugins' tensors become files below tensorboard/ of the run, listed in
tensorboard/manifest.jsonl. Where a training began again at an earlier step (SessionLog START), what it made void is left out.

Examples:
  treadle import tensorboard ./runs
  treadle import tensorboard ./runs --experiment cifar --follow    until Ctrl-C, as the training writes`;

const WANDB_HELP = `
DIR is the folder wandb of WANDB_MODE=offline, one of its offline-run-… folders, or a .wandb file; no account is needed. Numbers of
the history become metrics by W&B's step, config becomes params (a.b for nested ones), system statistics become system/… metrics.
Other values by step are lines in wandb/history/KEY.jsonl of the run; media, tables and the console's log come as wandb/files.
Runs that were synced only live on W&B's servers: wandb sync's folder has them still, where it was not cleaned.

Examples:
  treadle import wandb ./wandb
  treadle import wandb ./wandb/offline-run-20261201_121458-x4rpplr0`;

const NEPTUNE_HELP = `
DIR is the exporter's --data-path, with a folder of …_part_N.parquet files for each project. A project becomes an experiment, its
attributes params (sys/… tags), series of numbers metrics. Steps with decimals are kept exactly: where a project has some, all of its
steps are multiplied, and the tag neptune.step_scale says by what. Forks are nested in their parent, with the step in neptune.fork.step.
Series of texts and histograms are lines in neptune/series/ATTRIBUTE.jsonl of the run, files come as neptune/files.

Example:
  treadle import neptune ./exports/data --files ./exports/files`;

const COMET_HELP = `
FILE is a .zip that comet_ml.OfflineExperiment wrote, or a folder of them; no account is needed. Metrics keep Comet's steps, parameters
their last value; others become tags comet.…; assets, images, models and code come as comet/assets, listed in comet/assets.jsonl.

Example:
  treadle import comet ./offline/165c9a309e4442d789904a83ad3ade49.zip`;

const MLFLOW_HELP = `
URI is what MLFLOW_TRACKING_URI is: http://host:port of a running server (2.0 or newer), sqlite:///mlflow.db or
postgresql://user:password@host/name of its database, of any schema, or the mlruns folder. A server's files come
from wherever it keeps them; a database's only where this machine sees them. MLFLOW_TRACKING_USERNAME,
MLFLOW_TRACKING_PASSWORD, MLFLOW_TRACKING_TOKEN and MLFLOW_WORKSPACE mean what they mean to MLflow's client.
Deleted runs and experiments come, too, as deleted ones. Versions of models keep their numbers.`;

/** `follow`: Ctrl-C ends it in good order; the second one, and that of any other import, at once, and what was kept on this disk goes. */
async function run(
  cli: Cli,
  source: Source,
  again: boolean | undefined,
  follow?: AbortController,
): Promise<void> {
  const [{ bring }, { inWords }, { showProgress }, { removeSpools }] = await Promise.all([
    import('./import/write.ts'),
    import('./import/account.ts'),
    import('./import/progress.ts'),
    import('./import/spool.ts'),
  ]);
  const interrupted = (): void => {
    if (follow?.signal.aborted === false) return follow.abort();
    removeSpools();
    process.exit(Interrupted.code);
  };
  process.on('SIGINT', interrupted).on('SIGTERM', interrupted);
  const output = cli.output();
  const progress = showProgress(output, source.runs);
  try {
    const account = await bring(cli.client(), source, progress, { again: again === true });
    progress.done();
    output.result(account, () => inWords(account));
    if (account.fault_count > 0) throw new Ended(1);
  } finally {
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
    progress.done();
    await source.close?.();
  }
}
