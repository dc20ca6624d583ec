import { createReadStream, statSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import * as contract from '../../monitoring/contract.ts';
import { invalid } from '../../platform/errors/index.ts';
import type { Cli, Register } from './frame.ts';
import { duration, whole } from './options.ts';
import { ago, count, listed, upTo } from './output.ts';

const HELP = `
The truth of a prediction arrives later. It is joined by the prediction's id, which every answer carries in the header
X-Treadle-Prediction; or by the key of the request (header X-Treadle-Key) and a time: meant is the newest prediction of
that key at or before it. Nothing is ever overwritten: of two outcomes of one prediction the one observed later holds.

Examples:
  treadle outcomes add flights outcomes.csv --id id --label late
  treadle outcomes add flights arrivals@v4:june.parquet --key flight --time departed --label late
  treadle outcomes coverage flights --last 30d      how many predictions have theirs, day by day
  treadle outcomes ls flights                       the tables that were added
  treadle data sql "select avg(number) from labelled('flights', last 7 days)"`;

interface AddFlags {
  id?: string;
  row?: string;
  key?: string;
  time?: string;
  label: string;
  observedAt?: string;
}

const DAY = 86_400_000;

/** `treadle outcomes …`: what became of predictions. */
export const register: Register = (program, cli) => {
  const outcomes = program
    .command('outcomes')
    .description('tell what became of predictions, and see how many have their outcome')
    .addHelpText('after', HELP);
  outcomes
    .command('add <endpoint> <data>')
    .description('add the outcomes of a file (CSV, JSONL, Parquet) or of a dataset version')
    .requiredOption('--label <column>', 'holds what turned out to be true')
    .option('--id <column>', 'holds ids of predictions')
    .option('--row <column>', 'with --id: which row of the prediction, from 0')
    .option('--key <column>', 'instead of --id, with --time: holds keys of requests')
    .option('--time <column>', 'with --key: holds when they were asked for')
    .option('--observed-at <column>', 'holds when the truth was observed; now unless said')
    .addHelpText('after', HELP)
    .action((endpoint: string, data: string, flags: AddFlags) => add(cli, endpoint, data, flags));
  outcomes
    .command('coverage <endpoint>')
    .description('show how many predictions have their outcome, window by window, and how long that took')
    .option('--last <time>', 'as far back as 30d or 12h', duration, 7 * DAY)
    .option('--window <time>', 'length of a window: 1d, 1h', duration, DAY)
    .action(
      async (endpoint: string, { last, window }: { last: number; window: number }, command: Command) => {
        if (last === 0 || window === 0)
          command.error(`error: --${last === 0 ? 'last' : 'window'} is no time at all`);
        const found = await cli.client().call(contract.getCoverage, {
          params: { endpoint },
          query: { from: Math.max(0, Date.now() - last), window },
        });
        const output = cli.output();
        for (const note of found.notes) output.say(note);
        output.result(found, () =>
          listed(
            'no prediction of this time is recorded',
            ['from', 'rows', 'labelled', 'coverage', 'delay p50', 'p90', 'p99'],
            found.items.map(({ from, rows, labelled, coverage, delay }) => [
              new Date(from).toISOString().slice(0, 16),
              rows,
              labelled,
              `${(coverage * 100).toFixed(1)} %`,
              ...(delay ? [delay.p50_ms, delay.p90_ms, delay.p99_ms].map(spoken) : ['', '', '']),
            ]),
          ),
        );
      },
    );
  outcomes
    .command('ls <endpoint>')
    .description('list the tables of outcomes that were added, newest first')
    .option('--limit <n>', 'at most this many', whole(1), 20)
    .action(async (endpoint: string, { limit }: { limit: number }) => {
      const found = await upTo(limit, (page) =>
        cli.client().call(contract.listOutcomeTables, { params: { endpoint }, query: page }),
      );
      cli.output().list(found, (items) =>
        listed(
          'no table of outcomes was added yet',
          ['source', 'accepted', 'of rows', 'when', 'by'],
          items.map((one) => [one.source, one.accepted, one.rows, ago(one.received_at), one.created_by]),
        ),
      );
    });
};

/** A time in its largest unit: 90 s is 1.5m. */
function spoken(ms: number): string {
  const [unit, size] = (
    [
      ['d', DAY],
      ['h', 3_600_000],
      ['m', 60_000],
      ['s', 1000],
    ] as const
  ).find(([, least]) => ms >= least) ?? ['s', 1000];
  return `${Number((ms / size).toFixed(1))}${unit}`;
}

async function add(
  cli: Cli,
  endpoint: string,
  data: string,
  { observedAt, ...flags }: AddFlags,
): Promise<void> {
  const columns = { ...flags, ...(observedAt === undefined ? {} : { observed_at: observedAt }) };
  const file = statSync(data, { throwIfNoEntry: false });
  if (!file?.isFile() && !data.includes('@'))
    throw invalid(`there is no file '${data}'`, {
      field: 'data',
      hint: 'name a file here, or a dataset version: arrivals@v4',
    });
  const client = cli.client();
  const added = file?.isFile()
    ? await client.call(contract.uploadOutcomes, {
        params: { endpoint },
        query: { file: path.basename(data), ...columns },
        body: createReadStream(data),
      })
    : await client.call(contract.joinOutcomes, { params: { endpoint }, body: { data, ...columns } });
  const output = cli.output();
  for (const warning of added.warnings) output.say(`warning: ${warning}`);
  output.result(added, () => {
    if (added.known)
      return `${added.source} was added before: ${count(added.accepted, 'outcome')}, nothing new`;
    const left = Object.entries(added.refused).map(
      ([reason, n]) => `${n.toLocaleString('en')} ${REASONS[reason] ?? reason}`,
    );
    return `${count(added.accepted, 'outcome')} of ${added.source}${left.length > 0 ? `; left out: ${left.join(', ')}` : ''}`;
  });
}

const REASONS: Readonly<Record<string, string>> = {
  no_label: 'without a value',
  not_finite: 'with NaN or an infinity',
  unreadable: 'that name no prediction of this server',
  unreadable_time: 'with a time that cannot be read',
  unreadable_row: 'whose row is no whole number from 0',
  foreign: 'of other endpoints',
  shadow: 'of answers of shadows',
  late: 'that came too late',
};
