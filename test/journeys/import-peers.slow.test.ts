import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { promisify } from 'node:util';
import { cometSource } from '../../src/faces/cli/import/comet/read.ts';
import { crc32c, masked } from '../../src/faces/cli/import/formats/crc32c.ts';
import { neptuneSource } from '../../src/faces/cli/import/neptune/read.ts';
import { runIdOf, tensorboardSource } from '../../src/faces/cli/import/tensorboard/read.ts';
import { wandbSource } from '../../src/faces/cli/import/wandb/read.ts';
import { openTest, type TestServer } from '../harness.ts';
import { freshPostgres } from '../postgres.ts';
import {
  broughtRun,
  bringFrom,
  bringSource,
  byAll,
  checkHistory,
  fileOf,
  pointsOf,
  type Written,
} from './import-servers.ts';
import { openMlflow, play, python } from './mlflow-servers.ts';

/** What other trackers' own packages write, of the versions that `surprises` were seen in. */
const skip =
  process.env['TREADLE_IMPORT_PEERS'] === undefined
    ? 'npm run test:deep -- imports has the real packages write'
    : python === undefined
      ? 'there is no Python: node scripts/setup.mjs makes one'
      : false;
const home = path.join(tmpdir(), 'treadle-import-peers');
const uv = python === undefined ? '' : path.join(path.dirname(python), 'uv');

/** A Python with these packages, kept from one campaign to the next. */
function environment(name: string, packages: readonly string[]): string {
  const folder = path.join(home, name);
  const bin = path.join(folder, 'bin/python');
  if (!existsSync(path.join(folder, 'whole'))) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(home, { recursive: true });
    execFileSync(uv, ['venv', '-q', '--python', '3.11', folder], { stdio: 'inherit' });
    execFileSync(uv, ['pip', 'install', '-q', '--python', bin, ...packages], { stdio: 'inherit' });
    closeSync(openSync(path.join(folder, 'whole'), 'w'));
  }
  return bin;
}

const peers = (): string =>
  environment('writers', [
    'wandb==0.31.0',
    'tensorboard==2.21.0',
    'tensorboardX==2.6.4',
    'comet_ml==3.58.8',
    'pyarrow',
    'pillow',
    'soundfile',
  ]);

async function wrote(script: string, folder: string, bin: string, ...more: string[]): Promise<unknown> {
  const { stdout } = await promisify(execFile)(
    bin,
    [path.join(import.meta.dirname, script), folder, ...more],
    {
      maxBuffer: 256 << 20,
      cwd: tmpdir(),
    },
  );
  const line = stdout.split('\n').find((text) => text.startsWith('REPORT'));
  assert.ok(line, `${script} reported nothing: ${stdout.slice(-1000)}`);
  return JSON.parse(line.slice('REPORT'.length));
}

const numberOf = (value: number | string): number =>
  value === 'nan'
    ? NaN
    : value === 'inf'
      ? Number.MAX_VALUE
      : value === '-inf'
        ? -Number.MAX_VALUE
        : Number(value) + 0;

/** Every point of a run, as the writer was given them; `time` where the writer chose it. */
async function samePoints(
  server: TestServer,
  foreign: string,
  given: ReadonlyArray<readonly [key: string, value: number | string, step: number, time?: number]>,
): Promise<void> {
  const run = await broughtRun(server, foreign);
  const byKey = Map.groupBy(given, ([key]) => key);
  for (const [key, points] of byKey) {
    const stored = await pointsOf(server, run.id, key.replaceAll(/[^/\p{L}\p{N}_.\- :]/gu, '_'));
    const timed = points[0]![3] !== undefined;
    assert.deepEqual(
      stored.map(([step, time, value]) => (timed ? [step, time, value] : [step, value])).toSorted(byAll),
      points
        .map(([, value, step, time]) =>
          timed ? [step, Math.round(time! * 1000), numberOf(value)] : [step, numberOf(value)],
        )
        .toSorted(byAll),
      `${foreign}: ${key}`,
    );
  }
}

function folderFor(t: { after(done: () => void): void }): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'treadle-import-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('event files of TensorBoard and of torch’s writer', { skip, timeout: 600_000 }, async (t) => {
  const folder = path.join(folderFor(t), 'runs');
  const written = (await wrote('import-tensorboard.py', folder, peers())) as {
    points: Record<string, Array<[string, number | string, number, number]>>;
    params: Record<string, Record<string, string>>;
  };
  await using server = await openTest();
  const idOf = (run: string): string =>
    runIdOf(
      readdirSync(path.join(folder, run))
        .filter((name) => name.includes('tfevents'))
        .toSorted(),
      run,
    );
  const account = await bringSource(server.url, tensorboardSource(folder, {}));
  assert.deepEqual(account.faults, []);
  assert.deepEqual(
    account.left.map(({ what, times }) => [/void/.test(what), times]),
    [[true, 4]],
  );
  for (const [run, points] of Object.entries(written.points))
    await samePoints(
      server,
      idOf(run),
      points.map(([key, value, wall, step]) => [key, value, step, wall]),
    );
  for (const [run, params] of Object.entries(written.params))
    assert.deepEqual((await broughtRun(server, idOf(run))).params, params);
  const session = await broughtRun(server, idOf('session'));
  assert.deepEqual([session.status, session.ended_at], ['failed', 1_600_000_060_000]);
  const native = await broughtRun(server, idOf('native'));
  const histogram = JSON.parse(await fileOf(server, native.id, 'tensorboard/histograms/weights.jsonl')) as {
    buckets: number[][];
  };
  assert.equal(histogram.buckets.length, 10);
  assert.equal(
    histogram.buckets.reduce((sum, [, , count]) => sum + count!, 0),
    100,
  );
  const words = JSON.parse(await fileOf(server, native.id, 'tensorboard/text/words.jsonl')) as {
    text: string[];
  };
  assert.deepEqual(words.text, ['# one', 'zwei ü']);
  assert.match(await fileOf(server, native.id, 'tensorboard/images/picture/in/step-3-2.png'), /PNG second/);
  const torch = await broughtRun(server, idOf('torch'));
  assert.match(await fileOf(server, torch.id, 'tensorboard/audio/tone/step-2.wav'), /^RIFF/);
  assert.match(await fileOf(server, torch.id, 'tensorboard/pr_curves/pr.jsonl'), /"shape":\[6,5\]/);
  const again = await bringSource(server.url, tensorboardSource(folder, {}));
  assert.deepEqual([again.unchanged, again.faults], [Object.keys(written.points).length + 1, []]);
});

test('offline runs of W&B', { skip, timeout: 600_000 }, async (t) => {
  const folder = folderFor(t);
  const written = (await wrote('import-wandb.py', folder, peers())) as {
    ids: Record<string, string>;
    points: Record<string, Array<[string, number | string, number]>>;
    params: Record<string, Record<string, string>>;
  };
  await using server = await openTest();
  const account = await bringSource(server.url, wandbSource(path.join(folder, 'wandb'), {}));
  assert.deepEqual([account.faults, account.left], [[], []]);
  for (const [name, id] of Object.entries(written.ids)) {
    const foreign = `/moving in/${id}`;
    await samePoints(server, foreign, written.points[name]!);
    const run = await broughtRun(server, foreign);
    const { nan: _nan, ...params } = run.params;
    assert.deepEqual(params, written.params[name]);
    assert.deepEqual([run.name, run.status], [name, name === 'failed' ? 'failed' : 'finished']);
  }
  const first = await broughtRun(server, `/moving in/${written.ids['first']}`);
  assert.equal(first.note, 'about it');
  assert.equal(first.metrics.find(({ key }) => key === 'best')?.last, 0.99, 'what only the summary says');
  assert.equal(await fileOf(server, first.id, 'wandb/artifacts/weights/files/weights.bin'), 'w'.repeat(1000));
  assert.match(await fileOf(server, first.id, 'wandb/history/hist.jsonl'), /"_type":"histogram"/);
  assert.match(await fileOf(server, first.id, 'wandb/files/output.log'), /a line of output/);
});

test('offline experiments of Comet', { skip, timeout: 600_000 }, async (t) => {
  const folder = folderFor(t);
  const written = (await wrote('import-comet.py', folder, peers())) as {
    points: Array<[string, number | string, number]>;
    params: Record<string, string>;
  };
  await using server = await openTest();
  const account = await bringSource(server.url, cometSource(folder, {}));
  assert.deepEqual([account.faults, account.left], [[], []]);
  const [archive] = readdirSync(folder).filter((name) => name.endsWith('.zip'));
  const id = path.basename(archive!, '.zip');
  await samePoints(server, id, written.points);
  const run = await broughtRun(server, id);
  assert.deepEqual([run.name, run.tags['comet.note'], run.tags['comet.tag.t1']], ['first', 'hi', 'true']);
  for (const [key, value] of Object.entries(written.params)) assert.equal(run.params[key], value, key);
  assert.equal(await fileOf(server, run.id, 'comet/assets/asset/weights/w.bin'), 'w'.repeat(100_000));
});

test('an export of neptune-exporter', { skip, timeout: 600_000 }, async (t) => {
  const folder = folderFor(t);
  const written = (await wrote('import-neptune.py', folder, peers())) as {
    points: Array<[string, string, number, string]>;
  };
  await using server = await openTest();
  const account = await bringSource(server.url, neptuneSource(path.join(folder, 'data'), undefined));
  assert.deepEqual(account.faults, []);
  assert.deepEqual(
    account.left.map(({ examples }) => examples),
    [['lost: ../outside']],
  );
  // Quarters of a step: the whole project is counted in hundredths.
  await samePoints(
    server,
    'team/first/RUN one',
    written.points.map(([key, value, ms, step]) => [key, value, Number(step) * 100, ms / 1000]),
  );
  const one = await broughtRun(server, 'team/first/RUN one');
  assert.deepEqual(
    [one.name, one.started_at, one.tags['neptune.step_scale']],
    ['one', 1_600_000_000_123, '100'],
  );
  assert.deepEqual(one.params, {
    'params/lr': '0.1',
    'params/layers': '1152921504606846977',
    'params/name': 'ü',
    'params/flag': 'true',
    'params/when': '2020-09-13T12:26:41.000Z',
    'params/tags': '["a","b"]',
  });
  const lines = (await fileOf(server, one.id, 'neptune/series/logs/out.jsonl'))
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text) as { step: string; value: string });
  assert.deepEqual(
    lines.map(({ step, value }) => [step, value]),
    [
      ['0', 'first line'],
      ['1.5', 'second line'],
    ],
  );
  assert.match(
    await fileOf(server, one.id, 'neptune/series/h.jsonl'),
    /"edges":\[0,1,2\],"values":\[3,4.5\]/,
  );
  assert.equal(await fileOf(server, one.id, 'neptune/files/model/model.bin'), 'model');
  const fork = await broughtRun(server, 'team/first/fork');
  assert.deepEqual([fork.parent, fork.status, fork.tags['neptune.fork.step']], [one.id, 'failed', '1']);
  const whole = await broughtRun(server, 'team/whole/w');
  assert.deepEqual([whole.metrics[0]?.step, whole.tags['neptune.step_scale']], [7, undefined]);
});

test(
  'MLflow’s own server, its oldest and newest databases, and Postgres',
  { skip, timeout: 3_600_000 },
  async (t) => {
    const folder = folderFor(t);
    await t.test('its own server', async () => {
      await using mlflow = await openMlflow();
      const { only } = (await play('import-mlflow.py', mlflow.url)) as { only: Written };
      await using server = await openTest();
      const account = await bringFrom(server.url, mlflow.url);
      assert.deepEqual([account.faults, account.left], [[], []]);
      await checkHistory(server, only);
    });
    for (const version of ['2.0.1', '2.9.2', '2.22.0', '3.1.4'])
      await t.test(`a database of ${version}`, async () => {
        const bin = environment(`mlflow-${version}`, [
          `mlflow-skinny==${version}`,
          'sqlparse',
          version.startsWith('2.0') ? 'sqlalchemy<2' : 'sqlalchemy<2.1',
          'alembic',
          'setuptools<80',
          'pandas',
          'numpy<2',
          'flask',
        ]);
        const here = path.join(folder, version);
        mkdirSync(here);
        const { only } = (await wrote('import-mlflow.py', `sqlite:///${here}/mlflow.db`, bin, here)) as {
          only: Written;
        };
        await using server = await openTest();
        const account = await bringFrom(server.url, `${here}/mlflow.db`);
        assert.deepEqual([account.faults, account.left], [[], []]);
        await checkHistory(server, only);
      });
    const postgres = process.env['TREADLE_TEST_PG'];
    await t.test(
      'a database on Postgres',
      { skip: postgres === undefined ? 'TREADLE_TEST_PG names no Postgres' : false },
      async () => {
        await using database = await freshPostgres(postgres!);
        const bin = environment('mlflow-postgres', ['mlflow==3.17.2', 'psycopg2-binary']);
        const { only } = (await wrote('import-mlflow.py', database.url, bin, path.join(folder, 'pg'))) as {
          only: Written;
        };
        await using server = await openTest();
        const account = await bringFrom(server.url, database.url);
        assert.deepEqual([account.faults, account.left], [[], []]);
        await checkHistory(server, only);
      },
    );
  },
);

test('a gigabyte of events without memory growing with it', { skip, timeout: 3_600_000 }, async (t) => {
  const size = Number(process.env['TREADLE_IMPORT_PEERS']) * 1024 * 1024;
  const folder = folderFor(t);
  const points = writeEvents(path.join(folder, 'runs/large'), size);
  await using server = await openTest();
  const child = spawn(
    path.resolve(import.meta.dirname, '../../bin/treadle'),
    ['import', 'tensorboard', path.join(folder, 'runs'), '--json'],
    {
      env: { ...process.env, TREADLE_URL: server.url },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let peak = 0;
  const watch = setInterval(() => (peak = Math.max(peak, residentOf(child.pid!))), 200);
  const said: Buffer[] = [];
  child.stdout.on('data', (part: Buffer) => said.push(part));
  const code = await new Promise((resolve) => child.on('close', resolve));
  clearInterval(watch);
  const account = JSON.parse(Buffer.concat(said).toString()) as {
    checked: { points: number };
    fault_count: number;
  };
  console.log(
    `${(size / 2 ** 20).toFixed(0)} MiB of events, ${points} points: at most ${(peak / 2 ** 20).toFixed(0)} MiB of memory`,
  );
  assert.deepEqual([code, account.fault_count, account.checked.points], [0, 0, points]);
  assert.ok(peak < 500 * 1024 * 1024, `${peak} bytes`);
});

/** Scalars as torch's writer has them, and every hundredth record a histogram of a thousand buckets: until the file has the size. */
function writeEvents(folder: string, size: number): number {
  mkdirSync(folder, { recursive: true });
  const file = openSync(path.join(folder, 'events.out.tfevents.1600000000.x'), 'w');
  let [written, points] = [0, 0];
  const field = (number: number, wire: number): number => number * 8 + wire;
  const varint = (value: number): number[] =>
    value < 128 ? [value] : [(value & 127) | 128, ...varint(Math.floor(value / 128))];
  const message = (number: number, content: Buffer): Buffer =>
    Buffer.concat([Buffer.from([field(number, 2), ...varint(content.length)]), content]);
  const double = (number: number, value: number): Buffer => {
    const bytes = Buffer.alloc(9);
    bytes[0] = field(number, 1);
    bytes.writeDoubleLE(value, 1);
    return bytes;
  };
  const numbers = Buffer.alloc(8000);
  for (let i = 0; i < 1000; i++) numbers.writeDoubleLE(i / 7, i * 8);
  const histogram = message(
    5,
    Buffer.concat([double(1, 0), double(2, 1), message(6, numbers), message(7, numbers)]),
  );
  for (let step = 0; written < size; step++) {
    const parts: Buffer[] = [];
    for (let i = 0; i < 100; i++) {
      const scalar = Buffer.from([field(2, 5), 0, 0, 0, 0]);
      scalar.writeFloatLE(Math.sin(step * 100 + i), 1);
      parts.push(message(1, Buffer.concat([message(1, Buffer.from(`metric ${i % 10}`)), scalar])));
      points++;
    }
    parts.push(message(1, Buffer.concat([message(1, Buffer.from('h')), histogram])));
    for (const value of parts) {
      // Ten points of a metric share a time; their steps tell them apart.
      const number = parts.indexOf(value) < 100 ? step * 10 + Math.floor(parts.indexOf(value) / 10) : step;
      const event = Buffer.concat([
        double(1, 1_600_000_000 + step),
        Buffer.from([field(2, 0), ...varint(number)]),
        message(5, value),
      ]);
      const record = Buffer.alloc(event.length + 16);
      record.writeUInt32LE(event.length, 0);
      record.writeUInt32LE(masked(crc32c(record, 0, 8)), 8);
      event.copy(record, 12);
      record.writeUInt32LE(masked(crc32c(event)), 12 + event.length);
      written += writeSync(file, record);
    }
  }
  closeSync(file);
  assert.ok(statSync(path.join(folder, 'events.out.tfevents.1600000000.x')).size >= size);
  return points;
}

/** Bytes of memory of a process and those that it started: the command is a script that starts Node. */
function residentOf(pid: number): number {
  try {
    const lines = execFileSync('ps', ['-o', 'rss=', '--pid', String(pid), '--ppid', String(pid)]).toString();
    return lines.split('\n').reduce((sum, line) => sum + Number(line.trim() || 0) * 1024, 0);
  } catch {
    return 0;
  }
}
