import type { PredictionLineage } from '../../../governance/contract.ts';
import type { Release } from '../../../releases/contract.ts';
import {
  keptFor,
  ROLE_WORDS,
  type Endpoint,
  type EndpointDetail,
  type Revision,
  type Variant,
} from '../../../serving/contract.ts';
import { named } from '../names.ts';
import { ago, count, listed, number, table } from '../output.ts';

/** Endpoints, revisions and stories, as people read them. */

const variant = ({ role, model, version, percent }: Variant, all: readonly Variant[]): string =>
  `${all.length === 1 ? '' : `${ROLE_WORDS[role]} `}${model}@v${version}${all.length === 1 ? '' : ` ${percent} %`}`;
export const traffic = ({ variants }: Revision): string =>
  variants.map((one) => variant(one, variants)).join(', ');

const state = (revision: Revision): string =>
  revision.state === 'preparing' && revision.stage !== undefined
    ? `preparing (${revision.stage})`
    : `${revision.state}${revision.unloadable ? ', cannot be loaded' : ''}`;
const unloadable = (revision: Revision | undefined): string | undefined =>
  revision?.unloadable &&
  `${revision.unloadable.problem} (first seen ${ago(revision.unloadable.since)}); ${revision.unloadable.hint}`;
const cause = ({ cause, restores }: Revision): string =>
  cause === 'deploy' ? '' : `${cause === 'rollback' ? 'rollback' : 'rolled back by itself'} to ${restores}`;

export const showEndpoints = (items: readonly Endpoint[]): string =>
  listed(
    'there are no endpoints; make one with: treadle deploy MODEL',
    ['endpoint', 'revision', 'answers with', 'since', 'joined', 'requests/s', 'p95 ms'],
    items.map(({ name, current, latest, recent, batching }) => [
      name,
      current?.revision ?? '',
      current
        ? `${traffic(current)}${current.unloadable ? ' (cannot be loaded)' : ''}`
        : `nothing yet (${latest ? state(latest) : 'no revision'})`,
      current?.live_at === undefined ? '' : ago(current.live_at),
      batching === undefined ? '' : batching.joined ? 'yes' : 'no',
      recent
        ? (recent.requests.reduce((sum, n) => sum + n, 0) / Math.max(1, recent.requests.length)).toFixed(1)
        : '',
      recent?.p95_ms ?? '',
    ]),
  );

const rolloutLine = ({ id, model, version, rollout, state }: Release): string =>
  `${model}@v${version} gets ${rollout?.percent ?? 0} %, ${state === 'held' ? `held: ${rollout?.held?.why ?? ''}` : (rollout?.evidence.words ?? '')} (treadle releases ${id})`;

/** What is kept of predictions, as people say it. */
const KEEPS = {
  all: 'inputs and outputs of predictions',
  outputs: 'outputs of predictions, and nothing that callers send',
  none: 'nothing of predictions',
} as const;

const percent = (share: number): string => `${number(100 * share, 4)} %`;

function rulesLines(columns: Endpoint['columns']): Array<readonly [string, string | undefined]> {
  const by = (rule: 'drop' | 'hash'): string =>
    Object.entries(columns)
      .flatMap(([name, one]) => (one === rule ? [name.replace(/^in_/, '')] : []))
      .join(', ');
  const [dropped, hashed] = [by('drop'), by('hash')];
  return [
    ['not recorded', dropped === '' ? undefined : dropped],
    ['as hashes', hashed === '' ? undefined : hashed],
  ];
}

export function showEndpoint(
  { endpoint, previous, spec }: EndpointDetail,
  revisions: readonly Revision[],
  rollout: Release | undefined,
): string {
  const { current, latest } = endpoint;
  const lines: Array<readonly [string, string | undefined]> = [
    ['endpoint', endpoint.name],
    ['address', `${endpoint.address}/v2/models/${endpoint.name}/infer`],
    ['answers with', current ? `${traffic(current)} (revision ${current.revision})` : 'nothing'],
    [
      'batches',
      endpoint.batching &&
        `requests are ${endpoint.batching.joined ? 'joined' : 'never joined'}: ${endpoint.batching.why}`,
    ],
    [
      'keeps',
      `${KEEPS[endpoint.records]}${endpoint.records === 'none' ? '' : `, for ${keptFor(endpoint.keep_ms)}`}`,
    ],
    [
      '',
      endpoint.records === 'none' || endpoint.sample === 1
        ? undefined
        : `of ${percent(endpoint.sample)} of them`,
    ],
    ...(endpoint.records === 'all' ? rulesLines(endpoint.columns) : []),
    ['rollout', rollout && rolloutLine(rollout)],
    ['rollback goes to', previous ? `${traffic(previous)} (revision ${previous.revision})` : undefined],
    ['cannot load', unloadable(current)],
    ['no way back', unloadable(previous)],
    ['problem', latest?.state === 'failed' ? `revision ${latest.revision}: ${latest.problem}` : undefined],
    ...(current?.warnings ?? []).map((warning) => ['warning', warning] as const),
    [
      'takes',
      spec?.inputs.map(({ name, datatype, shape }) => `${name} ${datatype}[${shape.join(',')}]`).join(', '),
    ],
    [
      'gives',
      spec?.outputs.map(({ name, datatype, shape }) => `${name} ${datatype}[${shape.join(',')}]`).join(', '),
    ],
  ];
  return [
    ...lines.flatMap(([name, text]) =>
      text === undefined || text === '' ? [] : [`${name.padEnd(17)}${text}`],
    ),
    '',
    table(
      ['revision', 'state', 'traffic', 'why', 'asked for', 'by', 'load'],
      revisions.map((one) => [
        one.revision,
        state(one),
        traffic(one),
        [cause(one), one.note ?? ''].filter(Boolean).join(': '),
        ago(one.created_at),
        one.created_by,
        one.load_ms === undefined ? '' : `${Math.round(one.load_ms)} ms`,
      ]),
    ),
  ].join('\n');
}

/** Ready to paste into a shell: the model's own sample, or the shape of a request. */
export function curl({ endpoint, spec }: EndpointDetail): string {
  const url = `${endpoint.address}/v2/models/${endpoint.name}/infer`;
  const inputs = spec?.sample ?? [];
  // A sample that fills a screen is not pasted.
  const body = JSON.stringify({ inputs });
  const shown = inputs.length > 0 && body.length <= 2000 ? body : undefined;
  if (shown !== undefined)
    return `curl -s ${url} -H 'content-type: application/json' -d '${shown.replaceAll("'", String.raw`'\''`)}'`;
  return `curl -s ${endpoint.address}/v2/models/${endpoint.name}`;
}

const when = (time: number): string => new Date(time).toISOString().replace('T', ' ').replace(/\..*/, ' UTC');

/** The story of an answer from the answer back to the rows. */
export function showStory(story: PredictionLineage, names: ReadonlyMap<string, string> = new Map()): string {
  const { endpoint, revision, variant: by, model_version: version, run, code, evaluation, proof } = story;
  const metrics = (all: Record<string, unknown>): string =>
    Object.entries(all)
      .slice(0, 8)
      .map(([key, value]) => `${key} ${typeof value === 'number' ? number(value, 6) : String(value)}`)
      .join(', ');
  const lines: Array<readonly [string, string | undefined]> = [
    ['prediction', `${story.prediction}, ${when(story.at)}`],
    [
      'endpoint',
      `${endpoint.name}, revision ${revision.revision} (${ROLE_WORDS[by.role]}, ${revision.cause}) by ${revision.created_by}`,
    ],
    [
      'model',
      `${version.model}@v${version.version}, registered ${when(version.created_at)} by ${version.created_by}`,
    ],
    ['', version.digest === undefined ? undefined : `files ${version.digest}`],
    [
      'run',
      run && `${run.name} (${run.id}), ${run.status}${run.user === undefined ? '' : `, by ${run.user}`}`,
    ],
    ['', run && metrics(run.metrics)],
    [
      'code',
      code &&
        [
          code.commit === undefined
            ? undefined
            : `commit ${code.commit}${code.dirty === true ? ' with changes' : ''}`,
          code.repository,
          code.digest === undefined ? undefined : `digest ${code.digest}`,
          code.command,
        ]
          .filter(Boolean)
          .join(', '),
    ],
    ...story.datasets.map(
      ({ name, version: number, ref, hash, read_by }, i) =>
        [
          i === 0 ? 'data' : '',
          `${name === undefined ? ref : `${name}@${number}`}${hash === undefined ? '' : ` (${hash.slice(0, 16)})`}, read by ${named(read_by, names)}`,
        ] as const,
    ),
    [
      'evaluation',
      evaluation &&
        `${evaluation.verdict}, ${when(evaluation.at)}, ${evaluation.when}: ${metrics(evaluation.metrics)} (${evaluation.id})`,
    ],
    [
      '',
      evaluation?.since &&
        `judged again since: ${evaluation.since.verdict}, ${when(evaluation.since.at)} (${evaluation.since.id})`,
    ],
    [
      'proof',
      proof &&
        `${proof.verdict}: of ${count(proof.gate_rows, 'row')} it was judged on, ${proof.overlapping_rows} were found in what training read (${count(proof.training_rows, 'row')})`,
    ],
    ['', proof?.summary],
    ...(proof?.excused ?? []).map(({ label, reason }) => ['', `excused: ${label}: “${reason}”`] as const),
    ...(proof?.warnings ?? []).map((warning) => ['', `warning: ${warning}`] as const),
    ['ledger', `${count(story.edges.length, 'arrow')} prove it; treadle ledger verify checks their entries`],
    ...story.edges.map(
      ({ from, relation, to, seq }) =>
        ['', `${String(seq).padStart(6)}  ${named(from, names)} ${relation} ${named(to, names)}`] as const,
    ),
    ...story.gaps.map((gap, i) => [i === 0 ? 'not known' : '', gap] as const),
  ];
  return lines
    .flatMap(([name, text]) => (text === undefined || text === '' ? [] : [`${name.padEnd(12)}${text}`]))
    .join('\n');
}
