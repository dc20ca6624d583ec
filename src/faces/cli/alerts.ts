import * as contract from '../../monitoring/contract.ts';
import { moment } from '../../platform/words/index.ts';
import type { Cli, Register } from './frame.ts';
import { choice, duration, whole } from './options.ts';
import { ago, clip, listed, upTo } from './output.ts';

const HELP = `
Signals of one endpoint with one cause are one alert: a fault of the data, drift, performance, volume, or a monitor that cannot
look. It fires when enough windows in a row say so, and is resolved when enough in a row do not.

Examples:
  treadle alerts                                        what is going on now
  treadle alerts ls --all --endpoint flights            also what is over
  treadle alerts show ID                                one, with its whole life
  treadle alerts why ID                                 its report: since when, how bad, why, what to do
  treadle alerts ack ID -m "the sensor is replaced on Monday"
  treadle alerts silence ID --for 2d --reason "known, mended on Monday"`;

interface ListFlags {
  all?: boolean;
  endpoint?: string;
  state?: contract.AlertState;
  limit: number;
}

/** `treadle alerts …`: what monitors found, and what people do about it. */
export const register: Register = (program, cli) => {
  const alerts = program
    .command('alerts')
    .description('list what monitors found, acknowledge it, silence it')
    .addHelpText('after', HELP);
  alerts
    .command('ls')
    .description('list alerts that are not resolved, newest first')
    .option('--all', 'also those that are resolved')
    .option('--endpoint <endpoint>', 'only of this endpoint')
    .option('--state <state>', 'only these', choice(...contract.ALERT_STATES))
    .option('--limit <n>', 'at most this many', whole(1), 20)
    .action(async ({ all, limit, ...filter }: ListFlags) => {
      const open = all !== true && filter.state === undefined ? { open: true } : {};
      const found = await upTo(limit, (page) =>
        cli.client().call(contract.listAlerts, { query: { ...page, ...filter, ...open } }),
      );
      cli.output().list(found, (items) =>
        listed(
          all === true || filter.state !== undefined
            ? 'there is no such alert'
            : 'nothing is wrong, as far as monitors see',
          ['alert', 'endpoint', 'cause', 'state', 'since', 'what'],
          items.map((one) => [
            one.id,
            one.endpoint,
            one.cause,
            one.state,
            ago(one.opened_at),
            clip(one.summary),
          ]),
        ),
      );
    });
  alerts
    .command('show <alert>')
    .description('show one with its whole life')
    .action(async (alert: string) => {
      const found = await cli.client().call(contract.getAlert, { params: { alert } });
      tell(cli, found);
    });
  alerts
    .command('why <alert>')
    .description('show its report: since when, how bad, what changed, likely causes, and what to do')
    .action(async (alert: string) => {
      const report = await cli.client().call(contract.getReport, { params: { alert } });
      cli.output().result(report, () => reportText(report));
    });
  alerts
    .command('ack <alert>')
    .description('say that somebody looks after it')
    .option('-m, --note <text>', 'what is being done; stands in the ledger')
    .action(async (alert: string, { note }: { note?: string }) => {
      const body = note === undefined ? {} : { note };
      tell(cli, await cli.client().call(contract.acknowledgeAlert, { params: { alert }, body }));
    });
  alerts
    .command('mark <alert>')
    .description('say who looks after it, or whether it was worth being told')
    .option('--owner <name>', 'who looks after it')
    .option('--feedback <word>', 'useful or noise', choice('useful', 'noise'))
    .action(async (alert: string, body: { owner?: string; feedback?: contract.AlertFeedback }) => {
      tell(cli, await cli.client().call(contract.updateAlert, { params: { alert }, body }));
    });
  alerts
    .command('silence <alert>')
    .description('hear nothing of it for a time; then it fires again, unless it is resolved by then')
    .requiredOption('--for <time>', 'how long: 12h, 2d', duration)
    .requiredOption('-m, --reason <text>', 'why; stands in the ledger')
    .action(async (alert: string, { for: time, reason }: { for: number; reason: string }) => {
      const body = { until: Date.now() + time, reason };
      tell(cli, await cli.client().call(contract.silenceAlert, { params: { alert }, body }));
    });
  alerts
    .command('unsilence <alert>')
    .description('end a silence before its time: the alert fires again')
    .option('-m, --reason <text>', 'why; stands in the ledger')
    .action(async (alert: string, body: { reason?: string }) => {
      tell(cli, await cli.client().call(contract.unsilenceAlert, { params: { alert }, body }));
    });
};

function reportText(report: contract.AlertReport): string {
  const { since, action, extent, parts, causes, slices, timeline, notes } = report;
  const section = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)];
  const figure = (value: number): string => `${value > 0 ? '+' : ''}${Number(value.toPrecision(2))}`;
  const between =
    since.low !== undefined && since.high !== undefined && since.low < since.high
      ? ` (between ${moment(since.low)} and ${moment(since.high)} with 90 %)`
      : '';
  return [
    `${report.endpoint}: ${report.cause} (${report.severity})`,
    report.summary,
    ...section('what to do', [
      `${action.do.replace('_', ' ')}: ${action.words}`,
      ...(action.command === undefined ? [] : [action.command]),
    ]),
    ...section('since', [`${moment(since.at)}${between}; ${since.words}`]),
    ...section(
      'how bad',
      extent.map(({ name, words }) => `${name}: ${words}`),
    ),
    ...section(
      'what changed',
      parts
        ? [
            parts.words,
            `other rows ${figure(parts.mix)}, other outcomes ${figure(parts.labels)}, concept ${figure(parts.concept)}`,
          ]
        : [],
    ),
    ...section(
      'likely causes',
      causes.map(({ kind, words }, i) => `${i + 1}. ${kind}: ${words}`),
    ),
    ...section(
      'where it errs most',
      slices.map(
        ({ column, value, rows, loss, others }) =>
          `${column} = ${value ?? 'missing'}: ${loss.toPrecision(3)} on ${rows} rows, elsewhere ${others.toPrecision(3)}`,
      ),
    ),
    ...section(
      'around that time',
      timeline.map(({ at, words, by }) => `${moment(at)}  ${words}${by === undefined ? '' : `, by ${by}`}`),
    ),
    ...section('not told', notes),
    '',
    `made ${moment(report.made_at)}; sha256 ${report.sha256}`,
  ].join('\n');
}

function tell(cli: Cli, one: contract.AlertDetail): void {
  cli
    .output()
    .result(one, () =>
      [
        `${one.endpoint}: ${one.cause}, ${one.state}${one.silenced_until === undefined ? '' : ` until ${moment(one.silenced_until)}`} (${one.severity})`,
        one.summary,
        ...(one.owner === undefined ? [] : [`owner: ${one.owner}`]),
        ...(one.runbook === undefined ? [] : [`runbook: ${one.runbook}`]),
        ...(one.feedback === undefined ? [] : [`people say: ${one.feedback}`]),
        ...(one.members.length > 0 ? [`columns: ${one.members.join(', ')}`] : []),
        ...one.transitions.map(({ state, at, by, note }) =>
          `  ${moment(at)}  ${state.padEnd(12)}  ${by === undefined ? '' : `${by}: `}${note ?? ''}`.trimEnd(),
        ),
      ].join('\n'),
    );
}
