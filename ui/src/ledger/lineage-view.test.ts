import assert from 'node:assert/strict';
import test from 'node:test';
import type { LineageGraph } from '../../../src/ledger/contract.ts';
import { viewLineage } from './lineage-view.ts';

const graph: LineageGraph = {
  root: 'run:1',
  nodes: [
    { id: 'run:1', noun: 'run', depth: 0 },
    { id: 'model:m', noun: 'model', depth: 2 },
    { id: 'dataset_version:d', noun: 'dataset_version', depth: -1 },
    { id: 'blob:b', noun: 'blob', depth: 1 },
  ],
  edges: [
    { from: 'run:1', to: 'dataset_version:d', relation: 'read', seq: 1 },
    { from: 'run:1', to: 'dataset_version:d', relation: 'trained-on', seq: 2 },
    { from: 'run:1', to: 'blob:b', relation: 'produced', seq: 3 },
    { from: 'model:m', to: 'run:1', relation: 'registered-from', seq: 4 },
  ],
  truncated: false,
};

test('drawn the way the data went, edges between the same two as one, files left out and counted', () => {
  const view = viewLineage(graph, { files: false, most: 10 });
  assert.deepEqual(
    view.nodes.map(({ id }) => id),
    ['run:1', 'dataset_version:d', 'model:m'],
  );
  assert.deepEqual(view.edges, [
    { from: 'dataset_version:d', to: 'run:1', label: 'read by, ‹ trained-on' },
    { from: 'run:1', to: 'model:m', label: 'registered as' },
  ]);
  assert.deepEqual([view.left, view.files], [0, 1]);
});

test('with files; and the nearest where there are too many', () => {
  const view = viewLineage(graph, { files: true, most: 3 });
  assert.deepEqual(view.edges.at(-1), { from: 'run:1', to: 'blob:b', label: 'produced' });
  assert.deepEqual([view.left, view.files], [1, 0]);
  assert.equal(viewLineage({ ...graph, root: 'blob:b' }, { files: false, most: 9 }).nodes.length, 4);
});
