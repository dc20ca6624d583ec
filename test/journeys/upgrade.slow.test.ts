import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import test from 'node:test';
import { promisify } from 'node:util';
import { migrations } from '../../src/rooms.ts';
import { openTest } from '../harness.ts';
import { KILL_CHILD } from './upgrade/kill-child.ts';

const treadle = path.join(import.meta.dirname, '..', '..', 'bin', 'treadle');
const golden = path.join(import.meta.dirname, 'upgrade');

function idsIn(data: string): string[] {
  const database = new DatabaseSync(path.join(data, 'treadle.db'));
  const rows = database.prepare('select id from schema_migration').all();
  database.close();
  return rows.map((row) => String(row['id']));
}

/** Migrates in a process that dies at one step. */
async function killedAt(data: string, step: number): Promise<void> {
  const child = spawn(process.execPath, [KILL_CHILD, data, String(step)], { stdio: 'inherit' });
  const signal = await new Promise((resolve) => child.on('close', (_code, end) => resolve(end)));
  assert.equal(signal, 'SIGKILL');
}

for (const file of readdirSync(golden).filter((name) => name.endsWith('.tgz'))) {
  test(`${file}: a data folder of that time opens, also after kills midway, and is whole`, async () => {
    const home = mkdtempSync(path.join(tmpdir(), 'treadle-upgrade-'));
    try {
      const data = path.join(home, 'data');
      mkdirSync(data);
      execFileSync('tar', ['-xzf', path.join(golden, file), '-C', data]);
      const before = idsIn(data);
      const missing = migrations.flatMap(({ id }, n) => (before.includes(id) ? [] : [n]));
      assert.ok(missing.length > 0 && before.length > 10);
      for (const step of new Set([missing[0]!, missing[missing.length >> 1]!, missing.at(-1)!])) {
        await killedAt(data, step);
        assert.deepEqual(idsIn(data), before, 'all of it or nothing');
      }
      await using server = await openTest({ data });
      assert.equal(idsIn(data).length, migrations.length);
      const ask = async (at: string, body?: object): Promise<Record<string, unknown>> => {
        const answer = await fetch(
          server.url + at,
          body && {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify(body),
          },
        );
        assert.equal(answer.status, 200, `${at}: ${await answer.clone().text()}`);
        return (await answer.json()) as Record<string, unknown>;
      };
      const { runs } = (await ask('/api/2.0/mlflow/runs/search', { experiment_ids: ['1'] })) as {
        runs: Array<{
          info: { run_id: string; status: string };
          data: { metrics: unknown; params: unknown };
        }>;
      };
      const { info, data: logged } = runs.at(-1)!;
      assert.deepEqual(logged.params, [{ key: 'depth', value: '6' }]);
      assert.equal(info.status, 'FINISHED');
      const history = await ask(`/api/2.0/mlflow/metrics/get-history?run_id=${info.run_id}&metric_key=loss`);
      assert.deepEqual(
        (history['metrics'] as Array<{ value: number }>).map(({ value }) => value),
        [1, 1 / 2, 1 / 3],
      );
      const artifact = await fetch(
        `${server.url}/api/2.0/mlflow-artifacts/artifacts/1/${info.run_id}/artifacts/model/weights.txt`,
      );
      assert.equal(await artifact.text(), 'one two three\n');
      const rows = await ask('/api/v1/data/sql', { query: "select count(*) as n from 'birds@v2'" });
      assert.match(JSON.stringify(rows), /3/);
      const version = await ask('/api/2.0/mlflow/model-versions/get?name=golden&version=1');
      assert.equal((version['model_version'] as { run_id: string }).run_id, info.run_id);
      const { items } = (await ask('/api/v1/executions')) as { items: Array<{ id: string; state: string }> };
      assert.equal(items[0]!.state, 'succeeded');
      const output = await fetch(`${server.url}/api/v1/executions/${items[0]!.id}/steps/hello/outputs/out`);
      assert.equal(await output.text(), 'hello\n');
      const env = { ...process.env, TREADLE_URL: server.url };
      for (const argv of [['verify'], ['ledger', 'verify'], ['gc', '--dry-run']])
        await promisify(execFile)(treadle, argv, { env });
      const space = JSON.parse((await promisify(execFile)(treadle, ['space', '--json'], { env })).stdout) as {
        missing: unknown[];
        broken: unknown[];
      };
      assert.deepEqual([space.missing, space.broken], [[], []]);
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  });
}
