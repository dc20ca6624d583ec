import { createHash } from 'node:crypto';
import { createReadStream, existsSync, lstatSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { invalid } from '../../../../platform/errors/index.ts';
import type { Fact, Known, Point, Source } from '../facts.ts';
import { fields, isFields } from '../json.ts';
import { walk } from '../mlflow/places.ts';
import { createSpool, type Spool } from '../spool.ts';
import { recordsOf, type LogEnd } from './log.ts';
import { readRecord, type Artifact, type Item, type RunRecord } from './record.ts';

/** Offline runs of W&B: a folder of them (`wandb/`), one of their folders, or a `.wandb` file. */
export function wandbSource(target: string, { experiment }: { experiment?: string | undefined }): Source {
  const place = path.resolve(target);
  const logs = existsSync(place) ? logsIn(place) : [];
  if (logs.length === 0)
    throw invalid(existsSync(place) ? `there is no .wandb file in ${target}` : `there is no ${target}`, {
      field: 'dir',
      hint: 'name the folder wandb that offline runs were written to, one of its offline-run-… folders, or a .wandb file',
    });
  return { from: 'wandb', place, runs: logs.length, read: (known) => readAll(logs, experiment, known) };
}

/** In the order of their names, which begin with the time: a run that was resumed has several. */
function logsIn(place: string): string[] {
  if (statSync(place).isFile()) return place.endsWith('.wandb') ? [place] : [];
  return readdirSync(place, { withFileTypes: true })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const file = path.join(place, entry.name);
      // `latest-run` is a link to one of the others.
      return entry.isDirectory()
        ? logsIn(file)
        : entry.isFile() && entry.name.endsWith('.wandb')
          ? [file]
          : [];
    });
}

async function* readAll(
  logs: readonly string[],
  experiment: string | undefined,
  known: Known,
): AsyncIterable<Fact> {
  const byRun = new Map<string, { head: RunRecord; logs: string[] }>();
  for (const log of logs) {
    const head = await headOf(log);
    if (!head) {
      yield { kind: 'note', where: 'left', what: 'a file of W&B that holds no run', example: log };
      continue;
    }
    const id = [head.entity, head.project, head.id].join('/');
    const one = byRun.get(id);
    if (one) one.logs.push(log);
    else byRun.set(id, { head, logs: [log] });
  }
  const opened = new Set<string>();
  for (const [id, { head, logs: ofRun }] of byRun) {
    const project = experiment ?? (head.project || 'uncategorized');
    if (!opened.has(project)) yield { kind: 'experiment', id: project, name: project, tags: [] };
    opened.add(project);
    const mark = createHash('sha256')
      .update(ofRun.map((log) => `${path.basename(log)} ${statSync(log).size}`).join('\n'))
      .digest('hex')
      .slice(0, 32);
    if (known(id, mark)) yield { kind: 'unchanged', id };
    else yield* readRun(id, project, head, ofRun, mark);
  }
  for (const project of opened) yield { kind: 'experiment-end', id: project };
}

async function headOf(log: string): Promise<RunRecord | undefined> {
  for await (const bytes of recordsOf(log, { at: 0 })) {
    const record = readRecord(bytes);
    if (record.kind === 'run') return record.run;
  }
  return undefined;
}

const KEPT = 'wandb';

interface State {
  head: RunRecord;
  config: Map<string, unknown>;
  summary: Map<string, unknown>;
  spool: Spool;
  /** Keys that were measured, and where the last history stands. */
  measured: Set<string>;
  last: { step: number; time: number };
  stats: number;
  points: Point[];
  output: boolean;
}

async function* readRun(
  id: string,
  project: string,
  head: RunRecord,
  logs: readonly string[],
  mark: string,
): AsyncIterable<Fact> {
  yield {
    kind: 'run',
    id,
    experiment: project,
    name: head.name || head.id,
    ...(head.startedAt === undefined ? {} : { startedAt: head.startedAt }),
    tags: tagsOf(head),
    mark,
  };
  const state: State = {
    head,
    config: new Map(),
    summary: new Map(),
    spool: createSpool(),
    measured: new Set(),
    last: { step: 0, time: head.startedAt ?? 0 },
    stats: 0,
    points: [],
    output: logs.some((log) => existsSync(path.join(path.dirname(log), 'files', 'output.log'))),
  };
  let exit: { code: number; runtime: number } | undefined;
  try {
    for (const log of logs) {
      const end: LogEnd = { at: 0 };
      for await (const bytes of recordsOf(log, end)) {
        const record = readRecord(bytes);
        switch (record.kind) {
          case 'history':
            yield* history(state, record.step, record.items);
            if (state.points.length >= 1000) yield { kind: 'points', points: state.points.splice(0) };
            break;
          case 'config':
            change(state.config, record);
            break;
          case 'summary':
            change(state.summary, record);
            break;
          case 'stats':
            stats(state, record.time, record.items);
            break;
          case 'output':
            if (!state.output)
              await state.spool.text(`${KEPT}/output.log`, record.raw ? record.line : `${record.line}\n`);
            break;
          case 'run':
            change(state.config, record.run.config);
            change(state.summary, record.run.summary);
            break;
          case 'exit':
            exit = { code: record.code, runtime: record.runtime };
            break;
          case 'artifact':
            yield* artifact(record.artifact);
            break;
          case 'metric':
            await state.spool.line(`${KEPT}/defined-metrics.jsonl`, record.definition);
            break;
          case 'alert':
            yield {
              kind: 'extra',
              name: `alert ${String(record.alert['title'])}`,
              value: record.alert,
              why: 'alerts: in imported/extras.json of the run',
            };
            break;
          case 'other':
            await state.spool.line(`${KEPT}/records.jsonl`, {
              field: record.field,
              base64: record.bytes.toString('base64'),
            });
            break;
          case 'none':
            break;
        }
      }
      if (end.why !== undefined)
        yield {
          kind: 'note',
          where: 'left',
          what:
            end.why === 'cut off'
              ? 'the record that a file ends within: the run broke off there, or goes on'
              : 'the rest of a file behind a damaged record',
          example: `${log} at byte ${end.at}`,
        };
      yield* filesOf(path.join(path.dirname(log), 'files'));
    }
    yield* ending(state);
    yield* state.spool.files();
    yield {
      kind: 'end',
      // A run that never said that it ended was broken off.
      status: exit === undefined ? 'killed' : exit.code === 0 ? 'finished' : 'failed',
      endedAt:
        exit && head.startedAt !== undefined && exit.runtime > 0
          ? head.startedAt + exit.runtime * 1000
          : state.last.time,
    };
  } finally {
    await state.spool.close();
  }
}

function tagsOf(head: RunRecord): Array<readonly [string, string]> {
  const said: Array<readonly [string, string]> = [
    ['wandb.run_id', head.id],
    ['wandb.entity', head.entity],
    ['wandb.project', head.project],
    ['wandb.group', head.group],
    ['wandb.job_type', head.jobType],
    ['wandb.sweep_id', head.sweep],
    ['wandb.host', head.host],
    ['mlflow.note.content', head.notes],
    ['mlflow.source.git.commit', head.git['commit'] ?? ''],
    ['mlflow.source.git.repoURL', head.git['remote'] ?? ''],
    ['wandb.tags', head.tags.length > 0 ? JSON.stringify(head.tags) : ''],
    ['wandb.branch_point', Object.keys(head.branch).length > 0 ? JSON.stringify(head.branch) : ''],
    ...head.tags.map((tag) => [`wandb.tag.${tag}`, 'true'] as const),
  ];
  return said.filter(([, value]) => value !== '');
}

/** One line of `log`: numbers are points, what else there is has a line of the series of its key. */
async function* history(
  state: State,
  numbered: number | undefined,
  items: readonly Item[],
): AsyncIterable<Fact> {
  const line: Record<string, unknown> = {};
  for (const { path: keys, json } of items) put(line, keys, valueOf(json));
  const step = typeof line['_step'] === 'number' ? line['_step'] : (numbered ?? state.last.step);
  const time = typeof line['_timestamp'] === 'number' ? line['_timestamp'] * 1000 : state.last.time;
  state.last = { step, time };
  for (const [key, value] of Object.entries(line)) {
    if (key === '_step' || key === '_timestamp' || key === '_runtime') continue;
    for (const [name, one] of leaves(key, value))
      if (typeof one === 'number') {
        state.measured.add(name);
        state.points.push({ key: name, step, time, value: one });
      } else {
        await state.spool.line(`${KEPT}/history/${fileName(name)}.jsonl`, {
          key: name,
          step,
          time: time / 1000,
          value: one,
        });
        const type =
          isFields(one) && typeof one['_type'] === 'string'
            ? one['_type']
            : one === null
              ? 'null'
              : typeof one;
        yield {
          kind: 'note',
          where: 'differently',
          what: `values of type ${type} by step: a line each in wandb/history/KEY.jsonl of the run, files of media in wandb/files`,
          example: `run ${state.head.name}: ${name}`,
        };
      }
  }
}

/** What W&B's own pages call `a.b`; a typed value (a picture, a histogram) stays whole. */
function* leaves(name: string, value: unknown): Iterable<[string, unknown]> {
  if (!isFields(value) || '_type' in value) yield [name, value];
  else for (const [key, one] of Object.entries(value)) yield* leaves(`${name}.${key}`, one);
}

function stats(state: State, time: number, items: readonly Item[]): void {
  const step = state.stats++;
  for (const { path: keys, json } of items) {
    const value = valueOf(json);
    const key = `system/${keys.join('.')}`;
    if (typeof value === 'number') state.points.push({ key, step, time, value });
  }
}

function put(into: Record<string, unknown>, keys: readonly string[], value: unknown): void {
  let at = into;
  for (const key of keys.slice(0, -1)) {
    const next = Object.hasOwn(at, key) ? at[key] : undefined;
    if (isPlain(next)) at = next;
    else at = set(at, key, {});
  }
  set(at, keys.at(-1) ?? '', value);
}

const isPlain = (value: unknown): value is Record<string, unknown> => isFields(value);

/** Also a key such as `__proto__`. */
function set<T>(into: Record<string, unknown>, key: string, value: T): T {
  Object.defineProperty(into, key, { value, enumerable: true, configurable: true, writable: true });
  return value;
}

function change(
  into: Map<string, unknown>,
  { update, remove }: { update: readonly Item[]; remove: readonly Item[] },
): void {
  for (const { path: keys, json } of update) {
    const [first = '', ...rest] = keys;
    if (rest.length === 0) into.set(first, valueOf(json));
    else {
      const whole: Record<string, unknown> = { ...fields(into.get(first)) };
      put(whole, rest, valueOf(json));
      into.set(first, whole);
    }
  }
  for (const { path: keys } of remove) {
    const [first = '', ...rest] = keys;
    if (rest.length === 0) into.delete(first);
    else {
      const whole: Record<string, unknown> = { ...fields(into.get(first)) };
      if (rest.length === 1) delete whole[rest[0]!];
      into.set(first, whole);
    }
  }
}

/** What is only known at the end: config and summary as they were last. */
async function* ending(state: State): AsyncIterable<Fact> {
  const params: Array<readonly [string, string]> = [];
  for (const [key, value] of state.config) {
    if (key === '_wandb') {
      yield {
        kind: 'extra',
        name: '_wandb',
        value,
        why: 'what W&B keeps of itself in the config: in imported/extras.json of the run',
      };
      continue;
    }
    for (const [name, one] of leaves(key, value))
      params.push([name, typeof one === 'string' ? one : JSON.stringify(one)]);
  }
  yield { kind: 'params', params };
  // What was only ever said of the whole run, as best and final scores are.
  for (const [key, value] of state.summary)
    for (const [name, one] of leaves(key, value))
      if (typeof one === 'number' && !key.startsWith('_') && !state.measured.has(name))
        state.points.push({ key: name, ...state.last, value: one });
  if (state.points.length > 0) yield { kind: 'points', points: state.points.splice(0) };
  const bytes = Buffer.from(
    JSON.stringify(
      Object.fromEntries(state.summary),
      (_key, one: unknown) => (typeof one === 'number' && !Number.isFinite(one) ? String(one) : one),
      2,
    ),
  );
  yield {
    kind: 'artifact',
    path: `${KEPT}/summary.json`,
    size: bytes.length,
    type: 'application/json',
    open: () => Readable.from([bytes]),
  };
}

/** Media, tables, code, the log of the console: as W&B keeps them beside its log. */
async function* filesOf(folder: string): AsyncIterable<Fact> {
  if (!existsSync(folder)) return;
  for await (const one of walk(folder, ''))
    yield one.kind === 'artifact'
      ? { ...one, path: `${KEPT}/files/${one.path}` }
      : { kind: 'note', where: 'left', what: one.why, example: one.where };
}

/** Whether the file is the one that was logged: a folder of somebody else's may name any file of this machine as its own. */
async function isStaged(file: string, digest: string): Promise<boolean> {
  if (!lstatSync(file, { throwIfNoEntry: false })?.isFile()) return false;
  const md5 = createHash('md5');
  await pipeline(createReadStream(file), md5);
  return md5.digest('base64') === digest;
}

/** An artifact that the run logged: what it is, and its files where W&B still has them staged. */
async function* artifact(logged: Artifact): AsyncIterable<Fact> {
  const folder = `${KEPT}/artifacts/${fileName(logged.name)}`;
  const bytes = Buffer.from(JSON.stringify(logged, undefined, 2));
  yield {
    kind: 'artifact',
    path: `${folder}/artifact.json`,
    size: bytes.length,
    type: 'application/json',
    open: () => Readable.from([bytes]),
  };
  for (const { path: name, localPath, ref, size, digest } of logged.entries) {
    if (localPath !== '' && (await isStaged(localPath, digest)))
      yield {
        kind: 'artifact',
        path: `${folder}/files/${name}`,
        size,
        open: () => createReadStream(localPath),
      };
    else
      yield {
        kind: 'note',
        where: 'left',
        what:
          ref === ''
            ? 'a file of an artifact that W&B has no longer staged on this machine; what it was is in artifact.json'
            : 'a file of an artifact that lies elsewhere; where, is in artifact.json',
        example: `${logged.name}: ${name}`,
      };
  }
}

const fileName = (key: string): string =>
  key
    .split('/')
    .map((part) =>
      /^\.*$/.test(part) ? part.replaceAll('.', '_') || '_' : part.replaceAll(/[^\p{L}\p{N}_.\- ]/gu, '_'),
    )
    .join('/');

const BARE: Readonly<Record<string, number>> = { NaN, Infinity, '-Infinity': -Infinity };

/** JSON as Python writes it: NaN and the infinities stand bare. */
function valueOf(json: string): unknown {
  const bare = BARE[json];
  if (bare !== undefined) return bare;
  try {
    return JSON.parse(json);
  } catch {
    try {
      return JSON.parse(
        json.replaceAll(/"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g, (word) =>
          word.startsWith('"') ? word : `"${word}"`,
        ),
      );
    } catch {
      return json;
    }
  }
}
