import type { Command } from 'commander';
import {
  createExecution,
  planExecution,
  reproduceRun,
  type ExecutionDetail,
  type NewExecution,
} from '../../pipelines/contract.ts';
import { conflict } from '../../platform/errors/index.ts';
import type { CiFlags } from './ci/run-ci.ts';
import type { Cli, Register } from './frame.ts';
import { amount, needs, pair, refuse, share } from './options.ts';
import type { Output } from './output.ts';
import { Interrupted } from './pipes.ts';
import { runOf } from './pipelines/which.ts';
import { because, summary } from './pipelines/show.ts';
import { seconds } from './pipelines/units.ts';
import { whatWaits } from './pipelines/waits.ts';

interface ProjectFlags {
  file: string;
  param?: Record<string, string>;
  data?: Record<string, string>;
  force?: boolean;
}

interface RunFlags extends ProjectFlags, Omit<CiFlags, 'file'> {
  detach?: boolean;
  ci?: boolean;
}

/** `treadle run`, `plan`, `reproduce`: what starts an execution, or would. */
export const register: Register = (program, cli) => {
  program
    .command('run [steps...]')
    .description(
      'run the pipeline in treadle.yaml, or some of its steps with what they need; unchanged steps are skipped',
    )
    .option('-f, --file <file>', 'the pipeline file; its folder is the project', 'treadle.yaml')
    .option('-p, --param <name=value>', 'another value for a parameter; may be given often', pair('depth=8'))
    .option(
      '-d, --data <name=ref>',
      'another dataset version, such as flights=flights@v2; may be given often',
      pair('flights=flights@v2'),
    )
    .option('--force', 'run every step, whatever is cached')
    .option('--logs', 'show what the steps print')
    .option('--detach', 'do not wait for the end')
    .option(
      '--ci',
      'check the commit: run a clean checkout of HEAD, judge the model, promote and deploy nothing, write reports',
    )
    .option('--base <branch>', 'with --ci: compare with this branch; what the CI system says unless said')
    .option('--report <folder>', 'with --ci: where report.md, junit.xml and report.json go', 'treadle-ci')
    .option(
      '--sample <share>',
      'with --ci: run on a part of the data, such as 5%: always the same rows',
      share,
    )
    .option('--allow-dirty', 'with --ci: take in what differs from the commit, for a trial')
    .addHelpText('after', RUN_HELP)
    .action(async (steps: string[], flags: RunFlags, command: Command) => {
      needs(command, ['base', 'report', 'sample', 'allow-dirty'], ['ci'], 'it is a part of a check');
      if (flags.ci === true) {
        refuse(command, ['detach'], 'a check waits for its verdict');
        if (steps.length > 0)
          command.error('error: a check runs the whole pipeline: name no steps with --ci');
        const { param, data, force } = flags;
        const { runCi } = await import('./ci/run-ci.ts');
        return runCi(
          cli,
          {
            ...(param ? { params: param } : {}),
            ...(data ? { data } : {}),
            ...(force === true ? { force } : {}),
          },
          flags,
        );
      }
      const output = cli.output();
      const execution = await cli
        .client()
        .call(createExecution, { body: await request(cli, output, steps, flags) });
      for (const warning of execution.warnings) output.say(warning);
      output.say(
        `${execution.pipeline} #${execution.number}${execution.data.map(({ name, dataset, version }) => `, ${name} = ${dataset}@${version}`).join('')}`,
      );
      if (flags.detach === true)
        return output.result(
          execution,
          () => `follow it with: treadle logs ${execution.pipeline}#${execution.number} --follow`,
        );
      await watch(cli, execution, flags.logs === true);
    });

  program
    .command('plan [steps...]')
    .description('say which steps would run, and why, without running any')
    .option('-f, --file <file>', 'the pipeline file', 'treadle.yaml')
    .option('-p, --param <name=value>', 'another value for a parameter; may be given often', pair('depth=8'))
    .option(
      '-d, --data <name=ref>',
      'another dataset version; may be given often',
      pair('flights=flights@v2'),
    )
    .option('--force', 'as if nothing were cached')
    .action(async (steps: string[], flags: ProjectFlags) => {
      const output = cli.output();
      const plan = await cli.client().call(planExecution, { body: await request(cli, output, steps, flags) });
      const width = Math.max(...plan.steps.map(({ name }) => name.length));
      const words = { cached: 'cached ', run: 'runs   ', depends: 'depends' };
      output.result(plan, () =>
        [
          ...plan.warnings,
          ...plan.steps.map(({ name, action, reasons, expected_ms }) => {
            const last =
              action !== 'cached' && expected_ms !== undefined ? ` (last time ${seconds(expected_ms)})` : '';
            return `${name.padEnd(width)}  ${words[action]}  ${because(reasons).replace(/^cached: /, '')}${last}`;
          }),
        ].join('\n'),
      );
    });

  program
    .command('reproduce <run>')
    .description(
      'repeat a run from what was captured of it, without the cache, and compare: bitwise, numeric or different',
    )
    .option('--env <file>', 'another requirements file, to see what it changes')
    .option('--tolerance <number>', 'relative difference of metrics that counts as equal', amount, 1e-6)
    .option('--logs', 'show what the steps print')
    .addHelpText('after', REPRODUCE_HELP)
    .action(async (given: string, flags: { env?: string; tolerance: number; logs?: boolean }) => {
      const { tolerance } = flags;
      const run = await runOf(cli.client(), given);
      const { readFileOf } = await import('./pipelines/project.ts');
      const environment =
        flags.env === undefined
          ? {}
          : {
              environment: readFileOf(flags.env, {
                what: 'requirements file',
                hint: 'name one with --env',
              }).file,
            };
      const execution = await cli
        .client()
        .call(reproduceRun, { params: { run }, body: { tolerance, ...environment } });
      cli
        .output()
        .say(
          `repeating ${execution.reproduces?.number === undefined ? given : `${execution.pipeline} #${execution.reproduces.number}`} as #${execution.number}`,
        );
      await watch(cli, execution, flags.logs === true);
    });
};

const RUN_HELP = `
Examples:
  treadle run                      run all that changed
  treadle run train -p depth=8     run train, and what it needs, with another depth
  treadle run --logs               show what the steps print
  treadle run --ci --base main     check the commit as a CI system does
The exit code is 0 when the execution succeeded; a model that the gate refuses ends it with 1. Ctrl-C cancels it; a second one leaves it at once.
With --ci: 0 pass, 1 a step failed or the gate refuses the model, 2 nobody could judge.`;

const REPRODUCE_HELP = `
Examples:
  treadle reproduce flights#12             repeat all steps of execution 12
  treadle reproduce 01a2072ec4d875e7…      repeat the step that made a run, with all that it needs
  treadle reproduce flights#12 --env newer.txt
                                           say what other library versions change
The exit code is 0 when it is equal, bitwise or within the tolerance.`;

/** The project as it is now, sent to the server. */
async function request(
  cli: Cli,
  output: Output,
  steps: readonly string[],
  flags: ProjectFlags,
): Promise<NewExecution> {
  const { readProject, sendCode } = await import('./pipelines/project.ts');
  const project = await readProject(flags.file);
  for (const warning of project.warnings) output.say(`warning: ${warning}`);
  await sendCode(cli.client(), project);
  return {
    file: project.file,
    ...(project.fileName === 'treadle.yaml' ? {} : { file_name: project.fileName }),
    code: project.code,
    ...(project.git ? { git: project.git } : {}),
    ...(steps.length > 0 ? { steps: [...steps] } : {}),
    ...(flags.param ? { params: flags.param } : {}),
    ...(flags.data ? { data: flags.data } : {}),
    ...(flags.force === true ? { force: true } : {}),
  };
}

/** Shows an execution until it ends. Throws when it did not succeed, so that the exit code says so. */
export async function watch(cli: Cli, execution: ExecutionDetail, logs: boolean): Promise<void> {
  const { showToEnd } = await import('./pipelines/to-end.ts');
  const { ended, interrupted } = await showToEnd(cli, execution, logs);
  const waits = ended.state === 'succeeded' && ended.model_version ? await whatWaits(cli, ended.id) : [];
  cli
    .output()
    .result(ended, () =>
      [summary(ended, cli.client().url), ...(ended.comparison ? [ended.comparison.text] : []), ...waits].join(
        '\n',
      ),
    );
  if (interrupted) throw new Interrupted();
  if (ended.state !== 'succeeded')
    throw conflict(
      `${ended.pipeline} #${ended.number} ${ended.state === 'rejected' ? 'was rejected by its gate' : ended.state}`,
      ended.state === 'failed'
        ? { hint: `treadle logs ${ended.pipeline}#${ended.number} shows what the steps said` }
        : ended.state === 'rejected'
          ? {
              hint: `the version is registered${ended.gate?.in_use === undefined ? ', and was neither made champion nor deployed' : `; ${ended.gate.in_use}`}; the evaluation says which rows and rules`,
            }
          : {},
    );
  if (ended.comparison && (ended.comparison.verdict === 'different' || ended.comparison.verdict === 'failed'))
    throw conflict(
      `the repetition is ${ended.comparison.verdict === 'failed' ? 'not possible' : 'different'}`,
    );
}
