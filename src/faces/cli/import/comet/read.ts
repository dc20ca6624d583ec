import { createHash } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { text as textIn } from 'node:stream/consumers';
import { invalid } from '../../../../platform/errors/index.ts';
import type { Fact, Known, Point, Source } from '../facts.ts';
import { entriesOf, type Entry } from '../formats/zip.ts';
import { fields, list, number, parse, text, type Fields } from '../json.ts';
import { createSpool, type Spool } from '../spool.ts';

const KEPT = 'comet';

/** Archives of Comet's offline experiments: one, or a folder of them. */
export function cometSource(target: string, { experiment }: { experiment?: string | undefined }): Source {
  const place = path.resolve(target);
  const archives = existsSync(place) ? archivesIn(place) : [];
  if (archives.length === 0)
    throw invalid(existsSync(place) ? `there is no archive in ${target}` : `there is no ${target}`, {
      field: 'file',
      hint: 'name a .zip of comet_ml.OfflineExperiment, or the folder that has them',
    });
  return {
    from: 'comet',
    place,
    runs: archives.length,
    read: (known) => readAll(archives, experiment, known),
  };
}

function archivesIn(place: string): string[] {
  if (statSync(place).isFile()) return [place];
  return readdirSync(place)
    .filter((name) => name.endsWith('.zip'))
    .toSorted()
    .map((name) => path.join(place, name));
}

async function* readAll(
  archives: readonly string[],
  experiment: string | undefined,
  known: Known,
): AsyncIterable<Fact> {
  const opened = new Set<string>();
  for (const archive of archives) {
    const entries = await entriesOf(archive);
    const [about, messages] = [entries.get('experiment.json'), entries.get('messages.json')];
    if (!about || !messages) {
      yield {
        kind: 'note',
        where: 'left',
        what: 'an archive that is no offline experiment of Comet',
        example: archive,
      };
      continue;
    }
    const head = fields(parse(await textIn(await about.open())));
    const project = experiment ?? text(head['project_name']) ?? 'general';
    if (!opened.has(project)) yield { kind: 'experiment', id: project, name: project, tags: [] };
    opened.add(project);
    const id = text(head['offline_id']) ?? path.basename(archive, '.zip');
    const mark = createHash('sha256')
      .update(`${path.basename(archive)} ${statSync(archive).size}`)
      .digest('hex')
      .slice(0, 32);
    if (known(id, mark)) yield { kind: 'unchanged', id };
    else yield* readRun({ id, project, head, entries, messages, mark });
  }
  for (const project of opened) yield { kind: 'experiment-end', id: project };
}

interface Reading {
  id: string;
  project: string;
  head: Fields;
  entries: ReadonlyMap<string, Entry>;
  messages: Entry;
  mark: string;
}

interface Told {
  type: string;
  payload: Fields;
}

/** A message a line. */
async function* messagesOf(entry: Entry): AsyncIterable<Told | string> {
  for await (const line of createInterface({ input: await entry.open(), crlfDelay: Infinity })) {
    if (line.trim() === '') continue;
    const { type, payload } = fields(parse(line));
    yield typeof type === 'string' ? { type, payload: fields(payload) } : line;
  }
}

async function* readRun({ id, project, head, entries, messages, mark }: Reading): AsyncIterable<Fact> {
  let name: string | undefined;
  for await (const told of messagesOf(messages))
    if (typeof told !== 'string' && told.type === 'log_other' && told.payload['key'] === 'Name')
      name = text(told.payload['value']);
  const [startedAt, endedAt] = [number(head['start_time']), number(head['stop_time'])];
  const workspace = text(head['workspace']);
  const tags = list(head['tags']).flatMap((tag) => text(tag) ?? []);
  yield {
    kind: 'run',
    id,
    experiment: project,
    name: name ?? id.slice(0, 12),
    ...(startedAt === undefined ? {} : { startedAt }),
    tags: [
      ['comet.experiment', id],
      ['comet.project', text(head['project_name']) ?? ''],
      ...(workspace === undefined ? [] : ([['comet.workspace', workspace]] as const)),
      ...(tags.length > 0 ? ([['comet.tags', JSON.stringify(tags)]] as const) : []),
      ...tags.map((tag) => [`comet.tag.${tag}`, 'true'] as const),
    ],
    mark,
  };
  const state: State = {
    spool: createSpool(),
    params: new Map(),
    others: new Map(),
    counts: new Map(),
    epoch: undefined,
    files: new Map(),
  };
  try {
    let points: Point[] = [];
    for await (const told of messagesOf(messages)) {
      if (typeof told === 'string') {
        yield {
          kind: 'note',
          where: 'left',
          what: 'a line of messages.json that is no message',
          example: told.slice(0, 80),
        };
        continue;
      }
      const point = await take(state, told);
      if (point) points.push(point);
      if (told.type === 'file_upload') yield* upload(state, told.payload, entries);
      if (point && number(fields(told.payload['metric'])['step']) === undefined)
        yield {
          kind: 'note',
          where: 'differently',
          what: 'a value without a step: numbered in its order, from 0',
          example: point.key,
        };
      if (points.length < 1000) continue;
      yield { kind: 'points', points };
      points = [];
    }
    if (points.length > 0) yield { kind: 'points', points };
    yield { kind: 'params', params: [...state.params] };
    yield { kind: 'tags', tags: [...state.others].map(([key, value]) => [`comet.${key}`, value]) };
    yield* state.spool.files();
    yield {
      kind: 'end',
      // An experiment without an end was broken off.
      status: endedAt === undefined ? 'killed' : 'finished',
      ...(endedAt === undefined ? {} : { endedAt }),
    };
  } finally {
    await state.spool.close();
  }
}

interface State {
  spool: Spool;
  params: Map<string, string>;
  others: Map<string, string>;
  /** Values without a step, by metric. */
  counts: Map<string, number>;
  epoch: number | undefined;
  files: Map<string, number>;
}

/** What a message adds to the run; a point, where it is one. */
async function take(state: State, { type, payload }: Told): Promise<Point | undefined> {
  switch (type) {
    case 'metric_msg':
      return metric(state, payload);
    case 'parameter_msg': {
      const param = fields(payload['param']);
      const key = text(param['paramName']);
      const value = param['paramValue'];
      // The last one holds, as in Comet.
      if (key !== undefined) state.params.set(key, text(value) ?? JSON.stringify(value ?? null));
      return undefined;
    }
    case 'log_other': {
      const key = text(payload['key']);
      if (key !== undefined && key !== 'Name')
        state.others.set(key, text(payload['value']) ?? JSON.stringify(payload['value'] ?? null));
      return undefined;
    }
    case 'standard_output':
      await state.spool.text(`${KEPT}/output.log`, text(payload['output']) ?? '');
      return undefined;
    case 'html':
      await state.spool.text(`${KEPT}/html.html`, `${text(payload['html']) ?? ''}\n`);
      return undefined;
    case 'file_upload':
      return undefined;
    default:
      await state.spool.line(`${KEPT}/messages.jsonl`, { type, payload });
      return undefined;
  }
}

async function metric(state: State, payload: Fields): Promise<Point | undefined> {
  const found = fields(payload['metric']);
  const [key, value] = [text(found['metricName']), number(found['metricValue'])];
  const time = number(payload['local_timestamp']) ?? 0;
  if (key === undefined || value === undefined) {
    await state.spool.line(`${KEPT}/messages.jsonl`, { type: 'metric_msg', payload });
    return undefined;
  }
  const said = number(found['step']);
  const step = said ?? state.counts.get(key) ?? 0;
  if (said === undefined) state.counts.set(key, step + 1);
  const epoch = number(found['epoch']);
  if (epoch !== undefined && epoch !== state.epoch) {
    state.epoch = epoch;
    await state.spool.line(`${KEPT}/epochs.jsonl`, {
      epoch,
      from_step: step,
      time: new Date(time).toISOString(),
    });
  }
  return { key, step, time, value };
}

/** A file that was logged, where it lies in the archive. */
async function* upload(
  state: State,
  payload: Fields,
  entries: ReadonlyMap<string, Entry>,
): AsyncIterable<Fact> {
  const more = fields(payload['additional_params']);
  const kind = text(more['type']) ?? text(payload['upload_type']) ?? 'asset';
  const said = text(more['fileName']) ?? text(more['figName']) ?? text(payload['file_path']) ?? 'file';
  const step = number(more['step']);
  const grouped = text(more['groupingName']);
  const plain = said
    .split('/')
    .filter((part) => part !== '')
    .map((part) => (/^\.+$/.test(part) ? part.replaceAll('.', '_') : part))
    .join('/');
  const stem = `${KEPT}/assets/${kind}/${grouped === undefined ? '' : `${grouped}/`}${plain}`;
  const before = state.files.get(stem) ?? 0;
  state.files.set(stem, before + 1);
  // Of one name many may be logged, a step after another.
  const file = before === 0 ? stem : `${stem}-${step === undefined ? '' : `step-${step}-`}${before + 1}`;
  await state.spool.line(`${KEPT}/assets.jsonl`, { file, ...payload });
  const entry = entries.get(text(payload['file_path']) ?? '');
  if (entry) yield { kind: 'artifact', path: file, size: entry.size, open: () => entry.open() };
  else
    yield {
      kind: 'note',
      where: 'left',
      what: 'a file that is not in the archive; what it was is in comet/assets.jsonl of the run',
      example: said,
    };
}
