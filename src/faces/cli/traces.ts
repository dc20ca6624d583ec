import {
  createAssessment,
  deleteTrace,
  getTrace,
  searchTraces,
  type SpanView,
  type Trace,
} from '../../traces/contract.ts';
import { findExperiment } from './experiments.ts';
import type { Cli, Register } from './frame.ts';
import { whole } from './options.ts';
import { ago, clip, listed, upTo } from './output.ts';
import { seconds } from './pipelines/units.ts';

interface ListOptions {
  filter?: string;
  order?: string[];
  limit: number;
}

interface AssessOptions {
  expected?: boolean;
  reason?: string;
}

const HELP = `
Examples:
  treadle traces ls assistant --filter "status = 'ERROR' AND span.name = 'retrieve'"
  treadle traces ls assistant --order 'execution_time_ms DESC' --limit 10
  treadle traces show tr-5b5b953b…
  treadle traces assess tr-5b5b953b… correct false -m "names the wrong valve"`;

/** `treadle traces …` */
export const register: Register = (program, cli) => {
  const traces = program
    .command('traces')
    .description('search, show and assess traces of applications')
    .addHelpText('after', HELP);
  traces
    .command('ls <experiment>')
    .description('list the traces of an experiment, the newest first')
    .option(
      '--filter <filter>',
      "such as: status = 'ERROR' AND tags.team = 'ops' OR feedback.correct = 'false'",
    )
    .option('--order <order...>', "such as: 'execution_time_ms DESC', 'tokens DESC', 'cost DESC'")
    .option('--limit <n>', 'at most this many', whole(1), 50)
    .action(async (experiment: string, { filter, order, limit }: ListOptions) => {
      const client = cli.client();
      const { id } = await findExperiment(client, experiment);
      const found = await upTo(limit, (page) =>
        client.call(searchTraces, {
          body: {
            experiments: [id],
            ...(filter === undefined ? {} : { filter }),
            ...(order === undefined ? {} : { order }),
            ...page,
          },
        }),
      );
      cli.output().list(found, (items) =>
        listed(
          filter === undefined ? 'there is no trace yet' : 'there is no such trace',
          ['id', 'name', 'status', 'started', 'took', 'tokens', 'request'],
          items.map((one) => [
            one.id,
            one.name ?? '',
            one.status,
            ago(one.started_at),
            one.duration_ms === undefined ? '' : seconds(one.duration_ms),
            one.tokens?.['total_tokens'] ?? '',
            short(one.request_preview ?? ''),
          ]),
        ),
      );
    });
  traces
    .command('show <trace>')
    .description('show the steps of a trace, and what was said of it')
    .action(async (trace: string) => {
      const found = await cli.client().call(getTrace, { params: { trace } });
      cli.output().result(found, () => shown(found));
    });
  traces
    .command('assess <trace> <name> <value>')
    .description('say what a trace is worth, or what it should have been; the value is JSON where it is some')
    .option('--expected', 'it is what should have come out')
    .option('-m, --reason <text>', 'why')
    .action(async (trace: string, name: string, value: string, { expected, reason }: AssessOptions) => {
      const made = await cli.client().call(createAssessment, {
        params: { trace },
        body: {
          kind: expected === true ? 'expectation' : 'feedback',
          name,
          value: valueOf(value),
          ...(reason === undefined ? {} : { rationale: reason }),
        },
      });
      cli.output().result(made, () => `${made.name} of ${trace} is kept as ${made.id}`);
    });
  traces
    .command('rm <trace>')
    .description('delete a trace for good')
    .action((trace: string) => remove(cli, trace));
};

async function remove(cli: Cli, trace: string): Promise<void> {
  const gone = await cli.client().call(deleteTrace, { params: { trace } });
  cli.output().result(gone, () => `deleted trace ${trace}`);
}

/** On one line, so that a name is no more than a name. */
const short = (text: string): string => clip(text.replaceAll(/\s+/g, ' '), 48);

function valueOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function shown(trace: Trace): string {
  const head = [
    `${short(trace.name ?? '') || trace.id}: ${trace.status}`,
    `id        ${trace.id}`,
    `started   ${new Date(trace.started_at).toISOString()}`,
    ...(trace.duration_ms === undefined ? [] : [`took      ${seconds(trace.duration_ms)}`]),
    ...(trace.tokens?.['total_tokens'] === undefined
      ? []
      : [`tokens    ${trace.tokens['total_tokens'].toLocaleString('en')}`]),
    ...(trace.session === undefined ? [] : [`session   ${trace.session}`]),
  ];
  const said = trace.assessments.map(
    ({ kind, name, value, rationale, source_id, valid }) =>
      `  ${kind} ${name} = ${JSON.stringify(value)}${valid ? '' : ' (replaced)'}, by ${source_id}${rationale === undefined ? '' : `: ${rationale}`}`,
  );
  return [...head, '', ...steps(trace.tree), ...(said.length > 0 ? ['', ...said] : [])].join('\n');
}

/** The spans as a tree: each below its parent, by its begin. */
function steps(spans: readonly SpanView[]): string[] {
  const known = new Set(spans.map(({ id }) => id));
  const below = new Map<string, SpanView[]>();
  for (const span of spans) {
    const parent = span.parent !== undefined && known.has(span.parent) ? span.parent : '';
    below.set(parent, [...(below.get(parent) ?? []), span]);
  }
  const lines: string[] = [];
  const open = (below.get('') ?? []).map((span) => ({ span, depth: 0 })).toReversed();
  const seen = new Set<string>();
  for (let next = open.pop(); next; next = open.pop()) {
    const { span, depth } = next;
    if (seen.has(span.id)) continue;
    seen.add(span.id);
    const time =
      span.end === undefined ? 'running' : seconds(Number(BigInt(span.end) - BigInt(span.start)) / 1e6);
    const type = span.type === undefined || span.type === 'UNKNOWN' ? '' : ` [${span.type}]`;
    const failed =
      span.status === 'error'
        ? `  failed${span.message === undefined ? '' : `: ${short(span.message)}`}`
        : '';
    lines.push(`${'  '.repeat(Math.min(depth, 20))}${short(span.name)}${type}  ${time}${failed}`);
    open.push(...(below.get(span.id) ?? []).map((one) => ({ span: one, depth: depth + 1 })).toReversed());
  }
  return lines;
}
