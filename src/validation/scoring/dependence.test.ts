import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { TreadleError } from '../../platform/errors/index.ts';
import { random } from '../../../test/random.ts';
import { regressionMetrics } from '../metrics/regression.ts';
import { measureDependence, structuresOf } from './dependence.ts';
import { openHere } from './table.suite.ts';

const ROWS = 600;

/** A file of visits: patients of 12 rows each, days of 2 rows each, in an order of their own. */
async function visits() {
  const folder = await mkdtemp(join(tmpdir(), 'dependence-'));
  const r = random(1);
  const places = Array.from({ length: ROWS }, (_one, i) => i).toSorted(() => r.uniform() - 0.5);
  const lines = places.map((at) =>
    [
      new Date(Date.UTC(2024, 0, 1 + Math.floor(at / 2))).toISOString().slice(0, 10),
      `p${at % 50}`,
      at,
      (at * 7) % 24,
      ['a', 'b', 'c'][at % 3],
      r.normal().toFixed(4),
      0,
    ].join(','),
  );
  const file = join(folder, 'visits.csv');
  await writeFile(file, ['date,patient_id,step,hour,ward,size,label', ...lines, ''].join('\n'));
  return {
    places,
    table: await openHere([{ file, format: 'csv', shown: 'visits.csv' }]),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

test('columns that look like an entity or a time are looked along, and what the gate declares counts', async () => {
  await using file = await visits();
  const { table, places } = file;
  const found = await structuresOf(table, { label: 'label' });
  assert.deepEqual(
    found.map(({ kind, columns, units, declared }) => [kind, ...columns, units, declared]),
    [
      ['group', 'patient_id', 50, false],
      ['time', 'date', 300, false],
      ['time', 'step', ROWS, false],
    ],
  );
  const declared = await structuresOf(table, { label: 'label', group: ['patient_id', 'ward'], time: 'step' });
  assert.deepEqual(
    declared.map(({ kind, columns, units, declared: its }) => [kind, ...columns, units, its]),
    [
      ['group', 'patient_id', 'ward', 150, true],
      ['time', 'step', ROWS, true],
    ],
  );
  await assert.rejects(
    structuresOf(table, { label: 'label', group: ['patient'] }),
    (error) =>
      error instanceof TreadleError && error.field === 'group' && /patient_id/.test(error.hint ?? ''),
  );

  // The errors go together by patient alone.
  const r = random(2);
  const own = Array.from({ length: 50 }, () => Math.abs(r.normal()));
  const truth = new Float64Array(ROWS);
  const errors = (of: (row: number) => number) =>
    regressionMetrics(
      truth,
      Float64Array.from(truth, (_zero, row) => of(row)),
    );
  const measured = (structures: typeof found, candidate: ReturnType<typeof errors>) =>
    measureDependence(structures, 'regression', [], { candidate, champion: undefined }, ROWS);
  const byPatient = errors((row) => own[places[row]! % 50]! + 0.2 * r.uniform());
  const { counting, dependence } = measured(found, byPatient);
  assert.deepEqual(
    counting.map(({ columns }) => columns),
    [['patient_id']],
  );
  assert.ok(dependence[0]!.design_effect > 6 && dependence[0]!.design_effect < 20);
  assert.match(
    dependence[0]!.summary,
    /^the errors of rows go together within 'patient_id' \(design effect [\d.]+, at (mae|rmse)\), .* declare group: patient_id$/,
  );
  assert.deepEqual(
    measured(
      found,
      errors(() => r.normal()),
    ).dependence,
    [],
  );
  const said = measured(declared, byPatient).dependence;
  assert.deepEqual(
    said.map(({ declared: its }) => its),
    [true, true],
  );
  assert.match(
    said[0]!.summary,
    /^intervals count the rows of one 'patient_id', 'ward' together: 150 of them/,
  );
});
