import assert from 'node:assert/strict';
import test from 'node:test';
import { openTest } from '../harness.ts';
import { freshPostgres } from '../postgres.ts';
import { play, playPeer, python } from './mlflow-servers.ts';

const skip =
  python === undefined ? 'there is no Python with mlflow: node scripts/setup.mjs makes one' : false;
const postgres = process.env['TREADLE_TEST_PG'];
const script = 'mlflow-client.py';

function assertSame(ours: Record<string, unknown>, theirs: Record<string, unknown>): void {
  assert.ok(Object.keys(theirs).length > 60, 'the script reported what it saw');
  for (const [name, answer] of Object.entries(theirs)) assert.deepEqual(ours[name], answer, name);
  assert.deepEqual(Object.keys(ours), Object.keys(theirs));
}

test('the plain mlflow client sees of Treadle what it sees of MLflow’s own server', { skip }, async (t) => {
  await using treadle = await openTest();
  const [ours, theirs] = await Promise.all([play(script, treadle.url), playPeer(script)]);
  assert.deepEqual(treadle.errors, []);
  assertSame(ours, theirs);

  // The rooms' own suites run on every database; the whole client on Postgres once more is for the deep tests.
  if (process.env['TREADLE_TEST_WHOLE'] !== '1') return;
  await t.test(
    'and the same on Postgres',
    { skip: postgres === undefined ? 'TREADLE_TEST_PG names no Postgres' : false },
    async () => {
      await using database = await freshPostgres(postgres!);
      await using onPostgres = await openTest({ db: database.url });
      const other = await play(script, onPostgres.url);
      assert.deepEqual(onPostgres.errors, []);
      assertSame(other, ours);
    },
  );
});
