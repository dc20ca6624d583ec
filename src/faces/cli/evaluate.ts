import { InvalidArgumentError, type Command } from 'commander';
import { conflict } from '../../platform/errors/index.ts';
import * as contract from '../../validation/contract.ts';
import { showEvaluation } from './evaluations/show.ts';
import type { Cli, Register } from './frame.ts';
import { choice, refuse, whole } from './options.ts';
import { ago, listed, number, upTo } from './output.ts';
import { readTarget } from './serving/target.ts';

const HELP = `
Examples:
  treadle evaluate late@v3 --data flights@v4:holdout.parquet --label late --rule 'auc >= 0.6'
  treadle evaluate late --data flights@v4 --label late --key date --key origin --rule 'auc >= champion.auc - 0.005'
  treadle evaluate list --model late
  treadle evaluate show 0198…

The data is proven disjoint from everything that the model's training read, or the evaluation fails. What cannot be
compared makes it inconclusive, unless --excuse says why it holds no such row.
Rules name metrics (auc, log_loss, f1, rmse …), champion.auc, baseline.auc, slice(origin=ATL).auc, data.rows,
data.missing(distance), p95_latency_ms, size_mb; with + - * / > >= < <= == != and or not.
slice(origin).auc >= champion.slice(origin).auc - 0.02 goes through every value; slice(origin, rows >= 500) through those with so many rows.
Without --rule the model must not be worse than the champion by more than 0.005 (or 1 % of a metric without bounds).
The exit code is 0 when it passes, 1 when it fails or decides neither way.`;

interface Flags {
  data?: string;
  label?: string;
  rule?: string[];
  key?: string[];
  group?: string[];
  time?: string;
  near?: 'fail' | 'report';
  excuse?: contract.Excuse[];
  slice?: string[];
  task?: contract.Task;
  prediction?: string;
  positive?: string;
  champion?: string;
}

const LONGEST_WAIT_S = 600;
const several = (text: string, before: readonly string[] = []): string[] => [...before, text];

/** `treadle evaluate …`: score a model version on data and judge it by rules. */
export const register: Register = (program, cli) => {
  const evaluate = program
    .command('evaluate')
    .description('score a model version on data it has never seen, and judge it by rules')
    .usage('<model> --data <ref> --label <column> [options]')
    .argument('[model]', 'flights@v3, flights/3, flights@champion; flights alone is its newest version')
    .option('--data <ref>', 'a dataset version, with a file where it has several: flights@v4:holdout.parquet')
    .option('--label <column>', 'the column that holds the truth')
    .option('--rule <rule>', "such as 'auc >= 0.6'; as often as wanted", several)
    .option('--key <column>', 'what makes a row the same row; as often as wanted', several)
    .option(
      '--group <column>',
      'what names the entity: its rows count together in every interval; as often as wanted',
      several,
    )
    .option(
      '--time <column>',
      'by it every row must be later than all that training read; intervals count its order',
    )
    .option(
      '--near <what>',
      'fail or report: what rows do that are nearly some that training read; report unless said',
      choice('fail', 'report'),
    )
    .option(
      '--excuse <path=reason>',
      "what training read and need not be compared, with the reason: '*.txt=only notes'; as often as wanted",
      excuses,
    )
    .option('--slice <column>', 'score its values one by one; as often as wanted', several)
    .option('--task <task>', 'binary, multiclass or regression', choice('binary', 'multiclass', 'regression'))
    .option('--prediction <output>', 'the output that is scored, where the model has several')
    .option('--positive <value>', 'the label’s value that counts as 1')
    .option('--champion <version>', 'compare with this version: 3, @champion, none', champion)
    .addHelpText('after', HELP)
    // It reads its own options also behind the name of a command below it, which would never hear of them.
    .hook('preSubcommand', (self, below) =>
      refuse(
        self,
        self.options.map((option) => option.attributeName()).filter((name) => name !== 'json'),
        `it is for treadle evaluate <model>, and not for evaluate ${below.name()}`,
      ),
    )
    .action((model: string | undefined, flags: Flags, command: Command) => run(cli, model, flags, command));

  evaluate
    .command('list')
    .alias('ls')
    .description('list evaluations, newest first')
    .option('--model <model>', 'only of this model')
    .option('--verdict <verdict>', 'only these', choice('pass', 'fail', 'inconclusive'))
    .option('--limit <n>', 'at most this many', whole(1), 20)
    .action(async (flags: { model?: string; verdict?: contract.Verdict; limit: number }) => {
      const client = cli.client();
      const { limit, ...filter } = flags;
      const found = await upTo(limit, (page) =>
        client.call(contract.listEvaluations, { query: { ...page, ...filter } }),
      );
      cli.output().list(found, (items) =>
        listed(
          Object.keys(filter).length > 0 ? 'there is no such evaluation' : 'nothing was evaluated yet',
          ['evaluation', 'model', 'verdict', 'data', 'rows', 'main metric', 'when'],
          items.map((one) => [
            one.id,
            `${one.model}@v${one.version}`,
            one.verdict ?? one.state,
            one.data,
            one.rows ?? '',
            one.metrics[0] ? `${one.metrics[0].name} ${number(one.metrics[0].value, 4)}` : '',
            ago(one.created_at),
          ]),
        ),
      );
    });

  evaluate
    .command('show <evaluation>')
    .description('show an evaluation: rules, metrics with intervals, slices, the proof')
    .action(async (evaluation: string) => {
      const found = await cli.client().call(contract.getEvaluation, { params: { evaluation } });
      cli.output().result(found, () => showEvaluation(found));
    });
};

function excuses(text: string, before: readonly contract.Excuse[] = []): contract.Excuse[] {
  const at = text.indexOf('=');
  const [path, reason] = [text.slice(0, at).trim(), text.slice(at + 1).trim()];
  if (at > 0 && path !== '' && reason.length >= 3) return [...before, { path, reason }];
  throw new InvalidArgumentError("It must be a path or pattern and a reason: '*.txt=only notes, no rows'.");
}

function champion(text: string): string {
  if (/^(v?[1-9]\d{0,8}|latest|none|@[^@/]{1,255})$/.test(text)) return text;
  throw new InvalidArgumentError('It must be a version (3), an alias (@champion), latest or none.');
}

async function run(cli: Cli, model: string | undefined, flags: Flags, command: Command): Promise<void> {
  if (model === undefined) return command.error("error: missing required argument 'model'");
  for (const name of ['data', 'label'] as const)
    if (flags[name] === undefined) command.error(`error: required option '--${name}' not specified`);
  const target = readTarget(model);
  const { rule, slice, ...rest } = flags;
  const client = cli.client();
  const output = cli.output();
  output.say(`judging ${model} on ${flags.data} …`);
  let found = await client.call(contract.createEvaluation, {
    body: {
      ...rest,
      model: target.model!,
      version: target.version,
      data: flags.data!,
      label: flags.label!,
      ...(rule ? { rules: rule } : {}),
      ...(slice ? { slices: slice } : {}),
      wait_s: 30,
    },
  });
  const until = Date.now() + LONGEST_WAIT_S * 6 * 1000;
  for (let stage = ''; found.state === 'queued' || found.state === 'running';) {
    if (Date.now() > until) break;
    if (found.stage !== undefined && found.stage !== stage) output.say((stage = found.stage));
    await new Promise((resolve) => setTimeout(resolve, 500));
    found = await client.call(contract.getEvaluation, { params: { evaluation: found.id } });
  }
  output.result(found, () => showEvaluation(found));
  const who = `${found.model}@v${found.version}`;
  if (found.state !== 'done')
    throw conflict(
      found.state === 'failed'
        ? `${who} could not be judged: ${found.problem ?? ''}`
        : `${who} is still being judged`,
      found.state === 'failed' ? {} : { hint: `look again with: treadle evaluate show ${found.id}` },
    );
  if (found.verdict !== 'pass')
    throw conflict(
      found.verdict === 'fail' ? `${who} does not pass` : `${who} is neither proven good enough nor bad`,
      { hint: found.reasons[0] ?? 'see the rules above' },
    );
}
