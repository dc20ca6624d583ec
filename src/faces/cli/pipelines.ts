import {
  cancelExecution,
  deleteExecution,
  explainStep,
  listExecutions,
  readStepLog,
  type Execution,
} from '../../pipelines/contract.ts';
import { getVersion } from '../../data/contract.ts';
import { invalid, missing, TreadleError } from '../../platform/errors/index.ts';
import type { Client } from './client.ts';
import * as releases from '../../releases/contract.ts';
import type { Cli, Register } from './frame.ts';
import { whole } from './options.ts';
import { ago, clip, count, listed, upTo } from './output.ts';
import { seconds } from './pipelines/units.ts';
import { find, isId, type Which } from './pipelines/which.ts';
import { watch } from './run.ts';

/** `treadle check`, `why`, `executions`, `cancel`, `logs`: what asks about pipelines and their executions. */
export const register: Register = (program, cli) => {
  program
    .command('check [file]')
    .description(
      'check a pipeline file; every fault is shown with its line and column, those of its form before those of its meaning',
    )
    .action(async (given: string | undefined) => {
      const { readFileOf } = await import('./pipelines/project.ts');
      const { describe, readPipelineFile } = await import('../../pipelines/index.ts');
      const name = given ?? 'treadle.yaml';
      const { file, folder } = readFileOf(name, {
        hint: 'go to the folder of treadle.yaml, or name it: treadle check path/to/treadle.yaml',
      });
      const { problems, draft, source } = readPipelineFile(file);
      const output = cli.output();
      const { existsSync } = await import('node:fs');
      const path = await import('node:path');
      const places = new Set<string>();
      for (const { name: step, env } of draft?.steps ?? []) {
        const own = `steps.${step}.env`;
        const place = source.places.has(own) ? own : 'env';
        if (env === 'system' || places.has(place) || existsSync(path.join(folder, env))) continue;
        places.add(place);
        problems.push(
          source.problem(
            'error',
            place,
            'value',
            `the project has no file '${env}'`,
            'write the requirements there, or say env: system',
          ),
        );
      }
      let unchecked = '';
      for (const [key, ref] of Object.entries(draft?.data ?? {})) {
        const error = await findData(cli.client(), ref);
        if (error?.kind === 'unavailable')
          unchecked = '; the datasets were not looked up, since no server answers';
        else if (error)
          problems.push(source.problem('error', `data.${key}`, 'value', error.message, error.hint));
      }
      problems.sort((a, b) => a.line - b.line || a.column - b.column);
      const errors = problems.filter(({ severity }) => severity === 'error').length;
      output.result({ problems }, () =>
        [
          ...problems.flatMap((problem) => [
            describe(problem, name),
            ...(problem.hint === undefined ? [] : [`    → ${problem.hint}`]),
          ]),
          errors === 0 ? `${name} is good: ${count(draft?.steps.length ?? 0, 'step')}${unchecked}` : '',
        ]
          .filter((line) => line !== '')
          .join('\n'),
      );
      if (errors > 0)
        throw invalid(
          `${name} has ${count(errors, 'fault')}`,
          draft ? {} : { hint: 'check it again then: what it means is looked at once its form is right' },
        );
    });

  program
    .command('why <step>')
    .description('say why a step ran, or did not, field by field')
    .option('-e, --execution <which>', 'number, id or pipeline#number; the latest unless said')
    .option('-f, --file <file>', 'the pipeline file that names the pipeline', 'treadle.yaml')
    .action(async (step: string, flags: { execution?: string; file: string }) => {
      const { id } = await find(cli.client(), flags.execution, flags);
      const why = await cli.client().call(explainStep, { params: { execution: id, step } });
      cli
        .output()
        .result(why, () =>
          [
            `${step} in execution ${why.number}: ${why.state}${why.compared_with ? `, compared with execution ${why.compared_with.number}` : ''}`,
            ...why.reasons.map(
              ({ text, before, after, part }) =>
                `  ${text}${part === 'command' && before !== undefined ? `\n    before: ${before}\n    after:  ${after}` : ''}`,
            ),
          ].join('\n'),
        );
    });

  program
    .command('executions [pipeline]')
    .description('list executions of pipelines, newest first')
    .option('-n, --limit <n>', 'at most this many', whole(1), 20)
    .action(async (pipeline: string | undefined, flags: { limit: number }) => {
      const client = cli.client();
      const found = await upTo(flags.limit, (page) =>
        client.call(listExecutions, {
          query: { ...page, ...(pipeline === undefined ? {} : { pipeline }) },
        }),
      );
      cli.output().list(found, (items) =>
        listed(
          pipeline === undefined
            ? 'there is no execution yet; treadle run starts one'
            : `pipeline '${pipeline}' has no execution; treadle executions lists those of all`,
          ['pipeline', '#', 'state', 'when', 'took', 'ran', 'cached', 'why'],
          items.map((one) => [
            one.pipeline,
            one.number,
            one.state,
            ago(one.created_at),
            took(one),
            one.steps_by_state['succeeded'] ?? 0,
            one.steps_by_state['cached'] ?? 0,
            clip(one.reason ?? (one.trigger === 'manual' ? '' : one.trigger)),
          ]),
        ),
      );
    });

  program
    .command('cancel <execution-or-release>')
    .description(
      'cancel an execution (number, id or pipeline#number) or a release (id); what is done by then stays done',
    )
    .option('-f, --file <file>', 'the pipeline file that names the pipeline', 'treadle.yaml')
    .action(async (which: string, flags: Which) => {
      const found = await find(cli.client(), which, flags).catch((error: unknown) => {
        if (error instanceof TreadleError && error.kind === 'missing' && isId(which)) return undefined;
        throw error;
      });
      if (!found) return cancelRelease(cli, which);
      const { id } = found;
      const execution = await cli.client().call(cancelExecution, { params: { execution: id } });
      cli.output().result(execution, () => `${execution.pipeline} #${execution.number} is being cancelled`);
    });

  program
    .command('rm <execution>')
    .description(
      'delete an execution that has ended, with its logs and outputs; gc then gives the space back',
    )
    .option('-f, --file <file>', 'the pipeline file that names the pipeline', 'treadle.yaml')
    .option('-m, --reason <text>', 'kept in the ledger')
    .action(async (which: string, flags: Which & { reason?: string }) => {
      const { id, pipeline, number } = await find(cli.client(), which, flags);
      const query = flags.reason === undefined ? {} : { reason: flags.reason };
      const done = await cli.client().call(deleteExecution, { params: { execution: id }, query });
      cli.output().result(done, () => `deleted ${pipeline} #${number}; treadle gc gives its space back`);
    });

  program
    .command('logs [execution] [step]')
    .description('show what the steps of an execution printed; the latest unless said')
    .option('-f, --follow', 'go on until it ends')
    .option('--file <file>', 'the pipeline file that names the pipeline', 'treadle.yaml')
    .action(
      async (which: string | undefined, step: string | undefined, flags: Which & { follow?: boolean }) => {
        const client = cli.client();
        const execution = await find(client, which, flags);
        if (flags.follow === true) return watch(cli, execution, true);
        const names =
          step === undefined ? ['_environment', ...execution.steps.map(({ name }) => name)] : [step];
        const logs: Record<string, string> = {};
        for (const name of names) logs[name] = await wholeLog(client, execution.id, name);
        cli.output().result(logs, () =>
          Object.entries(logs)
            .filter(([, text]) => text !== '' || step !== undefined)
            .map(([name, text]) =>
              step === undefined
                ? `── ${name} ${'─'.repeat(Math.max(0, 70 - name.length))}\n${text.trimEnd()}`
                : text.trimEnd(),
            )
            .join('\n'),
        );
      },
    );
};

/** What is no execution is a release, by an id of the same form. */
async function cancelRelease(cli: Cli, id: string): Promise<void> {
  const release = await cli
    .client()
    .call(releases.cancelRelease, { params: { release: id } })
    .catch((error: unknown) => {
      if (!(error instanceof TreadleError) || error.kind !== 'missing') throw error;
      throw missing(`there is neither an execution nor a release '${id}'`, {
        field: 'execution',
        hint: 'treadle executions lists the ones, treadle releases the others',
      });
    });
  const said = release.state === 'cancelled' ? 'is cancelled' : 'is being cancelled';
  cli.output().result(release, () => `the release of ${release.model}@v${release.version} ${said}`);
}

async function findData(client: Client, ref: string): Promise<TreadleError | undefined> {
  const [dataset, selector = 'main'] = ref.split('@') as [string, string?];
  try {
    await client.call(getVersion, { params: { dataset, ref: selector } });
    return undefined;
  } catch (error) {
    if (error instanceof TreadleError) return error;
    throw error;
  }
}

async function wholeLog(client: Client, execution: string, step: string): Promise<string> {
  let text = '';
  for (let offset = 0; ;) {
    const part = await client.call(readStepLog, {
      params: { execution, step },
      query: { offset, limit: 1 << 20 },
    });
    text += part.text;
    if (part.next === offset) return text;
    offset = part.next;
  }
}

const took = ({ started_at, ended_at }: Execution): string =>
  started_at === undefined ? '' : seconds((ended_at ?? Date.now()) - started_at);
