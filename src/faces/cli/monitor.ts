import { InvalidArgumentError, type Command } from 'commander';
import * as contract from '../../monitoring/contract.ts';
import { TreadleError } from '../../platform/errors/index.ts';
import { makeFolders } from '../../platform/files/index.ts';
import { moment } from '../../platform/words/index.ts';
import type { Client } from './client.ts';
import type { Register } from './frame.ts';
import { choice, duration, whole } from './options.ts';
import { ago, clip, listed, upTo } from './output.ts';

const HELP = `
What an endpoint was asked and answered is compared, window by window, with a reference: what the version was trained on,
what it was judged on, else its own first windows. Once outcomes were waited for, its answers are scored by them.

Examples:
  treadle monitor set flights                        a day at a time
  treadle monitor set flights --window 1h --label-delay 2d --metric auc
  treadle monitor show flights                       the newest window, signal by signal
  treadle monitor windows flights                    window by window, newest first
  treadle monitor rm flights
  treadle monitor export --out monitoring            for Prometheus, Alertmanager and Grafana`;

interface SetFlags {
  window?: number;
  standsFor?: number;
  labelDelay?: number;
  metric?: string;
  score?: string;
  task?: (typeof contract.TASKS)[number];
  slice?: string[];
  ignore?: string[];
  kind?: Record<string, contract.ColumnKind>;
  reference?: string;
  firstWindows?: number;
  owner?: string;
  runbook?: string;
  anew?: boolean;
}

const several = (text: string, before: readonly string[] = []): string[] => [...before, text];

function kinds(
  text: string,
  before: Record<string, contract.ColumnKind> = {},
): Record<string, contract.ColumnKind> {
  const at = text.lastIndexOf('=');
  const kind = contract.COLUMN_KINDS.find((one) => one === text.slice(at + 1));
  if (at < 1 || kind === undefined)
    throw new InvalidArgumentError(`Write COLUMN=KIND; kinds are: ${contract.COLUMN_KINDS.join(', ')}.`);
  return { ...before, [text.slice(0, at)]: kind };
}

/** `treadle monitor …`: watches on endpoints. */
export const register: Register = (program, cli) => {
  const monitor = program
    .command('monitor')
    .description('watch an endpoint: drift, data quality and performance, window by window')
    .addHelpText('after', HELP);
  monitor
    .command('set <endpoint>')
    .description('watch it, or change how: what is not said stays as it is, or as by default')
    .option('--window <time>', 'length of a window: 1h, 1d; a day unless said', duration)
    .option(
      '--stands-for <time>',
      'time of the data that a window holds, where the past is played again',
      duration,
    )
    .option('--label-delay <time>', 'how long outcomes are waited for: 7d; a day unless said', duration)
    .option('--metric <name>', 'auc, accuracy, rmse …; by the kind of model unless said')
    .option('--score <column>', 'the column of the prediction log that is scored: out_probabilities[1]')
    .option('--task <task>', contract.TASKS.join(', '), choice(...contract.TASKS))
    .option('--slice <column>', 'a column whose values are scored apart; as often as wanted', several)
    .option('--ignore <column>', 'a column that is not watched; as often as wanted', several)
    .option(
      '--kind <column=kind>',
      'what a column holds, where it would be taken for something else: in_note=text, in_x=vector; as often as wanted',
      kinds,
    )
    .option('--reference <data>', 'what windows are compared with: flights@v4:train.parquet')
    .option('--first-windows <n>', 'how many first windows of a version are a reference', whole(1, 100))
    .option('--owner <name>', 'who looks after its alerts')
    .option('--runbook <url>', 'where it stands what to do about them')
    .option('--anew', 'forget what was set before; else what is not said stays as it is')
    .action(async (endpoint: string, flags: SetFlags) => {
      const { window, standsFor, labelDelay, firstWindows, slice, kind, anew, ...rest } = flags;
      const client = cli.client();
      const found = await client.call(contract.setMonitor, {
        params: { endpoint },
        body: {
          ...(anew === true ? {} : await settingsOf(client, endpoint)),
          ...rest,
          ...(window === undefined ? {} : { window_ms: window }),
          ...(standsFor === undefined ? {} : { stands_for_ms: standsFor }),
          ...(labelDelay === undefined ? {} : { label_delay_ms: labelDelay }),
          ...(slice === undefined ? {} : { slices: slice }),
          ...(kind === undefined ? {} : { kinds: kind }),
          ...(firstWindows === undefined ? {} : { first_windows: firstWindows }),
        },
      });
      cli
        .output()
        .result(
          found,
          () =>
            `endpoint ${endpoint} is watched; the window that goes on is over at ${moment(found.next_at)}`,
        );
    });
  monitor
    .command('show <endpoint>')
    .description('show how it is watched, and the signals of its newest window')
    .option('--all', 'also signals that are ok')
    .action(async (endpoint: string, { all }: { all?: boolean }) => {
      const found = await cli.client().call(contract.getMonitor, { params: { endpoint } });
      cli.output().result(found, () => shown(found, all === true));
    });
  monitor
    .command('windows <endpoint>')
    .description('list the windows that were looked at, newest first')
    .option('--limit <n>', 'at most this many', whole(1), 20)
    .action(async (endpoint: string, { limit }: { limit: number }, _command: Command) => {
      const client = cli.client();
      const found = await upTo(limit, ({ limit: most, ...page }) =>
        client.call(contract.listWindows, {
          params: { endpoint },
          query: { ...page, limit: Math.min(100, most) },
        }),
      );
      cli.output().list(found, (items) =>
        listed(
          'no window is over yet',
          ['window', 'state', 'rows', 'version', 'why'],
          items.map((one) => [
            moment(one.from),
            one.state,
            one.rows,
            one.version === undefined ? '' : `${one.model}@v${one.version}`,
            clip(one.problem ?? one.signals.find(({ state }) => state === one.state)?.reason ?? ''),
          ]),
        ),
      );
    });
  monitor
    .command('export')
    .description('write rules for Prometheus, dashboards for Grafana and a receiver for Alertmanager')
    .option('--out <folder>', 'where to; files of these names are written anew', 'monitoring')
    .option('--target <host:port>', 'where Prometheus finds the server; 127.0.0.1:5000 unless said')
    .option('--runbook <url>', 'the page that rules link to')
    .action(async ({ out, ...query }: { out: string; target?: string; runbook?: string }) => {
      const { files } = await cli.client().call(contract.exportMonitoring, { query });
      const { writeFile } = await import('node:fs/promises');
      const { dirname, join } = await import('node:path');
      for (const { path, text } of files) {
        makeFolders(dirname(join(out, path)));
        await writeFile(join(out, path), text);
      }
      cli
        .output()
        .result({ folder: out, files: files.map(({ path }) => path) }, () =>
          files.map(({ path }) => join(out, path)).join('\n'),
        );
    });
  monitor
    .command('rm <endpoint>')
    .description('watch it no longer; its windows go with it')
    .action(async (endpoint: string) => {
      await cli.client().call(contract.deleteMonitor, { params: { endpoint } });
      cli.output().result({ removed: endpoint }, () => `endpoint ${endpoint} is watched no longer`);
    });
};

/** What is set already; nothing where the endpoint is not watched. */
async function settingsOf(client: Client, endpoint: string): Promise<contract.MonitorSettings> {
  try {
    return (await client.call(contract.getMonitor, { params: { endpoint } })).settings;
  } catch (error) {
    if (error instanceof TreadleError && error.kind === 'missing') return {};
    throw error;
  }
}

function shown(found: contract.Monitor, all: boolean): string {
  const { latest } = found;
  const head = `${found.endpoint}, watched since ${moment(found.created_at)}; the window that goes on is over at ${moment(found.next_at)}`;
  if (!latest) return `${head}\nno window is over yet`;
  const version = latest.version === undefined ? '' : ` of ${latest.model}@v${latest.version}`;
  const late =
    found.overdue_since === undefined
      ? []
      : [`it does not run: a window should have been looked at since ${moment(found.overdue_since)}`];
  const signals = latest.signals.filter(({ state }) => all || state !== 'ok');
  return [
    head,
    ...late,
    `${moment(latest.from)} to ${moment(latest.to)}: ${latest.state}, ${latest.rows.toLocaleString('en')} rows${version}, looked at ${ago(latest.looked_at)}`,
    ...(latest.problem === undefined ? [] : [latest.problem]),
    // How many of the rows are recorded is no news, and changes what all figures are of.
    ...latest.signals.flatMap(({ signal, evidence, reason }) =>
      signal === 'volume' && evidence['sample'] !== undefined ? [reason] : [],
    ),
    listed(
      `${latest.signals.length.toLocaleString('en')} signals, all ok`,
      ['signal', 'column', 'state', 'why'],
      signals.map(({ signal, column, state, reason }) => [signal, column ?? '', state, clip(reason)]),
    ),
  ].join('\n');
}
