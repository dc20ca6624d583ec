import assert from 'node:assert/strict';
import test from 'node:test';
import {
  arranged,
  brushCondition,
  brushesOf,
  brushText,
  moved,
  panelsOf,
  panelsText,
  ticksOf,
  ticksText,
  viewAddress,
  viewsOf,
  viewTag,
  wholeFilter,
  widthsOf,
  widthsText,
  type Brush,
} from './work-state.ts';

test('columns are pinned, moved and widened, and the address carries it', () => {
  assert.deepEqual(arranged(['a', 'b', 'c'], ['c', 'gone']), ['c', 'a', 'b']);
  assert.deepEqual(moved(['a', 'b', 'c'], 'c', 'a'), ['c', 'a', 'b']);
  assert.deepEqual(moved(['a', 'b', 'c'], 'a', undefined), ['b', 'c', 'a']);
  assert.deepEqual(moved(['a', 'b'], 'a', 'a'), ['a', 'b']);
  const widths = { 'metrics.val:loss': 140, started: 90 };
  assert.deepEqual(widthsOf(widthsText(widths)), widths);
  assert.deepEqual(widthsOf(['x:1', 'nonsense', 'y:5000', ':90']), {});
  assert.equal(widthsText({}), undefined);
});

test('brushes survive the address, and nonsense is left out', () => {
  const brushes: Brush[] = [
    { id: 'metrics.val/auc', from: -0.5, to: 1e21 },
    { id: 'params.model', values: ["o'neil", 'b'] },
  ];
  assert.deepEqual(brushesOf(brushes.map(brushText)), brushes);
  assert.deepEqual(
    brushesOf(['x', 'metrics.a=[2,1]', 'metrics.a=[]', 'metrics.a={', 'wheels.a=[1,2]', 'params.a=[1,"a"]']),
    [],
  );
});

test('a brush is a condition: numbers by their range, texts by their values', () => {
  const runs = [
    { id: 'r1', value: '4' },
    { id: 'r2', value: '10' },
    { id: 'r3', value: undefined },
  ];
  assert.equal(
    brushCondition({ id: 'metrics.val loss', from: 0, to: 1e-7 }, []),
    'metrics.`val loss` >= 0 AND metrics.`val loss` <= 1e-7',
  );
  // As texts '10' would be less than '4'.
  assert.equal(brushCondition({ id: 'params.depth', from: 5, to: 12 }, runs), "params.depth = '10'");
  assert.equal(
    brushCondition({ id: 'params.depth', from: 0, to: 12 }, runs),
    "(params.depth = '4' OR params.depth = '10')",
  );
  assert.equal(brushCondition({ id: 'params.m', values: ["o'neil"] }, []), "params.m = 'o''neil'");
  assert.equal(brushCondition({ id: 'params.depth', from: 50, to: 60 }, runs), "run_id = ''");
  const many = Array.from({ length: 100 }, (_, i) => ({ id: `r${i}`, value: String(i) }));
  assert.match(brushCondition({ id: 'params.seed', from: 0, to: 99 }, many), /^run_id IN \('r0', 'r1', /);
});

test('what was typed keeps its own OR to itself', () => {
  assert.equal(wholeFilter(' ', []), undefined);
  assert.equal(wholeFilter('a OR b', []), 'a OR b');
  assert.equal(wholeFilter('a OR b', ['c']), '(a OR b) AND c');
  assert.equal(wholeFilter(undefined, ['c', 'd']), 'c AND d');
});

test('a chart’s own settings survive the address', () => {
  const panels = new Map([
    ['val/loss', { x: 'wall' as const, smooth: 0.5 }],
    ['auc', {}],
  ]);
  assert.deepEqual(panelsOf(panelsText(panels)), panels);
  assert.deepEqual(panelsOf(['nothing', '?x=wall']), new Map());
});

test('views are tags of the experiment', () => {
  const address = viewAddress({ filter: 'metrics.auc > 0.5', sel: ['r'], cols: ['a', 'b'] });
  assert.equal(address, '?filter=metrics.auc%20>%200.5&cols=a&cols=b');
  assert.deepEqual(viewsOf({ [viewTag(' Best ')]: address, team: 'ops' }), [{ name: 'Best', address }]);
});

test('many ticked runs stand in an address that can be loaded again', () => {
  const ids = Array.from({ length: 600 }, (_, i) => i.toString(16).padStart(8, '0').repeat(4));
  assert.deepEqual(ticksText(ids.slice(0, 3)), ids.slice(0, 3));
  assert.deepEqual(ticksOf(ticksText(ids)), ids);
  assert.deepEqual(new Set(ticksOf(ticksText([...ids, 'imported']))), new Set([...ids, 'imported']));
  assert.ok(ticksText(ids)!.join('').length < 14_000, 'a server takes 16 KiB of headers');
  assert.deepEqual([ticksText([]), ticksOf(undefined), ticksOf(['~%'])], [undefined, [], []]);
});
