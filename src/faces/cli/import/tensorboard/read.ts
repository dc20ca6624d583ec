import { createHash } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { invalid } from '../../../../platform/errors/index.ts';
import type { ArtifactFact, Fact, Known, Point, Source } from '../facts.ts';
import { createSpool, type Spool } from '../spool.ts';
import { readEvent, readHead, type Event, type Tensor, type Value } from './event.ts';
import { readHParams, type HParams } from './hparams.ts';
import { recordsOf, type Ended } from './records.ts';

export interface TensorboardOptions {
  /** Runs are put into this experiment; one of the folder's name unless said. */
  experiment?: string | undefined;
  /** Goes on as files grow, until this is aborted. */
  follow?: AbortSignal | undefined;
}

/** Between two looks at files that grow. */
const PAUSE = 2000;
const KEPT = 'tensorboard';

/** A folder of TensorBoard's event files: each directory that holds some is a run. */
export function tensorboardSource(root: string, { experiment, follow }: TensorboardOptions): Source {
  if (!existsSync(root))
    throw invalid(`there is no ${root}`, {
      field: 'dir',
      hint: 'name the folder that tensorboard --logdir has',
    });
  const place = path.resolve(root);
  const folders = (): Map<string, string[]> => runFolders(place);
  const runs = folders().size;
  if (runs === 0 && follow === undefined)
    throw invalid(`there are no event files in ${root}`, {
      field: 'dir',
      hint: 'a file of events has tfevents in its name; name the folder that tensorboard --logdir has',
    });
  const name = experiment ?? path.basename(place);
  return {
    from: 'tensorboard',
    place,
    runs,
    read: (known) => readAll({ root: place, experiment: name, folders, follow }, known),
  };
}

interface Reading {
  root: string;
  experiment: string;
  folders(): Map<string, string[]>;
  follow: AbortSignal | undefined;
}

/** Files of events by the directory that they are in, as a path below the root; in the order of their names, which is that of their time. */
function runFolders(root: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  const look = (folder: string, below: string): void => {
    const files: string[] = [];
    const entries = readdirSync(folder, { withFileTypes: true });
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      if (entry.isDirectory())
        look(path.join(folder, entry.name), below === '' ? entry.name : `${below}/${entry.name}`);
      else if (entry.name.includes('tfevents') && !entry.name.endsWith('.profile-empty'))
        files.push(path.join(folder, entry.name));
    }
    if (files.length > 0) found.set(below === '' ? '.' : below, files);
  };
  if (existsSync(root) && statSync(root).isDirectory()) look(root, '');
  return found;
}

/**
 * What a run is found again by: its first file, which is named by the time, the machine and the process that began it, and its directory.
 * Folders of two machines may have one path, and one folder may move.
 */
export const runIdOf = (files: readonly string[], run: string): string =>
  `${path.basename(files[0] ?? '')}#${run}`;

async function* readAll(reading: Reading, known: Known): AsyncIterable<Fact> {
  const { experiment, follow } = reading;
  yield { kind: 'experiment', id: experiment, name: experiment, tags: [] };
  const open = new Map<string, OpenRun>();
  try {
    for (;;) {
      // Whoever ends it wants what there is by then.
      const last = follow === undefined || follow.aborted;
      for (const [run, files] of reading.folders()) {
        const sizes = files.map((file) => ({ file, size: statSync(file).size }));
        const id = runIdOf(files, run);
        const mark = markOf(sizes);
        if (follow === undefined && known(id, mark)) {
          yield { kind: 'unchanged', id };
          continue;
        }
        let one = open.get(run);
        if (!one)
          open.set(
            run,
            (one = newRun(id, run === '.' ? path.basename(reading.root) : run, await beginning(sizes))),
          );
        if (sizes.every(({ file, size }) => one.read.get(file)?.at === size)) continue;
        yield runFact(one, experiment, follow === undefined ? mark : undefined);
        yield* readFiles(one, sizes);
        if (follow === undefined) {
          yield* finish(one, 'finished');
          open.delete(run);
        } else yield { kind: 'pause' };
      }
      if (last) break;
      await waited(follow);
    }
    for (const one of open.values()) {
      yield runFact(one, experiment, undefined);
      yield* finish(one, undefined);
    }
  } finally {
    for (const one of open.values()) await one.spool.close();
  }
  yield { kind: 'experiment-end', id: experiment };
}

const waited = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, PAUSE);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });

const markOf = (sizes: ReadonlyArray<{ file: string; size: number }>): string =>
  createHash('sha256')
    .update(sizes.map(({ file, size }) => `${path.basename(file)} ${size}`).join('\n'))
    .digest('hex')
    .slice(0, 32);

interface OpenRun {
  id: string;
  name: string;
  startedAt: number | undefined;
  lastAt: number;
  read: Map<string, Ended>;
  /** How a plugin shows a tag: only its first value says so. */
  plugins: Map<string, { plugin: string; dataClass: number }>;
  spool: Spool;
  hparams: HParams;
  /** Files that were made of a tag, so that two of one step have two names. */
  made: Map<string, number>;
  /** The highest step by tag, to tell when a restart comes too late. */
  graphs: number;
}

const newRun = (id: string, name: string, startedAt: number | undefined): OpenRun => ({
  id,
  name,
  startedAt,
  lastAt: 0,
  read: new Map(),
  plugins: new Map(),
  spool: createSpool(),
  hparams: {},
  made: new Map(),
  graphs: 0,
});

const runFact = (one: OpenRun, experiment: string, mark: string | undefined): Fact => ({
  kind: 'run',
  id: one.id,
  experiment,
  name: one.name,
  ...(one.startedAt === undefined ? {} : { startedAt: one.startedAt }),
  tags: [],
  ...(mark === undefined ? {} : { mark }),
});

/** The time of the first event, in milliseconds. */
async function beginning(sizes: ReadonlyArray<{ file: string; size: number }>): Promise<number | undefined> {
  for (const { file, size } of sizes)
    for await (const [first] of recordsOf(file, 0, Math.min(size, 1 << 20), { at: 0, skipped: 0 }))
      if (first) return readHead(first).wall * 1000;
  return undefined;
}

/** Where sessions began, in the order of the records of a run: what is at or past their step before them is void. */
interface Restart {
  /** Which record of what is read now. */
  at: number;
  step: number;
}

async function findRestarts(
  one: OpenRun,
  sizes: ReadonlyArray<{ file: string; size: number }>,
): Promise<Restart[]> {
  const found: Restart[] = [];
  let at = 0;
  for (const { file, size } of sizes)
    for await (const records of recordsOf(file, one.read.get(file)?.at ?? 0, size, { at: 0, skipped: 0 }))
      for (const record of records) {
        // Of a record that is no session only the first bytes are looked at, whatever it holds.
        const { starts, step } = record.length < 64 ? headOf(record) : { starts: false, step: 0 };
        if (starts) found.push({ at, step });
        at++;
      }
  return found;
}

function headOf(record: Buffer): { starts: boolean; step: number } {
  try {
    return readHead(record);
  } catch {
    return { starts: false, step: 0 };
  }
}

async function* readFiles(
  one: OpenRun,
  sizes: ReadonlyArray<{ file: string; size: number }>,
): AsyncIterable<Fact> {
  const restarts = await findRestarts(one, sizes);
  let next = 0;
  let at = 0;
  let voided = 0;
  let points: Point[] = [];
  for (const { file, size } of sizes) {
    const ended: Ended = one.read.get(file) ?? { at: 0, skipped: 0 };
    const before = ended.skipped;
    delete ended.why;
    const from = ended.at;
    one.read.set(file, ended);
    for await (const records of recordsOf(file, from, size, ended)) {
      for (const record of records) {
        while (next < restarts.length && restarts[next]!.at <= at) next++;
        at++;
        let event: Event;
        try {
          event = readEvent(record);
        } catch (error) {
          yield {
            kind: 'note',
            where: 'left',
            what: 'a record that is no event',
            example: `${file}: ${String(error)}`,
          };
          continue;
        }
        one.lastAt = Math.max(one.lastAt, event.wall * 1000);
        if (
          event.values.length > 0 &&
          restarts.some((restart, i) => i >= next && restart.step <= event.step)
        ) {
          voided += event.values.length;
          continue;
        }
        yield* odds(one, event);
        for (const value of event.values) {
          const scalar = scalarOf(one, value);
          if (scalar === undefined) yield* kept(one, event, value);
          else points.push({ key: value.tag, step: event.step, time: event.wall * 1000, value: scalar });
        }
      }
      if (points.length > 0) yield { kind: 'points', points };
      points = [];
    }
    if (ended.why === 'damaged')
      yield {
        kind: 'note',
        where: 'left',
        what: 'the rest of a file behind a damaged record, which TensorBoard does not show either',
        example: `${file} from byte ${ended.at} of ${size}`,
      };
    if (ended.why === 'cut off')
      yield {
        kind: 'note',
        where: 'left',
        what: 'a record that its file ends within: it was being written, or was cut off',
        example: `${file} at byte ${ended.at} of ${size}`,
      };
    if (ended.skipped > before)
      yield {
        kind: 'note',
        where: 'left',
        what: 'a record whose content does not fit its checksum',
        example: file,
        times: ended.skipped - before,
      };
  }
  if (voided > 0)
    yield {
      kind: 'note',
      where: 'left',
      what: 'a value that a restart of the training made void, as in TensorBoard',
      example: `run ${one.name}`,
      times: voided,
    };
}

/** A scalar, in any of its forms; a legacy value of a tag that a plugin shows otherwise is none. */
function scalarOf(one: OpenRun, value: Value): number | undefined {
  if (value.plugin !== undefined && !one.plugins.has(value.tag))
    one.plugins.set(value.tag, { plugin: value.plugin, dataClass: value.dataClass ?? 0 });
  if (value.simple !== undefined) return value.simple;
  const { tensor } = value;
  if (!tensor || tensor.type === 7 || tensor.shape.length > 0 || tensor.numbers.length !== 1)
    return undefined;
  const shown = one.plugins.get(value.tag);
  return shown === undefined || shown.plugin === 'scalars' || shown.dataClass === 1
    ? tensor.numbers[0]
    : undefined;
}

/** What an event holds besides a summary. */
async function* odds(one: OpenRun, event: Event): AsyncIterable<Fact> {
  for (const [name, bytes] of [
    ['graph', event.graph],
    ['meta_graph', event.metaGraph],
  ] as const)
    if (bytes)
      yield fileOf(
        `${KEPT}/${name}${one.graphs++ === 0 ? '' : `-${one.graphs}`}.pb`,
        Buffer.from(bytes),
        'application/octet-stream',
      );
  if (event.runMetadata)
    yield fileOf(
      `${KEPT}/run_metadata/${plain(event.runMetadata.tag)}.pb`,
      Buffer.from(event.runMetadata.bytes),
      'application/octet-stream',
    );
}

/** What has no place of its own here: a file, or a line of a file by its tag. All of them are told in the manifest. */
async function* kept(one: OpenRun, event: Event, value: Value): AsyncIterable<Fact> {
  const plugin = one.plugins.get(value.tag)?.plugin;
  const where = { tag: value.tag, step: event.step, time: event.wall };
  const { tensor } = value;
  if (plugin === 'hparams' || value.tag.startsWith('_hparams_/')) {
    yield* hparamsOf(one, value);
    return;
  }
  if (value.image || (plugin === 'images' && tensor?.type === 7)) {
    const pictures = value.image ? [value.image.bytes] : tensor!.strings.slice(2);
    const [width, height] = value.image
      ? [value.image.width, value.image.height]
      : tensor!.strings.slice(0, 2).map((text) => Number(text.toString()));
    for (const bytes of pictures)
      yield* media(one, 'images', where, bytes, imageType(bytes), { width, height });
    yield said('images: files below tensorboard/images of the run, told in tensorboard/manifest.jsonl', one);
    return;
  }
  if (value.audio || (plugin === 'audio' && tensor?.type === 7)) {
    const labelled = tensor && tensor.shape.length === 2 && tensor.shape[1] === 2;
    const clips = value.audio
      ? [value.audio.bytes]
      : tensor!.strings.filter((_text, i) => !labelled || i % 2 === 0);
    const labels = labelled ? tensor.strings.filter((_text, i) => i % 2 === 1).map(String) : [];
    const more = value.audio
      ? { rate: value.audio.rate, channels: value.audio.channels, frames: value.audio.frames }
      : {};
    for (const [i, bytes] of clips.entries())
      yield* media(one, 'audio', where, bytes, value.audio?.type ?? audioType(bytes), {
        ...more,
        ...(labels[i] ? { label: labels[i] } : {}),
      });
    yield said('audio: files below tensorboard/audio of the run, told in tensorboard/manifest.jsonl', one);
    return;
  }
  if (value.histogram || (plugin === 'histograms' && tensor)) {
    const histogram = value.histogram ?? { buckets: rows(tensor!) };
    await one.spool.line(await told(one, 'histograms', where), { ...where, ...histogram });
    yield said('histograms: a line of each step in tensorboard/histograms/TAG.jsonl of the run', one);
    return;
  }
  if (plugin === 'text' && tensor?.type === 7) {
    await one.spool.line(await told(one, 'text', where), {
      ...where,
      shape: tensor.shape,
      text: tensor.strings.map(String),
    });
    yield said('texts: a line of each step in tensorboard/text/TAG.jsonl of the run', one);
    return;
  }
  const folder = plain(plugin ?? 'tensors');
  const data =
    tensor === undefined
      ? {}
      : tensor.type === 7
        ? { shape: tensor.shape, base64: tensor.strings.map((bytes) => bytes.toString('base64')) }
        : { type: tensor.type, shape: tensor.shape, values: tensor.numbers };
  const content =
    value.content && value.content.length > 0 ? { content: value.content.toString('base64') } : {};
  await one.spool.line(await told(one, folder, where), {
    ...where,
    ...(plugin === undefined ? {} : { plugin }),
    ...content,
    ...data,
  });
  yield said(
    `${plugin ?? 'tensors'}: a line of each step in tensorboard/${folder}/TAG.jsonl of the run`,
    one,
  );
}

const said = (what: string, one: OpenRun): Fact => ({
  kind: 'note',
  where: 'differently',
  what,
  example: `run ${one.name}`,
});

/** The file of a tag's lines, which the manifest tells of at its first. */
async function told(one: OpenRun, folder: string, { tag }: { tag: string }): Promise<string> {
  const file = `${KEPT}/${folder}/${plain(tag)}.jsonl`;
  if (!one.made.has(file)) {
    one.made.set(file, 0);
    await one.spool.line(`${KEPT}/manifest.jsonl`, { kind: folder, tag, file });
  }
  return file;
}

async function* media(
  one: OpenRun,
  folder: string,
  where: { tag: string; step: number; time: number },
  bytes: Buffer,
  type: string,
  more: object,
): AsyncIterable<Fact> {
  const stem = `${KEPT}/${folder}/${plain(where.tag)}/step-${where.step}`;
  const before = one.made.get(stem) ?? 0;
  one.made.set(stem, before + 1);
  const file = `${stem}${before === 0 ? '' : `-${before + 1}`}.${type.slice(type.indexOf('/') + 1).replace('jpeg', 'jpg')}`;
  yield fileOf(file, Buffer.from(bytes), type);
  await one.spool.line(`${KEPT}/manifest.jsonl`, { kind: folder, ...where, file, ...more });
}

const fileOf = (file: string, bytes: Buffer, type: string): ArtifactFact => ({
  kind: 'artifact',
  path: file,
  size: bytes.length,
  type,
  open: () => Readable.from([bytes]),
});

async function* hparamsOf(one: OpenRun, value: Value): AsyncIterable<Fact> {
  if (!value.content) return;
  const { experiment, ...found } = readHParams(value.content);
  Object.assign(one.hparams, found);
  if (found.params) yield { kind: 'params', params: found.params };
  if (found.group !== undefined) yield { kind: 'tags', tags: [['tensorboard.group', found.group]] };
  if (found.monitor !== undefined) yield { kind: 'tags', tags: [['tensorboard.monitor_url', found.monitor]] };
  if (experiment)
    yield fileOf(`${KEPT}/hparams-experiment.pb`, Buffer.from(experiment), 'application/octet-stream');
}

/** `[k, 3]`: left, right and count of each bucket. */
function rows({ shape, numbers }: Tensor): number[][] {
  const width = shape[1] ?? 3;
  return Array.from({ length: Math.floor(numbers.length / width) }, (_row, i) =>
    numbers.slice(i * width, (i + 1) * width),
  );
}

async function* finish(one: OpenRun, status: 'finished' | undefined): AsyncIterable<Fact> {
  yield* one.spool.files();
  const ends = one.hparams.status ?? status;
  const endedAt = one.hparams.endedAt ?? (one.lastAt > 0 ? one.lastAt : undefined);
  yield {
    kind: 'end',
    ...(ends === undefined ? {} : { status: ends }),
    ...(endedAt === undefined || ends === undefined || ends === 'running' ? {} : { endedAt }),
  };
  await one.spool.close();
}

const imageType = (bytes: Buffer): string => {
  const head = bytes.toString('latin1', 0, 12);
  return head.startsWith('\u0089PNG')
    ? 'image/png'
    : head.startsWith('GIF8')
      ? 'image/gif'
      : head.startsWith('\u00ff\u00d8')
        ? 'image/jpeg'
        : head.startsWith('RIFF')
          ? 'image/webp'
          : 'image/bin';
};

const audioType = (bytes: Buffer): string =>
  bytes.toString('latin1', 0, 4) === 'RIFF' ? 'audio/wav' : 'audio/bin';

/** A tag as a path below a folder: its slashes stay. */
const plain = (tag: string): string =>
  tag
    .split('/')
    .filter((part) => part !== '')
    .map((part) =>
      /^\.+$/.test(part) ? part.replaceAll('.', '_') : part.replaceAll(/[^\p{L}\p{N}_.\- ]/gu, '_'),
    )
    .join('/') || '_';
