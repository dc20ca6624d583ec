import type { CiReport, Figure, MetricChange } from './contract.ts';
import { calibrationChart, intervalPlot, stepChart } from './plots.ts';
import { code, digits, duration, line, link, plain, signed, table } from './words.ts';

/** A comment holds 65,536 characters: lists are cut before that. */
const MOST_RULES = 50;
const MOST_STEPS = 60;
const MOST_REASONS = 8;

const MARK = { pass: '✔', fail: '✖', undecided: '?', inconclusive: '?' } as const;

/** The report as Markdown that GitHub, GitLab, Gitea and Forgejo render alike; it asks no other host for anything. */
export function toMarkdown(report: CiReport): string {
  return `${[
    heading(report),
    reasons(report),
    metrics(report),
    slices(report),
    gate(report),
    data(report),
    leaks(report),
    steps(report),
    plots(report),
    warnings(report),
    links(report),
  ]
    .filter((part) => part !== '')
    .join('\n\n')}\n`;
}

function heading(report: CiReport): string {
  const {
    verdict,
    summary,
    pipeline,
    number,
    commit,
    dirty,
    sample,
    change,
    branch,
    base,
    model,
    links: to,
  } = report;
  const at = [
    `${link(`${pipeline}, execution ${number}`, to.execution)}`,
    ...(change ? [checkedChange(change)] : []),
    ...(commit === undefined
      ? []
      : [
          `commit ${code(commit.slice(0, 10))}${dirty === true ? ' **with changes that no commit has**' : ''}`,
        ]),
    ...(branch === undefined ? [] : [`branch ${code(branch)}`]),
    ...(model ? [`model ${plain(model.name)} version ${plain(model.version)}`] : []),
  ];
  return [
    `## ${MARK[verdict]} ${verdict}: ${plain(summary)}`,
    at.join(' · '),
    ...(sample === undefined
      ? []
      : [
          `**On a sample of ${plain(sample)} of the data**: figures are less certain than on all of it, and this model is never promoted or deployed.`,
        ]),
    against(base, to.base),
  ].join('\n\n');
}

const nowWords = (change: CiReport['change']): string => (change ? 'this change' : 'this commit');

function checkedChange(change: NonNullable<CiReport['change']>): string {
  if (change.kind === 'version_registered')
    return `${plain(change.model)} version ${plain(change.version)}, as it was registered`;
  const { dataset, proposal, version, branch, into } = change;
  return `proposal ${proposal} for ${plain(dataset)}: version ${plain(version)} of ${code(branch)}, to be merged into ${code(into)}`;
}

function against(base: CiReport['base'], url: string | undefined): string {
  if (!base) return 'Compared with nothing: no base branch was named.';
  if (base.execution === undefined)
    return `Compared with nothing: no execution of ${code(base.branch)} went through yet. Run this on ${code(base.branch)} once.`;
  const commit = base.commit === undefined ? '' : `, commit ${code(base.commit.slice(0, 10))}`;
  const name = link(`execution ${base.number}`, url ?? '');
  const same = base.same_model
    ? ' **It is the same model**: nothing that it is made of changed.'
    : base.model === undefined
      ? ''
      : `, model ${plain(base.model)}`;
  return `Compared with ${code(base.branch)}: ${name}${commit}${same}${same.endsWith('.') ? '' : '.'}`;
}

function reasons({ reasons: all }: CiReport): string {
  const shown = all.slice(0, MOST_REASONS).map((one) => `- ${plain(one)}`);
  return [...shown, ...(all.length > shown.length ? [`- and ${all.length - shown.length} more`] : [])].join(
    '\n',
  );
}

const ARROW = { higher: ' ↑', lower: ' ↓' } as const;
const SAYS: Record<MetricChange['says'], string> = {
  better: '**better**',
  worse: '**worse**',
  open: 'not shown to differ',
  same: 'equal',
  alone: '',
};

const figureWords = ({ value, low, high }: Figure): string =>
  low === undefined || high === undefined
    ? digits(value)
    : `${digits(value)} (${digits(low)} to ${digits(high)})`;

function metrics({ metrics: all, judged_on: on, rows, base, change }: CiReport): string {
  if (all.length === 0) return '';
  const count = rows === undefined ? '' : `, ${rows.toLocaleString('en')} rows`;
  const beside = base?.execution !== undefined;
  const compared = all.some(({ difference }) => difference !== undefined);
  const paired = all.some((one) => one.paired);
  const how = !compared
    ? ''
    : paired
      ? ' Intervals of a change are paired where it says so: both models answered the same rows. '
      : base?.same_rows === true
        ? ' Both were judged on the same rows, each by itself. '
        : ' **The base was judged on other rows.** ';
  const unpaired = compared
    ? 'Without a pair, a change counts only where the two intervals stand apart.'
    : '';
  return [
    '### Metrics',
    `Judged by Treadle on ${plain(on ?? '')}${count}; 95 % intervals.${how}${unpaired}`,
    table(
      [
        'metric',
        ...(beside ? [plain(base!.branch)] : []),
        nowWords(change),
        ...(beside ? ['change', ''] : []),
      ],
      all.map((one) => [
        `${plain(one.name)}${one.better ? ARROW[one.better] : ''}`,
        ...(beside ? [one.base ? figureWords(one.base) : '–'] : []),
        figureWords(one.now),
        ...(beside ? [changeWords(one), SAYS[one.says]] : []),
      ]),
    ),
    intervalPlot(all, base?.branch),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function changeWords({ difference, paired }: MetricChange): string {
  if (!difference) return '';
  const { value, low, high } = difference;
  if (low === undefined || high === undefined) return signed(value);
  return `${signed(value)} (${signed(low)} to ${signed(high)}${paired ? ', paired' : ''})`;
}

function slices({ slices: all, base, change }: CiReport): string {
  if (all.length === 0) return '';
  return [
    '### Slices to look at',
    table(
      ['slice', 'rows', 'metric', base === undefined ? 'base' : plain(base.branch), nowWords(change), ''],
      all.map(({ where, rows, metric, now, base: before, worse, weak }) => [
        code(where),
        rows.toLocaleString('en'),
        plain(metric),
        before ? figureWords(before) : '–',
        figureWords(now),
        [...(worse ? ['**got worse**'] : []), ...(weak ? ['worse than the others'] : [])].join(', '),
      ]),
    ),
  ].join('\n\n');
}

function gate({ rules }: CiReport): string {
  if (rules.length === 0) return '';
  return [
    '### Gate',
    table(
      ['', 'rule', 'why'],
      rules
        .slice(0, MOST_RULES)
        .map(({ rule, verdict, reason, always }) => [
          MARK[verdict],
          `${code(rule)}${always ? ' (always asked)' : ''}`,
          plain(reason.startsWith(`${rule}: `) ? reason.slice(rule.length + 2) : reason),
        ]),
    ),
  ].join('\n\n');
}

function data({ data: all }: CiReport): string {
  if (all.length === 0) return '';
  const rowsOf = (rows: number | undefined): string => (rows === undefined ? '' : rows.toLocaleString('en'));
  return [
    '### Data',
    table(
      ['data', 'before', 'now', 'rows', 'what changed'],
      all.map(({ name, dataset, version, before, rows, rows_before: then, sample, text }) => [
        plain(name),
        plain(before ?? '–'),
        plain(`${dataset}@${version}`),
        then === undefined || then === rows ? rowsOf(rows) : `${rowsOf(then)} → ${rowsOf(rows)}`,
        plain(sample ? `${sampleWords(sample)}; ${text}` : text),
      ]),
    ),
  ].join('\n\n');
}

const sampleWords = ({ unit, kept, total }: NonNullable<CiReport['data'][number]['sample']>): string =>
  kept === total
    ? `all ${total.toLocaleString('en')} ${unit}, which are few`
    : `${kept.toLocaleString('en')} of ${total.toLocaleString('en')} ${unit} were read`;

function leaks({ proof }: CiReport): string {
  if (!proof) return '';
  return [
    '### Leaks',
    `${MARK[proof.verdict]} ${plain(proof.summary)}`,
    [...proof.leaks.map((one) => `- ${code(one)}`), ...proof.warnings.map((one) => `- ${plain(one)}`)].join(
      '\n',
    ),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function steps({ steps: all, pipeline, number }: CiReport): string {
  const shown = all.slice(0, MOST_STEPS);
  const failed = shown.find(({ state }) => state === 'failed');
  return [
    '### Steps',
    table(
      ['step', '', 'time', 'on the base', 'why'],
      shown.map(({ name, state, ms, base_ms: before, outcome, reasons: why }) => [
        plain(name),
        state === 'succeeded' ? 'ran' : state,
        state === 'cached' || ms === undefined ? '' : duration(ms),
        before === undefined ? '' : duration(before),
        plain(
          state === 'failed' ? (outcome?.message ?? 'failed') : line(why.map(({ text }) => text).join('; ')),
        ),
      ]),
    ),
    ...(failed
      ? [
          `What it said: ${code(`treadle logs ${pipeline}#${number} ${failed.name}`)}, or the page of the execution.`,
        ]
      : []),
    ...(all.length > shown.length ? [`and ${all.length - shown.length} more`] : []),
  ].join('\n\n');
}

function plots({ steps: all, calibration }: CiReport): string {
  const parts = [stepChart(all), ...(calibration ? [calibrationChart(calibration)] : [])].filter(
    (part) => part !== '',
  );
  if (parts.length === 0) return '';
  return ['<details><summary>Plots</summary>', ...parts, '</details>'].join('\n\n');
}

const warnings = ({ warnings: all }: CiReport): string =>
  all.length === 0 ? '' : ['### Warnings', all.map((one) => `- ${plain(one)}`).join('\n')].join('\n\n');

const links = ({ links: to }: CiReport): string =>
  [
    link('execution', to.execution),
    ...(to.evaluation === undefined ? [] : [link('evaluation with every figure', to.evaluation)]),
    ...(to.base === undefined ? [] : [link('execution of the base', to.base)]),
  ].join(' · ');
