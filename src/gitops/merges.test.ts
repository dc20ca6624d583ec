import assert from 'node:assert/strict';
import test from 'node:test';
import { saidSince } from './merges.ts';
import type { SourceRow } from './store.ts';

const desired = (flights: number, churn = 1) => ({ environment: 'staging', models: { flights, churn } });

test('what the file was last seen saying otherwise is known of each thing by itself', () => {
  const row = (said: object | null, since: object | null, looked_at: number | null): SourceRow => ({
    workspace: 'default',
    environment: 'staging',
    host: 'churn',
    branch: 'main',
    path: 'staging.yaml',
    mode: 'apply',
    commit_id: null,
    desired: said && JSON.stringify(said),
    problem: null,
    looked_at,
    said_since: since && JSON.stringify(since),
    created_at: 0,
    created_by: 'ada',
  });
  const first = saidSince(row(null, null, null), desired(1));
  assert.deepEqual(first, { 'models.flights': 0, 'models.churn': 0 });
  const second = saidSince(row(desired(1), first, 100), desired(2));
  assert.deepEqual(second, { 'models.flights': 100, 'models.churn': 0 });
  // Set back, and forth again: a merge of before 300 is no word about it any more.
  const third = saidSince(row(desired(2), second, 200), desired(1));
  assert.deepEqual(saidSince(row(desired(1), third, 300), desired(2)), {
    'models.flights': 300,
    'models.churn': 0,
  });
});
