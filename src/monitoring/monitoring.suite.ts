import assert from 'node:assert/strict';
import test from 'node:test';
import { runHere } from '../../test/cli.ts';
import type { TestServer } from '../../test/harness.ts';
import { apiOf } from '../../test/journeys/serving/api.ts';
import { constantOnnx, registerOnnx } from '../../test/onnx-model.ts';
import type { SqlResult } from '../data/contract.ts';

/** The room on one database, with the real processes of the data plane. */
export function monitoringSuite(on: string, open: () => Promise<TestServer>): void {
  test(`${on}: the prediction log answers SQL`, async (t) => {
    await using server = await open();
    const api = apiOf(server.url);
    const sql = (query: string): Promise<SqlResult> => api.post<SqlResult>('/api/v1/data/sql', { query });
    const refused = async (query: string) => {
      const answer = await fetch(`${server.url}/api/v1/data/sql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query }),
      });
      const { error } = (await answer.json()) as {
        error: { message: string; hint?: string; field?: string };
      };
      return { status: answer.status, ...error };
    };
    for (let version = 1; version <= 2; version++)
      await registerOnnx(server.ctx, 'const', constantOnnx(version));
    await api.deploy('const', '1');

    await t.test('before anything is asked, it says so', async () => {
      const none = await refused("select * from predictions('const', last 1 hour)");
      assert.deepEqual([none.status, none.field], [400, 'query']);
      assert.match(none.message, /no prediction of 'const' is recorded yet/);
      const unknown = await refused("select * from predictions('other')");
      assert.deepEqual([unknown.status, unknown.message], [404, "there is no endpoint 'other'"]);
      const wrong = await refused('select * from predictions(const)');
      assert.match(wrong.hint ?? '', /last 7 days/);
    });

    const asked: string[] = [];
    await t.test('what was just answered is there, of all revisions together', async () => {
      for (let n = 0; n < 3; n++) asked.push((await api.ask('const')).prediction);
      await api.deploy('const', '2');
      for (let n = 0; n < 2; n++) asked.push((await api.ask('const')).prediction);
      const { columns, rows, notes } = await sql(
        `select prediction, revision, role, model, version, ms > 0, "in_x[0]" + "in_x[1]" as x, out_y
         from predictions('const', last 1 hour) order by prediction`,
      );
      assert.deepEqual(columns.map(({ name }) => name).slice(0, 5), [
        'prediction',
        'revision',
        'role',
        'model',
        'version',
      ]);
      assert.deepEqual(
        rows,
        asked.toSorted().map((id) => {
          const version = asked.indexOf(id) < 3 ? 1 : 2;
          return [id, version, 'champion', 'const', version, true, 3, version];
        }),
      );
      assert.equal(notes, undefined, 'nothing is missing');
    });

    await t.test('it joins with datasets and with itself, and is read by a command', async () => {
      const both = await sql(
        `select count(*) from predictions('const') a join "predictions('const', last 1 day)" b using (prediction)
         where b.time in (select time from predictions('const', last 1 day))`,
      );
      assert.deepEqual(both.rows, [[5]]);
      const command = await runHere(
        server.url,
        'data',
        'sql',
        "select count(*) as n from predictions('const', last 7 days)",
        '--json',
      );
      assert.deepEqual((JSON.parse(command.out) as SqlResult).rows, [[5]]);
    });

    await t.test('of another workspace nothing is seen', async () => {
      const other = await fetch(`${server.url}/api/v1/workspaces`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'other' }),
      });
      assert.equal(other.status, 200);
      const answer = await fetch(`${server.url}/api/v1/data/sql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-treadle-workspace': 'other' },
        body: JSON.stringify({ query: "select * from predictions('const')" }),
      });
      assert.equal(answer.status, 404);
    });
    assert.deepEqual(server.errors, []);
  });
}
