import assert from 'node:assert/strict';
import test from 'node:test';
import { loopWords, stationsOf, type LoopState } from './loop-words.ts';

const empty: LoopState = {
  datasets: { items: [] },
  pipelines: { items: [] },
  experiments: { items: [] },
  newest: undefined,
  models: { items: [] },
  endpoints: { items: [] },
};

test('an empty house has five quiet stations', () => {
  const stations = stationsOf(empty);
  assert.deepEqual(
    stations.map(({ id, count, live, latest }) => [id, count, live, latest]),
    [
      ['data', '0', 0, undefined],
      ['pipelines', '0', 0, undefined],
      ['runs', '0', 0, undefined],
      ['models', '0', 0, undefined],
      ['endpoints', '0', 0, undefined],
    ],
  );
  assert.match(loopWords(empty), /From data/);
});

test('counts are summed, the newest is named, and what was not read to its end says so', () => {
  const experiment = (id: string, runs: number, running: number) => ({
    id,
    name: id,
    state: 'active' as const,
    tags: {},
    created_at: 1,
    created_by: 'me',
    updated_at: 1,
    runs,
    running,
  });
  const state: LoopState = {
    ...empty,
    experiments: { items: [experiment('0', 1200, 1), experiment('1', 34, 2)], next: 'more' },
    newest: {
      id: 'r/1',
      experiment: '0',
      name: 'bold-oak',
      user: '',
      status: 'running',
      state: 'active',
      started_at: 9,
      metrics: {},
      params: {},
      tags: {},
    },
  };
  const runs = stationsOf(state).find(({ id }) => id === 'runs');
  assert.equal(runs?.count, '1,234+');
  assert.equal(runs?.live, 3);
  assert.deepEqual(runs?.latest, { label: 'bold-oak', to: '/runs/r%2F1', time: 9, status: 'running' });
  assert.equal(loopWords(state), '3 runs under way.');
});

test('an alias of an older version is not shown as the newest one’s', () => {
  const about = { created_at: 1, updated_at: 5, created_by: 'me', tags: {} };
  const latest = (aliases: string[]) => {
    const version = {
      ...about,
      ref: 'v',
      model: 'm',
      version: 2,
      source: 's',
      stage: 'None' as const,
      aliases,
    };
    const champion = { alias: 'champion', version: aliases.length === 0 ? 1 : 2 };
    const model = { ...about, ref: 'm', name: 'm', aliases: [champion], versions: 2, latest: version };
    return stationsOf({ ...empty, models: { items: [model] } }).find(({ id }) => id === 'models')?.latest;
  };
  assert.deepEqual(latest([]), { label: 'm v2', to: '/models/m/versions/2', time: 5 });
  assert.equal(latest(['champion'])?.status, '@champion');
});

test('a leg that the server does not have is not drawn', () => {
  assert.deepEqual(
    stationsOf({ ...empty, pipelines: undefined, endpoints: undefined }).map(({ id }) => id),
    ['data', 'runs', 'models'],
  );
});
