import assert from 'node:assert/strict';
import test from 'node:test';
import { createExperiment, deleteExperiment } from '../tracking/index.ts';
import { createAssessment, deleteAssessment, updateAssessment } from './assess.ts';
import { correlate, npmiOf } from './correlate.ts';
import { deleteTraces } from './delete-traces.ts';
import { databases, openRoom, span, traceId, type Room } from './fixture.suite.ts';
import { logSpans } from './log-spans.ts';
import { measureTraces } from './measure.ts';
import { getTrace, getTraceInfo, toInfos, viewTrace } from './read-traces.ts';
import { searchTraces } from './search-traces.ts';
import type { Span } from './span.ts';
import { endTrace, linkPrompts, removeTag, setTags, startTrace } from './start-trace.ts';
import { tables } from './store/tables.ts';

const log = ({ ctx, experiment }: Room, n: number, spans: Span[], resource = {}) =>
  logSpans(ctx, experiment, [{ trace: traceId(n), spans, resource }]);

const start = (room: Room, n: number, more: Partial<Parameters<typeof startTrace>[1]> = {}) =>
  startTrace(room.ctx, {
    id: traceId(n),
    experiment: room.experiment,
    startedAt: 1000,
    executionMs: 5,
    status: 'OK',
    clientRequestId: undefined,
    requestPreview: undefined,
    responsePreview: undefined,
    tags: {},
    metadata: {},
    assessments: [],
    ...more,
  });

const found = async (room: Room, filter?: string, order?: string[]): Promise<number[]> => {
  const { rows } = await searchTraces(room.ctx, {
    experiments: [room.experiment],
    filter,
    limit: 100,
    ...(order === undefined ? {} : { order }),
  });
  return rows.map(({ id }) => Number(`0x${id.slice(3)}`));
};

for (const kind of databases) {
  test(`${kind}: a trace grows with its spans, in whichever order they come`, async () => {
    const room = await openRoom(kind);
    await log(room, 1, [span(3, { at: 1050, ms: 20, attributes: { 'mlflow.spanType': 'TOOL' } })], {
      'service.name': 'bot',
    });
    const begun = await getTraceInfo(room.ctx, traceId(1));
    assert.equal(begun.status, 'IN_PROGRESS');
    assert.deepEqual([begun.started_at, begun.duration_ms, begun.tags['service.name']], [1050, 20, 'bot']);
    await log(room, 1, [
      span(1, {
        name: 'agent',
        ms: 100,
        attributes: { 'mlflow.spanInputs': { q: 'hi' }, 'mlflow.spanOutputs': 'ho' },
      }),
      span(2, {
        attributes: { 'mlflow.chat.tokenUsage': { input_tokens: 3, output_tokens: 4, total_tokens: 7 } },
      }),
    ]);
    const info = await getTraceInfo(room.ctx, traceId(1));
    assert.deepEqual(
      { ...info, tags: undefined, metadata: undefined },
      {
        id: traceId(1),
        experiment: room.experiment,
        name: 'agent',
        status: 'OK',
        started_at: 1000,
        duration_ms: 100,
        request_preview: '{"q": "hi"}',
        response_preview: 'ho',
        tokens: { input_tokens: 3, output_tokens: 4, total_tokens: 7 },
        runs: [],
        prompts: [],
        spans: 3,
        assessments: [],
        tags: undefined,
        metadata: undefined,
      },
    );
    const { tree } = await viewTrace(room.ctx, traceId(1));
    assert.deepEqual(
      tree.map(({ name, parent }) => [name, parent ?? null]),
      [
        ['agent', null],
        ['step 2', '0000000000000001'],
        ['step 3', '0000000000000001'],
      ],
    );
    // It is found by what it is now, at the time that it has now.
    assert.deepEqual(await found(room, "status = 'IN_PROGRESS'"), []);
    assert.deepEqual(await found(room, "status = 'OK' AND span.type = 'TOOL' AND timestamp_ms = 1000"), [1]);
    // A span that comes again replaces itself.
    await log(room, 1, [span(2, { name: 'again' })]);
    const again = await getTrace(room.ctx, traceId(1));
    assert.deepEqual(
      again.spans.map(({ name }) => name),
      ['agent', 'again', 'step 3'],
    );
  });

  test(`${kind}: what a client says of the whole holds against its spans`, async () => {
    const room = await openRoom(kind);
    await log(room, 1, [
      span(1, { attributes: { 'gen_ai.usage.input_tokens': 1, 'gen_ai.usage.output_tokens': 2 } }),
    ]);
    const usage = '{"input_tokens": 9, "output_tokens": 9, "total_tokens": 18}';
    await start(room, 1, {
      startedAt: 2000,
      executionMs: 77,
      status: 'ERROR',
      clientRequestId: 'req-1',
      tags: { team: 'ops', 'mlflow.traceName': 'said' },
      metadata: { 'mlflow.trace.tokenUsage': usage, 'mlflow.sourceRun': 'r1', 'mlflow.trace.session': 's1' },
    });
    await log(room, 1, [span(2, { at: 500, attributes: { 'gen_ai.usage.input_tokens': 100 } })]);
    const info = await getTraceInfo(room.ctx, traceId(1));
    assert.deepEqual(
      [info.started_at, info.duration_ms, info.status, info.name, info.tokens?.['total_tokens'], info.spans],
      [2000, 77, 'ERROR', 'said', 18, 2],
    );
    for (const filter of [
      "name = 'said'",
      "tags.team = 'ops'",
      "tag.team LIKE 'o%' AND trace.status = 'ERROR'",
      "run_id = 'r1'",
      "metadata.`mlflow.sourceRun` = 'r1'",
      "session = 's1'",
      "client_request_id = 'req-1'",
      'tokens >= 18',
      'execution_time_ms > 70 AND end_time_ms = 2077',
      "tags.team RLIKE '^o.s$'",
      'tags.none IS NULL AND tags.team IS NOT NULL',
      "metadata.`mlflow.trace.tokenUsage` LIKE '%18%'",
      "(tags.team = 'x' OR tags.team = 'ops')",
      `request_id IN ('${traceId(1)}', 'tr-2')`,
    ])
      assert.deepEqual(await found(room, filter), [1], filter);
    for (const filter of [
      "name = 'step 1'",
      "tags.team != 'ops'",
      "run_id = 'r2'",
      'tokens > 18',
      "tags.team NOT IN ('a')",
    ])
      if (filter.includes('NOT IN')) await assert.rejects(found(room, filter), /Invalid comparator/);
      else assert.deepEqual(await found(room, filter), [], filter);
  });

  test(`${kind}: what is asked of spans is asked of one span`, async () => {
    const room = await openRoom(kind);
    const tool = { 'mlflow.spanType': 'TOOL', model: 'a', n: 3, deep: { k: 'Größe' } };
    await log(room, 1, [span(1), span(2, { name: 'call', status: 'error', attributes: tool })]);
    await log(room, 2, [
      span(1, { name: 'call' }),
      span(2, { status: 'error', attributes: { ...tool, model: 'b' } }),
    ]);
    assert.deepEqual(await found(room, "span.name = 'call'"), [2, 1]);
    assert.deepEqual(await found(room, "span.name = 'call' AND span.status = 'ERROR'"), [1]);
    assert.deepEqual(await found(room, "span.name = 'call' AND span.type IN ('TOOL', 'LLM')"), [1]);
    assert.deepEqual(await found(room, "span.status = 'ERROR'"), [2, 1]);
    assert.deepEqual(await found(room, "span.attributes.model = 'b'"), [2]);
    assert.deepEqual(await found(room, "span.attributes.model = 'a' OR span.attributes.model = 'b'"), [2, 1]);
    assert.deepEqual(await found(room, "span.attributes.n = '3' AND span.name = 'call'"), [1]);
    assert.deepEqual(
      await found(room, "span.attributes.deep.k ILIKE '%GRÖSSE' OR span.attributes.deep.k LIKE 'Gr%e'"),
      [2, 1],
    );
    assert.deepEqual(await found(room, "trace.text LIKE '%Größe%' AND span.name LIKE 'c_ll'"), [1]);
    assert.deepEqual(await found(room, "span.content LIKE '%nowhere%'"), []);
  });

  test(`${kind}: pages follow every order without a gap or a repeat`, async () => {
    const room = await openRoom(kind);
    const all = Array.from({ length: 40 }, (_, i) => i + 1);
    for (const n of all)
      await start(room, n, {
        startedAt: 1000 + (n % 5),
        executionMs: n % 3 === 0 ? undefined : n % 7,
        tags: { 'mlflow.traceName': `n${n % 4}`, ...(n % 2 === 0 ? { even: String(n) } : {}) },
        metadata: n % 4 === 0 ? { 'mlflow.trace.tokenUsage': `{"total_tokens": ${n}}` } : {},
      });
    for (const order of [
      undefined,
      ['timestamp_ms ASC'],
      ['execution_time_ms DESC'],
      ['execution_time ASC', 'timestamp_ms DESC'],
      ['tokens DESC'],
      ['name ASC'],
      ['tags.even DESC', 'execution_time_ms ASC'],
      ['status', 'request_id DESC'],
    ])
      for (const filter of [undefined, 'timestamp_ms >= 1002', "tags.even LIKE '%'"]) {
        const wanted = await found(room, filter, order);
        const paged: number[] = [];
        for (let page: string | undefined; ;) {
          const { rows, next } = await searchTraces(room.ctx, {
            experiments: [room.experiment],
            filter,
            limit: 7,
            page,
            ...(order === undefined ? {} : { order }),
          });
          paged.push(...rows.map(({ id }) => Number(`0x${id.slice(3)}`)));
          page = next;
          if (page === undefined) break;
        }
        assert.deepEqual(paged, wanted, `${order?.join()} ${filter}`);
        assert.equal(new Set(wanted).size, wanted.length);
        if (filter === undefined) assert.equal(wanted.length, 40);
      }
    const tokens = await found(room, undefined, ['tokens DESC']);
    assert.deepEqual(tokens.slice(0, 3), [40, 36, 32]);
    const named = await found(room, undefined, ['tags.even ASC']);
    assert.deepEqual(named.slice(0, 3), [10, 12, 14], 'as text, and what has none comes last');
  });

  test(`${kind}: assessments hold, are replaced, and are searched`, async () => {
    const room = await openRoom(kind);
    const { ctx } = room;
    for (const n of [1, 2]) await log(room, n, [span(1)]);
    const say = (n: number, name: string, value: unknown, more = {}) =>
      createAssessment(ctx, traceId(n), {
        kind: 'feedback',
        name,
        value,
        sourceType: 'HUMAN',
        sourceId: 'me',
        ...more,
      });
    const first = await say(1, 'correct', true, { rationale: 'it is', metadata: { a: 'b' } });
    await say(1, 'score', 0.7);
    await createAssessment(ctx, traceId(2), {
      kind: 'expectation',
      name: 'answer',
      value: { city: 'Paris' },
      sourceType: 'HUMAN',
      sourceId: 'me',
    });
    const other = await say(1, 'correct', false, { overrides: first.id });
    assert.deepEqual(await found(room, "feedback.correct = 'true'"), []);
    assert.deepEqual(await found(room, "feedback.correct = 'false' AND feedback.score > 0.5"), [1]);
    assert.deepEqual(await found(room, 'feedback.score < 0.5'), []);
    assert.deepEqual(await found(room, 'feedback.score = 0.7'), [1]);
    assert.deepEqual(await found(room, 'feedback.score IS NULL'), [2]);
    assert.deepEqual(await found(room, "expectation.answer LIKE '%Paris%'"), [2]);
    assert.equal(await deleteAssessment(ctx, traceId(1), other.id), true);
    assert.deepEqual(await found(room, "feedback.correct = 'true'"), [1]);
    const changed = await updateAssessment(ctx, traceId(1), first.id, {
      value: { kind: 'feedback', value: 'no' },
      metadata: { c: 'd' },
    });
    assert.deepEqual(
      [changed.value, changed.metadata, changed.rationale],
      ['no', { a: 'b', c: 'd' }, 'it is'],
    );
    assert.deepEqual(await found(room, "feedback.correct = 'no'"), [1]);
    await assert.rejects(
      updateAssessment(ctx, traceId(1), first.id, { value: { kind: 'expectation', value: 1 } }),
      /Cannot update expectation value on a Feedback/,
    );
    await assert.rejects(say(1, 'x', 1, { overrides: 'a-none' }), /Assessment with ID 'a-none' not found/);
    await assert.rejects(say(9, 'x', 1), /not found/);
  });

  test(`${kind}: tags, links, deletion`, async () => {
    const room = await openRoom(kind);
    const { ctx, experiment } = room;
    for (const n of [1, 2, 3]) await log(room, n, [span(1, { at: 1000 * n })]);
    await setTags(ctx, traceId(1), [
      ['a', 'x'.repeat(9000)],
      ['mlflow.traceName', 'new'],
    ]);
    const { tags, name } = await getTraceInfo(ctx, traceId(1));
    assert.deepEqual([tags['a']?.length, name], [8000, 'new']);
    assert.deepEqual(
      await found(room, `tags.a = '${'x'.repeat(8000)}'`),
      [1],
      'long values are found by their hash',
    );
    await removeTag(ctx, traceId(1), 'a');
    await assert.rejects(removeTag(ctx, traceId(1), 'a'), /No trace tag with key 'a'/);
    await assert.rejects(setTags(ctx, traceId(1), [['mlflow.trace.spansLocation', 'x']]), /immutable/);
    assert.deepEqual(await found(room, "tags.a LIKE '%'"), []);
    await linkPrompts(ctx, traceId(2), ['greet/1', 'greet/1', 'greet/2']);
    assert.deepEqual(await found(room, "prompt = 'greet/2'"), [2]);
    await assert.rejects(deleteTraces(ctx, experiment, {}), /must be specified/);
    assert.equal(await deleteTraces(ctx, experiment, { until: 2000, most: 1 }), 1);
    assert.deepEqual(await found(room), [3, 2]);
    assert.equal(await deleteTraces(ctx, experiment, { ids: [traceId(2), traceId(7)] }), 1);
    assert.deepEqual(await found(room, "status = 'OK'"), [3]);
    await assert.rejects(getTraceInfo(ctx, traceId(2)), /not found/);
    assert.ok(room.said.some(({ action }) => action === 'trace.deleted'));
    await deleteExperiment(ctx, experiment);
    await assert.rejects(log(room, 4, [span(1)]), /takes no traces/);
  });

  test(`${kind}: one of several words, each trace once; names that every object has are no tags`, async () => {
    const room = await openRoom(kind);
    for (const n of [1, 2, 3])
      await log(room, n, [span(1, { at: 1000 * n, status: n === 2 ? 'error' : 'ok' })]);
    await log(room, 1, [span(2, { name: 'step 1' }), span(3)]);
    assert.deepEqual(await found(room, "status IN ('OK','ERROR')"), [3, 2, 1]);
    assert.deepEqual(await found(room, "span.name IN ('step 1','step 3')"), [3, 2, 1]);
    assert.deepEqual(
      await found(room, "status IN ('OK','ERROR') AND timestamp_ms > 1500", ['timestamp_ms ASC']),
      [2, 3],
    );
    assert.deepEqual(await found(room, 'tags.constructor IS NOT NULL'), []);
    assert.deepEqual(await found(room, 'tags.constructor IS NULL'), [3, 2, 1]);
    assert.deepEqual(await found(room, undefined, ['execution_time_ms DESC', 'timestamp_ms ASC']), [1, 2, 3]);
  });

  test(`${kind}: a trace stays with its experiment; a time that no calendar has is none; a step deletes none`, async () => {
    const room = await openRoom(kind);
    const { ctx } = room;
    await log(room, 1, [span(1)]);
    const { id: other } = await createExperiment(ctx, { name: 'other' });
    await assert.rejects(log({ ...room, experiment: other }, 1, [span(2)]), /is one of experiment/);
    await assert.rejects(start(room, 1, { experiment: other }), /is one of experiment/);
    await assert.rejects(start(room, 2, { startedAt: 9e15 }), /is no time/);
    await assert.rejects(
      endTrace(ctx, traceId(1), { at: -9e15, status: 'OK', tags: {}, metadata: {} }),
      /is no time/,
    );
    const step = ctx.as({ actor: { ...ctx.actor, execution: 'e1' } });
    await assert.rejects(
      deleteTraces(step, room.experiment, { ids: [traceId(1)] }),
      /a step .* deletes no traces/,
    );
    await setTags(ctx, traceId(1), [['who', 'somebody']]);
    await deleteTraces(ctx, room.experiment, { ids: [traceId(1)] });
    const words = await tables(ctx)
      .selectFrom('trace_term')
      .select('word')
      .where('workspace', '=', ctx.workspace)
      .execute();
    assert.deepEqual(words, [], 'what was written of a trace goes with it');
  });

  test(`${kind}: other workspaces see nothing, and have the same ids for themselves`, async () => {
    const room = await openRoom(kind);
    const other = await openRoom(kind);
    await log(room, 1, [span(1, { name: 'canary' })]);
    await setTags(room.ctx, traceId(1), [['secret', 'canary']]);
    await assert.rejects(getTraceInfo(other.ctx, traceId(1)), /not found/);
    await assert.rejects(setTags(other.ctx, traceId(1), [['a', 'b']]), /not found/);
    assert.equal(other.experiment, room.experiment, 'the numbers of experiments are the same');
    for (const filter of [
      undefined,
      "tags.secret = 'canary'",
      "span.name = 'canary'",
      "trace.text LIKE '%canary%'",
      "status = 'OK'",
    ])
      assert.deepEqual(await found(other, filter), [], String(filter));
    await log(other, 1, [span(1, { name: 'mine' })]);
    assert.equal((await getTraceInfo(other.ctx, traceId(1))).name, 'mine');
    assert.equal((await getTraceInfo(room.ctx, traceId(1))).name, 'canary');
    assert.equal(await deleteTraces(other.ctx, other.experiment, { ids: [traceId(1)] }), 1);
    assert.deepEqual(await found(room, "span.name = 'canary'"), [1]);
  });

  test(`${kind}: counted, measured and correlated`, async () => {
    const room = await openRoom(kind);
    for (const n of [1, 2, 3, 4])
      await log(room, n, [
        span(1, { at: n <= 2 ? 1000 : 61_000, ms: n * 10, name: n === 4 ? 'b' : 'a' }),
        span(2, {
          name: 'llm',
          attributes: { 'mlflow.llm.cost': { total_cost: n }, 'mlflow.llm.model': 'm' },
        }),
      ]);
    const ask = {
      experiments: [room.experiment],
      filters: [],
      interval: undefined,
      from: undefined,
      to: undefined,
      limit: 100,
    };
    const count = { type: 'COUNT', percentile: undefined } as const;
    assert.deepEqual(
      await measureTraces(room.ctx, {
        ...ask,
        view: 'TRACES',
        metric: 'trace_count',
        aggregations: [count],
        dimensions: ['trace_name'],
        interval: 60,
        from: 0,
        to: 100_000,
      }),
      [
        { dimensions: { time_bucket: '1970-01-01T00:00:00+00:00', trace_name: 'a' }, values: { COUNT: 3 } },
        { dimensions: { time_bucket: '1970-01-01T00:00:00+00:00', trace_name: 'b' }, values: { COUNT: 1 } },
      ],
    );
    assert.deepEqual(
      await measureTraces(room.ctx, {
        ...ask,
        view: 'SPANS',
        metric: 'total_cost',
        aggregations: [
          { type: 'SUM', percentile: undefined },
          { type: 'PERCENTILE', percentile: 50 },
        ],
        dimensions: ['span_model_name'],
        filters: ["span.name = 'llm'"],
      }),
      [{ dimensions: { span_model_name: 'm' }, values: { SUM: 10, 'P50.0': 2.5 } }],
    );
    await assert.rejects(
      measureTraces(room.ctx, { ...ask, view: 'TRACES', metric: 'x', aggregations: [count], dimensions: [] }),
      /metric_name must be one of/,
    );
    const both = await correlate(room.ctx, [room.experiment], "name = 'a'", "span.name = 'llm'", undefined);
    assert.deepEqual([both.first, both.second, both.both, both.all], [3, 4, 3, 4]);
    assert.ok(
      Number.isNaN(
        (await correlate(room.ctx, [room.experiment], "name = 'z'", "name = 'a'", undefined)).npmi,
      ),
    );
    const infos = await toInfos(room.ctx, []);
    assert.deepEqual(infos, []);
  });
}

test('a span that comes again is counted once; a trace that is full refuses its own spans and no others', async () => {
  const room = await openRoom('SQLite');
  const spansOf = async (n: number): Promise<number> => (await getTraceInfo(room.ctx, traceId(n))).spans;
  await log(room, 1, [span(1), span(2)]);
  await log(room, 1, [span(2), span(2), span(3)]);
  assert.equal(await spansOf(1), 3);
  const many = (from: number, count: number) => Array.from({ length: count }, (_, i) => span(from + i));
  const [full, others] = [traceId(2), traceId(3)];
  const send = (...batches: Array<{ trace: string; spans: ReturnType<typeof many> }>) =>
    logSpans(
      room.ctx,
      room.experiment,
      batches.map((one) => ({ ...one, resource: {} })),
    );
  assert.deepEqual(await send({ trace: full, spans: many(1, 19_999) }), []);
  const [refused, ...more] = await send(
    { trace: full, spans: many(30_000, 2) },
    { trace: others, spans: many(1, 2) },
  );
  assert.deepEqual([refused?.trace, refused?.spans, more.length], [full, 2, 0]);
  assert.match(refused?.why ?? '', /would have 20,001 spans, and may have 20,000/);
  assert.deepEqual([await spansOf(2), await spansOf(3)], [19_999, 2]);
  assert.deepEqual(await send({ trace: full, spans: many(1, 2) }), [], 'those that are there are replaced');
  const [tooMany] = await send({ trace: traceId(4), spans: many(1, 20_001) });
  assert.equal(tooMany?.spans, 20_001);
  await assert.rejects(getTraceInfo(room.ctx, traceId(4)), /not found/);
});

test('counts of a parent stand for those below it', async () => {
  const usage = (total: number) => ({
    'mlflow.chat.tokenUsage': { input_tokens: 0, output_tokens: 0, total_tokens: total },
  });
  const room = await openRoom('SQLite');
  await log(room, 1, [span(3, { parent: '0000000000000002', attributes: usage(5) })]);
  await log(room, 1, [span(2, { attributes: usage(8) }), span(1), span(4, { attributes: usage(1) })]);
  assert.equal((await getTraceInfo(room.ctx, traceId(1))).tokens?.['total_tokens'], 9);
});

test('normalized pointwise mutual information', () => {
  assert.equal(npmiOf({ both: 0, first: 5, second: 5, all: 10 }).npmi, -1);
  assert.ok(Math.abs(npmiOf({ both: 25, first: 50, second: 50, all: 100 }).npmi) < 1e-9);
  assert.equal(npmiOf({ both: 50, first: 50, second: 50, all: 100 }).npmi, 1);
});

test('filters that are none are refused with what to do', async () => {
  const room = await openRoom('SQLite');
  for (const [filter, message] of [
    ["span.colour = 'x'", /Invalid span attribute 'colour'/],
    ["span.content = 'x'", /Invalid clause.*LIKE, ILIKE/],
    ["trace.text = 'x'", /Invalid comparator/],
    ["feedback.x > 'a'", /numeric value/],
    ["prompt = 'x'", /Invalid prompts filter value/],
    ["tags.a RLIKE '('", /no regular expression/],
    ["colour = 'x'", /a trace has no attribute 'colour'/],
    ['status = 5', /quoted string/],
  ] as const)
    await assert.rejects(found(room, filter), message, filter);
  await log(room, 1, [span(1)]);
  await setTags(room.ctx, traceId(1), [['a', `${'a'.repeat(40)}!`]]);
  await assert.rejects(found(room, "tags.a RLIKE '^(a+)+$'"), /takes too long/);
});
