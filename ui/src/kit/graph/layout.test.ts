import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { layoutGraph, type LayoutEdge } from './layout.ts';

const box = (id: string) => ({ id, width: 120, height: 40 });
const options = { direction: 'right', layerGap: 60, nodeGap: 16 } as const;

test('a chain is one straight line', () => {
  const { nodes, edges, width, height } = layoutGraph(
    ['a', 'b', 'c'].map(box),
    [
      { from: 'a', to: 'b' },
      { from: 'b', to: 'c' },
    ],
    options,
  );
  assert.deepEqual(
    nodes.map(({ x, y }) => [x, y]),
    [
      [0, 0],
      [180, 0],
      [360, 0],
    ],
  );
  assert.deepEqual(edges[0]!.points, [
    { x: 120, y: 20 },
    { x: 180, y: 20 },
  ]);
  assert.deepEqual([width, height], [480, 40]);
});

test('crossing edges are uncrossed, and a source stands beside what it feeds', () => {
  const { nodes } = layoutGraph(
    ['a', 'b', 'c', 'd', 'e', 'late'].map(box),
    [
      { from: 'a', to: 'd' },
      { from: 'b', to: 'c' },
      { from: 'c', to: 'e' },
      { from: 'late', to: 'e' },
    ],
    options,
  );
  const of = new Map(nodes.map((node) => [node.id, node]));
  assert.equal(Math.sign(of.get('a')!.y - of.get('b')!.y), Math.sign(of.get('d')!.y - of.get('c')!.y));
  assert.equal(of.get('late')!.layer, of.get('e')!.layer - 1);
});

test('a cycle is drawn, its closing edge marked', () => {
  const { edges, nodes } = layoutGraph(
    ['a', 'b'].map(box),
    [
      { from: 'a', to: 'b' },
      { from: 'b', to: 'a' },
      { from: 'a', to: 'a' },
      { from: 'a', to: 'nowhere' },
    ],
    options,
  );
  assert.deepEqual(
    edges.map((edge) => edge.back),
    [false, true],
  );
  assert.equal(nodes.length, 2);
});

test('any graph: nothing overlaps, forward edges go forward, the drawing is where it says', () => {
  const graph = fc
    .integer({ min: 1, max: 14 })
    .chain((size) =>
      fc.tuple(
        fc.constant(size),
        fc.array(fc.tuple(fc.nat(size - 1), fc.nat(size - 1)), { maxLength: 30 }),
        fc.constantFrom('right' as const, 'down' as const),
      ),
    );
  fc.assert(
    fc.property(graph, ([size, pairs, direction]) => {
      const input = Array.from({ length: size }, (_, i) => ({
        id: `n${i}`,
        width: 80 + i * 5,
        height: 30 + i,
      }));
      const edges: LayoutEdge[] = pairs.map(([from, to]) => ({ from: `n${from}`, to: `n${to}` }));
      const { nodes, edges: routes, width, height } = layoutGraph(input, edges, { ...options, direction });
      const epsilon = 1e-6;
      for (const a of nodes) {
        assert.ok(
          a.x >= -epsilon &&
            a.y >= -epsilon &&
            a.x + a.width <= width + epsilon &&
            a.y + a.height <= height + epsilon,
        );
        for (const b of nodes) {
          if (a === b) continue;
          const apart =
            a.x + a.width <= b.x + epsilon ||
            b.x + b.width <= a.x + epsilon ||
            a.y + a.height <= b.y + epsilon ||
            b.y + b.height <= a.y + epsilon;
          assert.ok(apart, `${a.id} and ${b.id} overlap`);
        }
      }
      const layer = new Map(nodes.map((node) => [node.id, node.layer]));
      for (const edge of routes) {
        const forward = layer.get(edge.to)! - layer.get(edge.from)!;
        assert.ok(edge.back ? forward < 0 : forward > 0);
        assert.equal(edge.points.length, Math.abs(forward) + 1);
      }
    }),
    { numRuns: 300 },
  );
});
