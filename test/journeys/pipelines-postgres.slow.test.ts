import assert from 'node:assert/strict';
import test from 'node:test';
import { cancelExecution, listExecutions, listPipelines } from '../../src/pipelines/contract.ts';
import { openTest } from '../harness.ts';
import { freshPostgres } from '../postgres.ts';
import { Project, states, stepOf, whyOf } from './pipelines/project.ts';

const url = process.env['TREADLE_TEST_PG'] ?? '';

test(
  'a pipeline on Postgres: runs, is cached, is tried again, is cancelled',
  { skip: url === '' ? 'TREADLE_TEST_PG is not set' : false },
  async () => {
    await using database = await freshPostgres(url);
    await using server = await openTest({ db: database.url });
    using p = new Project(server.url);
    const file = (word: string): string =>
      `name: pg\nsteps:\n  a: { run: "echo ${word} > {x}", out: { x: x.txt }, code: [] }\n  b: { run: "cat {x} > {y}; test -e ${server.shared}/flag || { touch ${server.shared}/flag; exit 1; }", out: { y: y.txt }, code: [], retry: { times: 1, backoff: 10ms } }\n`;
    p.write('treadle.yaml', file('one'));
    const first = await p.run();
    assert.deepEqual(states(first), { a: 'succeeded', b: 'succeeded' });
    assert.equal(stepOf(first, 'b').attempt, 2);
    assert.deepEqual(states(await p.run()), { a: 'cached', b: 'cached' });
    p.write('treadle.yaml', file('two'));
    const third = await p.run();
    assert.equal(third.number, 3);
    assert.match(whyOf(third, 'b'), /input x changed/);
    p.write('treadle.yaml', 'name: pg\nsteps:\n  long: { run: sleep 60, code: [] }\n');
    const { id } = await p.start();
    await p.until(id, (execution) => states(execution)['long'] === 'running');
    await p.client.call(cancelExecution, { params: { execution: id } });
    assert.equal((await p.ended(id)).state, 'cancelled');
    const page = await p.client.call(listExecutions, { query: { limit: 3 } });
    assert.deepEqual([page.items.map(({ number }) => number), page.next !== undefined], [[4, 3, 2], true]);
    const rest = await p.client.call(listExecutions, { query: { limit: 3, page: page.next! } });
    assert.deepEqual(
      rest.items.map(({ number, steps_by_state }) => [number, steps_by_state]),
      [[1, { succeeded: 2 }]],
    );
    assert.deepEqual(
      (await p.client.call(listPipelines, { query: {} })).items.map(({ name, executions, latest }) => [
        name,
        executions,
        latest?.state,
      ]),
      [['pg', 4, 'cancelled']],
    );
    assert.deepEqual(server.errors, []);
  },
);
