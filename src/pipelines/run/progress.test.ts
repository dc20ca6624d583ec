import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../../../test/property.ts';
import type { StepState } from '../contract.ts';
import { after, DONE, due, ENDED, isOver, may, MOVES, reduce, type Move, type Progress } from './progress.ts';

interface Graph {
  names: string[];
  needs: Map<string, string[]>;
}

/** Any graph without circles: a step needs only such as come before it. */
const graphs: fc.Arbitrary<Graph> = fc
  .integer({ min: 1, max: 8 })
  .chain((size) =>
    fc.tuple(
      ...Array.from({ length: size }, (_, i) => fc.subarray(Array.from({ length: i }, (_one, n) => `s${n}`))),
    ),
  )
  .map((lists) => ({
    names: lists.map((_, i) => `s${i}`),
    needs: new Map(lists.map((needs, i) => [`s${i}`, needs])),
  }));

const fresh = ({ names }: Graph): Progress => new Map(names.map((name) => [name, 'waiting']));

interface Told {
  step: string;
  move: Move;
}

/** Moves that a driver could make now: what is due, and what may become of that which has begun. */
function possible(graph: Graph, progress: Progress): Told[] {
  const waiting = graph.names
    .filter((name) => progress.get(name) === 'waiting')
    .map((name) => ({ name, needs: graph.needs.get(name)! }));
  const { met, blocked } = due(waiting, (name) => progress.get(name));
  return [
    ...met.flatMap(({ name }) => [
      { step: name, move: 'ready' as const },
      { step: name, move: 'reused' as const },
    ]),
    ...blocked.map(({ step }) => ({ step: step.name, move: 'skipped' as const })),
    ...graph.names.flatMap((step) => {
      const state = progress.get(step)!;
      if (state !== 'ready' && state !== 'running') return [];
      return MOVES.filter((move) => may(state, move)).map((move) => ({ step, move }));
    }),
  ];
}

/** Drives to the end as `choices` say; at a choice of 0 the server ends and another goes on from what was told so far. */
function drive(graph: Graph, choices: readonly number[]): { told: Told[]; progress: Progress } {
  let progress = fresh(graph);
  const told: Told[] = [];
  for (let turn = 0; !isOver(progress); turn++) {
    const choice = choices[turn];
    if (choice === 0) {
      progress = told.reduce(reduce, fresh(graph));
      continue;
    }
    const all = possible(graph, progress);
    assert.ok(all.length > 0, `nothing can go on: ${JSON.stringify([...progress])}`);
    // Once the choices are used up, everything takes the way that ends.
    const ends = all.filter(({ move }) => !['retried', 'lost', 'requeued'].includes(move));
    const next = choice === undefined ? ends[0] : all[choice % all.length];
    assert.ok(next);
    told.push(next);
    progress = reduce(progress, next);
  }
  return { told, progress };
}

const runs = fc.tuple(graphs, fc.array(fc.nat(1000), { maxLength: 60 }));

test('every execution comes to its end, whatever happens and however often its server changes', () => {
  fc.assert(
    fc.property(runs, ([graph, choices]) => {
      const { told, progress } = drive(graph, choices);
      assert.deepEqual(told.reduce(reduce, fresh(graph)), progress, 'what was told says how it stands');
      assert.deepEqual(possible(graph, progress), []);
    }),
  );
});

test('a step runs only after all that it needs, never twice without a word of why, and is skipped only when it cannot run', () => {
  fc.assert(
    fc.property(runs, ([graph, choices]) => {
      const { told } = drive(graph, choices);
      let progress = fresh(graph);
      const running = new Set<string>();
      for (const { step, move } of told) {
        const needs = graph.needs.get(step)!.map((name) => progress.get(name)!);
        if (move === 'ready' || move === 'reused') assert.ok(needs.every((state) => DONE.has(state)));
        if (move === 'skipped') assert.ok(needs.some((state) => ENDED.has(state) && !DONE.has(state)));
        if (move === 'submitted') {
          assert.ok(!running.has(step));
          running.add(step);
        }
        if (['lost', 'retried', 'succeeded', 'failed', 'cancelled'].includes(move)) running.delete(step);
        progress = reduce(progress, { step, move });
      }
      assert.equal(running.size, 0);
    }),
  );
});

test('what has ended stays as it ended', () => {
  const states: StepState[] = ['succeeded', 'cached', 'failed', 'cancelled', 'skipped'];
  for (const state of states)
    for (const move of MOVES) assert.throws(() => after(state, move), /cannot be/, `${state} ${move}`);
  assert.throws(() => after('waiting', 'submitted'));
  assert.throws(() => after('running', 'ready'));
  assert.throws(() => reduce(new Map(), { step: 'x', move: 'ready' }), /no step x/);
});
