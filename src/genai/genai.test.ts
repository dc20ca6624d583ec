import assert from 'node:assert/strict';
import test from 'node:test';
import { createExperiment, deleteExperiment } from '../tracking/index.ts';
import { onDatabases } from '../../test/on-databases.ts';
import * as genai from './index.ts';

onDatabases('evaluation datasets and reviews were', (on, open) => {
  test(`${on}: records are known by their inputs; what comes later is added to them`, async () => {
    await using server = await open();
    const { ctx } = server;
    const { id: experiment } = await createExperiment(ctx, { name: 'answers' });
    const { id } = await genai.createDataset(ctx, {
      name: 'questions',
      experiments: [experiment],
      tags: { team: 'red' },
    });
    const first = await genai.upsertRecords(ctx, id, [
      { inputs: { q: 1, r: [2] }, expectations: { answer: 'a' }, tags: { 'mlflow.user': 'ana' } },
      { inputs: { r: [2], q: 1 }, expectations: { more: 'b' }, outputs: 'said' },
      { inputs: { q: 2 } },
    ]);
    assert.deepEqual(first, { inserted: 2, updated: 1 });
    const before = await genai.getDataset(ctx, id);
    assert.deepEqual([before.records, before.experiments, before.tags], [2, [experiment], { team: 'red' }]);
    assert.deepEqual(JSON.parse(before.fields!), {
      inputs: { q: 'integer', r: 'array' },
      outputs: 'string',
      expectations: { answer: 'string', more: 'string' },
      version: '1.0',
    });
    await genai.upsertRecords(ctx, id, [{ inputs: { q: 2 }, outputs: null }]);
    assert.notEqual((await genai.getDataset(ctx, id)).digest, before.digest);
    const pages = await genai.listRecords(ctx, id, { limit: 1 });
    const rest = await genai.listRecords(ctx, id, { limit: 5, page: pages.next });
    const all = [...pages.items, ...rest.items];
    const one = all.find(({ created_by }) => created_by === 'ana');
    assert.deepEqual([all.length, one?.outputs, one?.expectations], [2, 'said', { answer: 'a', more: 'b' }]);
    assert.equal(all.find(({ id: other }) => other !== one!.id)?.outputs, undefined);
    assert.equal(await genai.deleteRecords(ctx, id, [one!.id, 'dr-nobody']), 1);
    await assert.rejects(
      genai.upsertRecords(ctx, id, [{ inputs: { q: 'x'.repeat(5 << 20) } }]),
      /larger than 4 MiB/,
    );
    await assert.rejects(
      genai.createDataset(ctx, { name: 'x', experiments: ['99'], tags: {} }),
      /No Experiment/,
    );

    // Another workspace sees none of it.
    const other = ctx.as({ workspace: 'elsewhere' });
    await assert.rejects(genai.getDataset(other, id), /not found/);
    assert.deepEqual((await genai.searchDatasets(other, { order: [], limit: 5 })).items, []);
    const found = (filter: string) =>
      genai.searchDatasets(ctx, { experiments: [experiment], filter, order: ['name'], limit: 5 });
    assert.equal((await found("tags.team = 'red' AND name LIKE 'q%'")).items.length, 1);
    assert.equal((await found("NOT tags.team = 'red'")).items.length, 0);
    await genai.removeDatasetFrom(ctx, id, [experiment]);
    assert.equal((await found("name = 'questions'")).items.length, 0);
    await genai.deleteDataset(ctx, id);
    await assert.rejects(genai.listRecords(ctx, id, { limit: 1 }), /not found/);
  });

  test(`${on}: scorers count their versions, and a number is not given again`, async () => {
    await using server = await open();
    const { ctx } = server;
    const { id: experiment } = await createExperiment(ctx, { name: 'scored' });
    const register = (serialized: string) =>
      genai.registerScorer(ctx, { experiment, name: 'right', serialized });
    assert.deepEqual([(await register('{}')).version, (await register('{"a":1}')).version], [1, 2]);
    await assert.rejects(register('{'), /does not hold JSON/);
    await genai.deleteScorer(ctx, experiment, 'right', 2);
    assert.equal((await register('{"b":1}')).version, 3);
    assert.equal((await genai.getScorer(ctx, experiment, 'right')).serialized, '{"b":1}');
    assert.deepEqual(
      (await genai.listScorerVersions(ctx, experiment, 'right')).map(({ version }) => version),
      [1, 3],
    );
    await assert.rejects(genai.getScorer(ctx, experiment, 'right', 2), /not found/);
    await genai.deleteScorer(ctx, experiment, 'right');
    assert.deepEqual(await genai.listScorers(ctx, [experiment]), []);
    await deleteExperiment(ctx, experiment);
    await assert.rejects(register('{}'), /'active' state/);
  });

  test(`${on}: questions to people, and the traces that they look through`, async () => {
    await using server = await open();
    const { ctx } = server;
    const { id: experiment } = await createExperiment(ctx, { name: 'reviewed' });
    const question = {
      experiment,
      name: 'quality',
      type: 'FEEDBACK' as const,
      input: { categorical: { options: ['good', 'bad'] } },
    };
    const schema = await genai.createLabelSchema(ctx, question);
    await assert.rejects(genai.createLabelSchema(ctx, question), /already exists/);
    for (const input of [
      {},
      { text: {}, numeric: {} },
      { categorical: { options: ['a', 'a'] } },
      { numeric: { min_value: 2, max_value: 1 } },
    ])
      await assert.rejects(genai.createLabelSchema(ctx, { ...question, name: 'other', input }), /input/);
    await assert.rejects(
      genai.updateLabelSchema(ctx, schema.id, { input: { text: {} } }),
      /stays what it was/,
    );
    const renamed = await genai.updateLabelSchema(ctx, schema.id, { name: 'grade' });
    assert.deepEqual([renamed.name, renamed.input], ['grade', schema.input]);

    const queue = await genai.createQueue(ctx, {
      experiment,
      name: 'Monday',
      type: 'CUSTOM',
      users: ['ana', 'ana'],
      schemas: [schema.id],
    });
    assert.deepEqual([genai.usersOf(queue), genai.schemasOf(queue)], [['ana'], [schema.id]]);
    await assert.rejects(
      genai.createQueue(ctx, { experiment, name: 'monday', type: 'CUSTOM' }),
      /already exists/,
    );
    const own = await genai.userQueue(ctx, experiment, 'ana');
    assert.equal((await genai.userQueue(ctx, experiment, 'Ana')).id, own.id);
    await assert.rejects(genai.userQueue(ctx, experiment, 'MONDAY'), /non-user queue/);
    await assert.rejects(genai.updateQueue(ctx, own.id, { name: 'x' }), /fixed/);

    await genai.addItems(ctx, queue.id, ['tr-1', 'tr-2']);
    const done = await genai.setItemStatus(ctx, queue.id, 'tr-1', 'COMPLETE', 'ana');
    assert.deepEqual([done.status, done.completed_by], ['COMPLETE', 'ana']);
    const again = await genai.addItems(ctx, queue.id, ['tr-1', 'tr-3']);
    assert.deepEqual(
      again.map(({ status }) => status),
      ['COMPLETE', 'PENDING'],
    );
    const waiting = await genai.listItems(ctx, queue.id, { status: 'PENDING', limit: 1 });
    const more = await genai.listItems(ctx, queue.id, { status: 'PENDING', limit: 5, page: waiting.next });
    assert.deepEqual(
      [...waiting.items, ...more.items].map(({ item_id }) => item_id),
      ['tr-2', 'tr-3'],
    );
    await assert.rejects(genai.updateQueue(ctx, queue.id, { schemas: [] }), /locked/);
    await assert.rejects(genai.setItemStatus(ctx, queue.id, 'tr-9', 'DECLINED'), /is not in review queue/);
    assert.deepEqual(
      (await genai.listQueues(ctx, { experiment, item: 'tr-3' })).map(({ name }) => name),
      ['Monday'],
    );
    assert.equal((await genai.listQueues(ctx, { experiment, user: 'ana' })).length, 2);
    await genai.deleteQueue(ctx, queue.id);
    await assert.rejects(genai.getQueue(ctx, queue.id), /not found/);
    await genai.deleteLabelSchema(ctx, schema.id);
    await genai.deleteLabelSchema(ctx, schema.id);
    assert.deepEqual(server.errors, []);
  });
});
