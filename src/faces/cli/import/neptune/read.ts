import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { invalid } from '../../../../platform/errors/index.ts';
import type { Fact, Known, Point, Source } from '../facts.ts';
import { walk } from '../mlflow/places.ts';
import { createSpool, type Spool } from '../spool.ts';
import { rowsOf, type Row } from './rows.ts';

const KEPT = 'neptune';
const MILLION = 1_000_000n;

/** What neptune-exporter wrote: Parquet parts of each run by project, and beside them the files. */
export function neptuneSource(target: string, files: string | undefined): Source {
  const place = path.resolve(target);
  const { runs, unfinished } = existsSync(place) ? partsIn(place) : { runs: [], unfinished: [] };
  if (runs.length === 0)
    throw invalid(
      existsSync(place) ? `there is no export of Neptune in ${target}` : `there is no ${target}`,
      {
        field: 'dir',
        hint: 'name the folder that neptune-exporter had as its --data-path: it holds a folder of …_part_0.parquet for each project',
      },
    );
  const root = files === undefined ? besides(place) : path.resolve(files);
  return {
    from: 'neptune',
    place,
    runs: runs.length,
    read: (known) => readAll(runs, unfinished, root, known),
  };
}

/** The files of one run, in their order. */
interface Parts {
  folder: string;
  parts: string[];
}

/** A run is whole once its first part is there: the exporter names it last. */
function partsIn(place: string): { runs: Parts[]; unfinished: string[] } {
  const found = { runs: [] as Parts[], unfinished: [] as string[] };
  const byRun = new Map<string, Array<[number, string]>>();
  for (const entry of readdirSync(place, { withFileTypes: true }).toSorted((a, b) =>
    a.name < b.name ? -1 : 1,
  )) {
    const file = path.join(place, entry.name);
    if (entry.isDirectory()) {
      const below = partsIn(file);
      found.runs.push(...below.runs);
      found.unfinished.push(...below.unfinished);
      continue;
    }
    const [, run, part] = /^(.*)_part_(\d+)\.parquet$/.exec(entry.name) ?? [];
    if (run !== undefined) byRun.set(run, [...(byRun.get(run) ?? []), [Number(part), file]]);
  }
  for (const parts of byRun.values()) {
    const sorted = parts.toSorted(([a], [b]) => a - b);
    if (sorted[0]![0] === 0) found.runs.push({ folder: place, parts: sorted.map(([, file]) => file) });
    else found.unfinished.push(sorted[0]![1]);
  }
  return found;
}

/** `exports/files` beside `exports/data`, as the exporter puts them unless told otherwise. */
function besides(place: string): string {
  const within = path.join(place, 'files');
  return existsSync(within) ? within : path.join(path.dirname(place), 'files');
}

/** What a first look at a run tells. */
interface Look {
  id: string;
  project: string;
  system: Map<string, unknown>;
  /** Whether its scalars have steps with decimals, and the farthest of them. */
  decimals: number;
  farthest: bigint;
}

async function look(parts: readonly string[]): Promise<Look | undefined> {
  let found: Look | undefined;
  for (const part of parts)
    for await (const rows of rowsOf(part, true))
      for (const { run, project, path: name, type, step, value } of rows) {
        found ??= { id: run, project, system: new Map(), decimals: 0, farthest: 0n };
        if (step === undefined && name.startsWith('sys/')) found.system.set(name, value);
        if (type !== 'float_series' || step === undefined) continue;
        found.decimals = Math.max(found.decimals, decimalsOf(step));
        const far = step < 0n ? -step : step;
        if (far > found.farthest) found.farthest = far;
      }
  return found;
}

/** How many of its six decimals a step needs. */
function decimalsOf(step: bigint): number {
  if (step % MILLION === 0n) return 0;
  let decimals = 6;
  for (let rest = step; rest % 10n === 0n; rest /= 10n) decimals--;
  return decimals;
}

async function* readAll(
  runs: readonly Parts[],
  unfinished: readonly string[],
  files: string,
  known: Known,
): AsyncIterable<Fact> {
  for (const file of unfinished)
    yield {
      kind: 'note',
      where: 'left',
      what: 'a run that the exporter did not finish: its part 0 is missing',
      example: file,
    };
  const byProject = new Map<string, Array<{ parts: readonly string[]; of: Look }>>();
  for (const { folder, parts } of runs) {
    const of = await look(parts);
    if (!of) {
      yield { kind: 'note', where: 'left', what: 'a run without any rows', example: parts[0] ?? folder };
      continue;
    }
    // Models and their versions of Neptune 2 are written as runs are, in folders of their own.
    const kind = path.basename(folder);
    const project =
      kind === 'models' || kind === 'model_versions' ? `${of.project} ${kind.replace('_', ' ')}` : of.project;
    byProject.set(project, [...(byProject.get(project) ?? []), { parts, of }]);
  }
  for (const [project, ofProject] of byProject) {
    const decimals = scaleOf(ofProject.map(({ of }) => of));
    const scale: Scale = { decimals, factor: 10n ** BigInt(6 - decimals) };
    yield {
      kind: 'experiment',
      id: project,
      name: project,
      tags: decimals === 0 ? [] : [['neptune.step_scale', String(10 ** decimals)]],
    };
    if (decimals > 0)
      yield {
        kind: 'note',
        where: 'differently',
        what: `steps with decimals in a project: all of its steps are ${(10 ** decimals).toLocaleString('en')} times what they were, and the tag neptune.step_scale says so`,
        example: project,
      };
    // A fork names its parent by the id that people gave, or by Neptune's own.
    const ids = new Map<string, string>();
    for (const { of } of ofProject)
      for (const id of [of.id, of.system.get('sys/id'), of.system.get('sys/custom_run_id')])
        if (typeof id === 'string') ids.set(id, of.id);
    for (const { parts, of } of ofProject) {
      const id = `${project}/${of.id}`;
      const mark = createHash('sha256')
        .update(
          [String(decimals), ...parts.map((part) => `${path.basename(part)} ${statSync(part).size}`)].join(
            '\n',
          ),
        )
        .digest('hex')
        .slice(0, 32);
      if (known(id, mark)) yield { kind: 'unchanged', id };
      else yield* readRun({ id, project, parts, of, ids, scale, files, mark });
    }
    yield { kind: 'experiment-end', id: project };
  }
}

interface Scale {
  /** Decimals that a step keeps: it is a whole number of these parts here. */
  decimals: number;
  /** Millionths in one of them. */
  factor: bigint;
}

/** As many decimals as the steps of a project need, and a double has place for: one scale, so that its runs stay comparable. */
function scaleOf(runs: readonly Look[]): number {
  let decimals = Math.max(0, ...runs.map((run) => run.decimals));
  const farthest = runs.reduce((far, run) => (run.farthest > far ? run.farthest : far), 0n);
  while (decimals > 0 && farthest / 10n ** BigInt(6 - decimals) > BigInt(Number.MAX_SAFE_INTEGER)) decimals--;
  return decimals;
}

interface Reading {
  id: string;
  project: string;
  parts: readonly string[];
  of: Look;
  ids: ReadonlyMap<string, string>;
  scale: Scale;
  files: string;
  mark: string;
}

async function* readRun(reading: Reading): AsyncIterable<Fact> {
  const { id, project, of, ids, scale } = reading;
  const system = (name: string): unknown => of.system.get(`sys/${name}`);
  const word = (value: unknown): string | undefined =>
    typeof value === 'string' && value !== '' ? value : undefined;
  const begun = Date.parse(word(system('creation_time')) ?? '');
  const fork = word(system('forking/parent'));
  const owner = word(system('owner'));
  yield {
    kind: 'run',
    id,
    experiment: project,
    name: word(system('name')) ?? of.id,
    ...(owner === undefined ? {} : { user: owner }),
    ...(Number.isNaN(begun) ? {} : { startedAt: begun }),
    ...(fork === undefined ? {} : { parent: `${project}/${ids.get(fork) ?? fork}` }),
    tags: [
      ['neptune.run_id', of.id],
      ...(fork === undefined ? [] : ([['neptune.fork.parent', fork]] as const)),
      ...(typeof system('forking/step') === 'number'
        ? ([['neptune.fork.step', String(system('forking/step'))]] as const)
        : []),
      ...(scale.decimals === 0 ? [] : ([['neptune.step_scale', String(10 ** scale.decimals)]] as const)),
    ],
    deleted: system('trashed') === true,
    mark: reading.mark,
  };
  const spool = createSpool();
  const said = { lastAt: Number.isNaN(begun) ? 0 : begun };
  try {
    for (const part of reading.parts)
      for await (const rows of rowsOf(part)) {
        const points: Point[] = [];
        const params: Array<readonly [string, string]> = [];
        const tags: Array<readonly [string, string]> = [];
        for (const row of rows) {
          if (row.time !== undefined) said.lastAt = Math.max(said.lastAt, row.time);
          if (row.type === 'float_series') {
            const point = pointOf(row, scale);
            if (point) points.push(point);
            else yield* line(spool, row, 'a scalar whose step no whole number can hold');
          } else if (row.type === 'string_series' || row.type === 'histogram_series')
            yield* line(
              spool,
              row,
              row.type === 'string_series' ? 'series of texts' : 'series of histograms',
            );
          else if (isAttribute(row.type)) {
            const text = textOf(row.value);
            if (row.path.startsWith('sys/')) tags.push([`neptune.${row.path}`, text]);
            else params.push([row.path, text]);
            await spool.line(`${KEPT}/attributes.jsonl`, {
              path: row.path,
              type: row.type,
              value: typeof row.value === 'bigint' ? String(row.value) : row.value,
            });
          } else yield* fileOf(spool, row, reading.files);
        }
        if (points.length > 0) yield { kind: 'points', points };
        if (params.length > 0) yield { kind: 'params', params };
        if (tags.length > 0) yield { kind: 'tags', tags };
      }
    yield* spool.files();
    const ended = Date.parse(word(system('modification_time')) ?? '');
    yield {
      kind: 'end',
      status: system('failed') === true ? 'failed' : 'finished',
      endedAt: said.lastAt > 0 ? said.lastAt : Number.isNaN(ended) ? Date.now() : ended,
    };
  } finally {
    await spool.close();
  }
}

const isAttribute = (type: string): boolean =>
  ['float', 'int', 'string', 'bool', 'datetime', 'string_set'].includes(type);

const textOf = (value: unknown): string =>
  typeof value === 'string'
    ? value
    : Array.isArray(value)
      ? JSON.stringify(value)
      : value === null
        ? ''
        : String(value as number | bigint | boolean);

function pointOf({ path: key, step, time, value }: Row, { factor }: Scale): Point | undefined {
  if (typeof value !== 'number') return undefined;
  const at = step ?? 0n;
  if (at % factor !== 0n) return undefined;
  const whole = Number(at / factor);
  return Number.isSafeInteger(whole) ? { key, step: whole, time: time ?? 0, value } : undefined;
}

/** Millionths as a decimal number, exactly. */
function stepText(step: bigint): string {
  const sign = step < 0n ? '-' : '';
  const size = step < 0n ? -step : step;
  const rest = String(size % MILLION)
    .padStart(6, '0')
    .replace(/0+$/, '');
  return `${sign}${size / MILLION}${rest === '' ? '' : `.${rest}`}`;
}

/** A value by step that is no number, or whose step is too fine: a line of its series. */
async function* line(
  spool: Spool,
  { path: name, type, step, time, value }: Row,
  what: string,
): AsyncIterable<Fact> {
  await spool.line(`${KEPT}/series/${fileName(name)}.jsonl`, {
    path: name,
    type,
    ...(step === undefined ? {} : { step: stepText(step) }),
    ...(time === undefined ? {} : { time: new Date(time).toISOString() }),
    value,
  });
  yield {
    kind: 'note',
    where: 'differently',
    what: `${what}: a line each in neptune/series/ATTRIBUTE.jsonl of the run, with its exact step`,
    example: name,
  };
}

/** A file, a step's file, or a folder of them. */
/** Also where a link leads to. */
const isBelow = (root: string, file: string): boolean =>
  existsSync(root) &&
  existsSync(file) &&
  `${realpathSync(file)}${path.sep}`.startsWith(`${realpathSync(root)}${path.sep}`);

async function* fileOf(
  spool: Spool,
  { path: name, type, step, time, value }: Row,
  root: string,
): AsyncIterable<Fact> {
  const file = typeof value === 'string' ? path.resolve(root, value) : undefined;
  const at = `${KEPT}/files/${fileName(name)}${step === undefined ? '' : `/step-${stepText(step)}`}`;
  await spool.line(`${KEPT}/files.jsonl`, {
    path: name,
    type,
    ...(step === undefined ? {} : { step: stepText(step) }),
    ...(time === undefined ? {} : { time: new Date(time).toISOString() }),
    file: value,
    here: at,
  });
  // Names in the table are data: one that leads out of the folder of files is none of it.
  if (file === undefined || !isBelow(root, file)) {
    yield {
      kind: 'note',
      where: 'left',
      what: `a file that is not below ${root}; --files says where the exporter put them`,
      example: `${name}: ${String(value)}`,
    };
    return;
  }
  if (statSync(file).isDirectory())
    for await (const one of walk(file, '')) {
      if (one.kind === 'artifact') yield { ...one, path: `${at}/${one.path}` };
      else yield { kind: 'note', where: 'left', what: one.why, example: one.where };
    }
  else
    yield {
      kind: 'artifact',
      path: `${at}/${path.basename(file)}`,
      size: statSync(file).size,
      open: () => createReadStream(file),
    };
}

const fileName = (name: string): string =>
  name
    .split('/')
    .map((part) =>
      /^\.*$/.test(part) ? part.replaceAll('.', '_') || '_' : part.replaceAll(/[^\p{L}\p{N}_.\- ]/gu, '_'),
    )
    .join('/');
