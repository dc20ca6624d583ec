import assert from 'node:assert/strict';
import test from 'node:test';
import { learnVector, vectorReader } from './vector.ts';

const rows = Array.from({ length: 60 }, (_row, i) =>
  Float64Array.from(
    [6, 3, 1.5, 0.2, 0.1, 0.05],
    (size, j) => Math.sin(1 + i * (1.3 + j * 0.7)) * size + (j === 0 ? 0.5 * Math.cos(i * 2.1) : 0) + j,
  ),
);

test('components are those of a singular value decomposition', () => {
  const { norm, components, residual } = vectorReader(learnVector(rows, 6))(
    Float64Array.of(1, 2, 3, 4, 5, 6),
  );
  // numpy.linalg.svd of the same, the largest number of each direction made positive.
  const exact = [0.83807541, 0.9926931, 0.96884034, 1.03857201, 0.98033421, 0.99823677];
  assert.equal(components.length, 6);
  for (const [at, value] of components.entries())
    assert.ok(Math.abs(value - exact[at]!) < 1e-4, `${at}: ${value}`);
  assert.ok(Math.abs(norm - Math.sqrt(91)) < 1e-12);
  assert.ok(residual < 1e-3, 'all directions are there');
  assert.deepEqual(learnVector(rows, 6), learnVector(rows, 6));
});

test('few rows teach few directions, and equal ones none', () => {
  const few = vectorReader(learnVector(rows.slice(0, 12), 6))(rows[0]!);
  assert.equal(few.components.length, 2);
  const same = vectorReader(
    learnVector(
      Array.from({ length: 20 }, () => rows[0]!),
      6,
    ),
  )(rows[1]!);
  assert.deepEqual(same.components, []);
  assert.ok(same.residual > 0);
});
