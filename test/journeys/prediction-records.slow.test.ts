import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import { listEntries } from '../../src/ledger/index.ts';
import type { PredictionLineage } from '../../src/governance/contract.ts';
import type { EndpointDetail, PredictionSegment } from '../../src/serving/contract.ts';
import { openTest, type TestServer } from '../harness.ts';
import { constantOnnx, registerOnnx } from '../onnx-model.ts';
import { until } from '../until.ts';
import { python } from './mlflow-servers.ts';
import { apiOf } from './serving/api.ts';
import { killBelow, PLANE } from './serving/python-model.ts';

const READ = `
import glob, json, sys
import pandas
frame = pandas.concat([pandas.read_parquet(file) for file in glob.glob(sys.argv[1])])
print(json.dumps({
    "ids": sorted(frame["prediction"]),
    "types": {name: str(kind) for name, kind in frame.dtypes.items()},
    "sum": float(frame["in_x[0]"].sum() + frame["in_x[1]"].sum()),
    "revisions": sorted(set(frame["revision"].tolist())),
}))
`;

const folder = (t: { after(clean: () => void): void }): string => {
  const data = mkdtempSync(path.join(tmpdir(), 'treadle-records-'));
  t.after(() => rmSync(data, { recursive: true, force: true }));
  return data;
};

const segmentsOf = async (server: TestServer): Promise<PredictionSegment[]> =>
  (await apiOf(server.url).get<{ items: PredictionSegment[] }>('/api/v1/endpoints/const/segments?limit=500'))
    .items;

const files = (data: string): string[] => {
  const root = path.join(data, 'records');
  return existsSync(root)
    ? readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
        (file) => !statSync(path.join(root, file)).isDirectory(),
      )
    : [];
};

test('predictions of two planes lie in segments that pandas and DuckDB read, listed after a restart', async (t) => {
  const data = folder(t);
  const asked: string[] = [];
  {
    await using server = await openTest({ data, config: { inferenceProcesses: 2 } });
    for (let version = 1; version <= 2; version++)
      await registerOnnx(server.ctx, 'const', constantOnnx(version));
    const api = apiOf(server.url);
    await api.deploy('const', '1');
    for (let index = 0; index < 40; index++) asked.push((await api.ask('const')).prediction);
    await api.deploy('const', '2');
    for (let index = 0; index < 10; index++) asked.push((await api.ask('const')).prediction);
    assert.deepEqual(server.errors, []);
  }
  {
    await using server = await openTest({ data, config: { inferenceProcesses: 2 } });
    const segments = await segmentsOf(server);
    assert.equal(
      segments.reduce((sum, { predictions }) => sum + predictions, 0),
      50,
    );
    for (const { file, bytes, rows, predictions, from, to, role } of segments) {
      assert.equal(statSync(path.join(data, file)).size, bytes);
      assert.equal(rows, predictions);
      assert.ok(from <= to && to <= Date.now());
      assert.equal(role, 'champion');
    }
    assert.deepEqual(new Set(segments.map(({ revision }) => revision)), new Set([1, 2]));
    const { endpoint } = await apiOf(server.url).get<EndpointDetail>('/api/v1/endpoints/const');
    const pattern = path.join(data, 'records', endpoint.id, '*.parquet');

    const duck = await (await DuckDBInstance.create(':memory:')).connect();
    const rows = (
      await duck.runAndReadAll(
        `select prediction, "in_x[0]" + "in_x[1]" as x, "out_y" as y, version from read_parquet('${pattern}') order by prediction`,
      )
    ).getRowObjectsJson();
    assert.deepEqual(
      rows.map(({ prediction }) => prediction),
      asked.toSorted(),
    );
    assert.ok(rows.every(({ x, y, version }) => x === 3 && y === version));
    if (python === undefined) return t.diagnostic('pandas was not asked: there is no Python here');
    const said = JSON.parse(execFileSync(python, ['-c', READ, pattern], { encoding: 'utf8' })) as {
      ids: string[];
      types: Record<string, string>;
      sum: number;
      revisions: number[];
    };
    assert.deepEqual(said.ids, asked.toSorted());
    assert.deepEqual([said.sum, said.revisions], [150, [1, 2]]);
    assert.equal(said.types['at'], 'datetime64[ms, UTC]');
    assert.equal(said.types['in_x[0]'], 'float32');
  }
});

test('after a crash: what was whole is announced from its name, what was not is gone, and strangers stay', async (t) => {
  const data = folder(t);
  let id: string;
  {
    await using server = await openTest({ data });
    await registerOnnx(server.ctx, 'const', constantOnnx(1));
    const api = apiOf(server.url);
    await api.deploy('const', '1');
    await api.ask('const');
    ({ id } = (await api.get<EndpointDetail>('/api/v1/endpoints/const')).endpoint);
  }
  const own = path.join(data, 'records', id);
  const whole = readdirSync(own)[0]!;
  // As a plane leaves them whose server was killed: named and not announced, and half-written.
  const orphan = whole.replace(/[0-9a-z]+\.parquet$/, 'feedbeef0.parquet');
  copyFileSync(path.join(own, whole), path.join(own, orphan));
  writeFileSync(path.join(own, `${orphan.replace('feedbeef0', 'feedbeef1')}.part`), 'half');
  const unknown = whole.replace(/^\d+/, '999');
  copyFileSync(path.join(own, whole), path.join(own, unknown));
  writeFileSync(path.join(own, 'notes.txt'), 'of somebody');
  {
    await using server = await openTest({ data });
    while ((await segmentsOf(server)).length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
    const listed = (await segmentsOf(server)).map(({ file }) => path.basename(file));
    assert.deepEqual(listed.toSorted(), [whole, orphan].toSorted());
    assert.deepEqual(readdirSync(own).toSorted(), [whole, orphan, unknown, 'notes.txt'].toSorted());
  }
});

test('a plane that is killed loses no prediction that was in its journal', async (t) => {
  const data = folder(t);
  await using server = await openTest({ data });
  await registerOnnx(server.ctx, 'const', constantOnnx(1));
  const api = apiOf(server.url);
  await api.deploy('const', '1');
  const { endpoint } = await api.get<EndpointDetail>('/api/v1/endpoints/const');
  const own = path.join(data, 'records', endpoint.id);
  // More than a block of memory holds: what is full goes to the journal.
  let asked = 0;
  const journal = await until(
    'there is a journal',
    async () => {
      asked++;
      await api.ask('const');
      const [name] = existsSync(own) ? readdirSync(own) : [];
      return name !== undefined && statSync(path.join(own, name)).size > 0 && name;
    },
    0,
  );
  assert.match(journal, /\.journal\.part$/);
  killBelow(process.pid, PLANE);
  const [segment] = await until('its segment is listed', async () => {
    const found = await segmentsOf(server);
    return found.length > 0 && found;
  });
  assert.ok(segment!.predictions > 0 && segment!.predictions < asked);
  assert.deepEqual(readdirSync(own), [path.basename(segment!.file)]);
});

test('the oldest go when there is more than may be, files and rows alike', async (t) => {
  const data = folder(t);
  await using server = await openTest({
    data,
    config: { records: { recording: 'all', bytes: 0, days: 30 } },
  });
  await registerOnnx(server.ctx, 'const', constantOnnx(1));
  const api = apiOf(server.url);
  await api.deploy('const', '1');
  const { prediction } = await api.ask('const');
  await server.close();
  assert.deepEqual(files(data), []);
  await using again = await openTest({ data });
  assert.deepEqual(await segmentsOf(again), []);
  const { gaps } = await apiOf(again.url).get<PredictionLineage>(`/api/v1/predictions/${prediction}/lineage`);
  assert.match(gaps[0]!, /^record: its inputs and outputs were deleted at .*, and the oldest went$/);
});

test('an endpoint says what is kept; the ledger says who said so', async (t) => {
  const data = folder(t);
  await using server = await openTest({
    data,
    config: { records: { recording: 'outputs', bytes: 1e9, days: 1 } },
  });
  await registerOnnx(server.ctx, 'const', constantOnnx(1));
  const api = apiOf(server.url);
  await api.deploy('const', '1');
  const detail = (): Promise<EndpointDetail> => api.get<EndpointDetail>('/api/v1/endpoints/const');
  assert.equal((await detail()).endpoint.records, 'outputs', 'as the server does');
  const set = async (records: string): Promise<number> =>
    (
      await fetch(`${server.url}/api/v1/endpoints/const`, {
        method: 'PATCH',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ records }),
      })
    ).status;
  assert.equal(await set('everything'), 400);
  assert.equal(await set('none'), 200);
  await api.ask('const');
  assert.equal((await detail()).endpoint.records, 'none');
  await api.deploy('const', '1', { records: 'all' });
  assert.equal((await detail()).endpoint.records, 'all');
  const { items } = await listEntries(server.ctx, { limit: 100 });
  assert.deepEqual(
    items.filter(({ action }) => action === 'endpoint.changed').map(({ after }) => after),
    [{ records: 'all' }, { records: 'none' }],
  );
  await server.close();
  assert.deepEqual(files(data), [], 'nothing was asked while something was kept');
});
