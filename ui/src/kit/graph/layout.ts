/** A layered drawing of a directed graph: columns by longest path, rows ordered to cross few edges, then straightened. */

export interface LayoutNode {
  id: string;
  width: number;
  height: number;
}
export interface LayoutEdge {
  from: string;
  to: string;
}
export interface LayoutOptions {
  direction: 'right' | 'down';
  /** Between layers, px. */
  layerGap: number;
  /** Between neighbours in a layer, px. */
  nodeGap: number;
}
export interface Placed extends LayoutNode {
  x: number;
  y: number;
  layer: number;
}
export interface Route extends LayoutEdge {
  /** Through which points the edge runs, from the border of one node to the border of the other. */
  points: { x: number; y: number }[];
  /** Part of a cycle: drawn, but against the direction of reading. */
  back: boolean;
}
export interface Layout {
  nodes: Placed[];
  edges: Route[];
  width: number;
  height: number;
}

/** A node or, where an edge passes a layer by, a bend of that edge. `at` is its place across the layer, `size` its extent there. */
interface Slot {
  id: string;
  layer: number;
  size: number;
  at: number;
  before: Slot[];
  after: Slot[];
}

export function layoutGraph(
  nodes: readonly LayoutNode[],
  edges: readonly LayoutEdge[],
  options: LayoutOptions,
): Layout {
  const known = new Map(nodes.map((node) => [node.id, node]));
  const real = edges.filter((edge) => edge.from !== edge.to && known.has(edge.from) && known.has(edge.to));
  const back = backEdges(nodes, real);
  const forward = real.map((edge) => (back.has(edge) ? { from: edge.to, to: edge.from } : edge));
  const layerOf = longestPaths(nodes, forward);
  const across = options.direction === 'right' ? 'height' : 'width';
  const along = options.direction === 'right' ? 'width' : 'height';

  const layers: Slot[][] = [];
  const put = (id: string, layer: number, size: number): Slot => {
    const slot: Slot = { id, layer, size, at: 0, before: [], after: [] };
    (layers[layer] ??= []).push(slot);
    return slot;
  };
  const slots = new Map(nodes.map((node) => [node.id, put(node.id, layerOf.get(node.id)!, node[across])]));
  const chains = forward.map((edge) => {
    const chain = [slots.get(edge.from)!];
    for (let layer = chain[0]!.layer + 1; layer < slots.get(edge.to)!.layer; layer++) {
      chain.push(put(`${edge.from}→${edge.to}@${layer}`, layer, 2));
    }
    chain.push(slots.get(edge.to)!);
    for (let i = 1; i < chain.length; i++) {
      chain[i - 1]!.after.push(chain[i]!);
      chain[i]!.before.push(chain[i - 1]!);
    }
    return chain;
  });

  reorder(layers);
  place(layers, options.nodeGap);

  // Layers lie one after the other, each as thick as its thickest node; nodes are centred in it.
  const thickness = layers.map((layer) =>
    Math.max(0, ...layer.map((slot) => known.get(slot.id)?.[along] ?? 0)),
  );
  const start: number[] = [];
  thickness.reduce((at, size, i) => ((start[i] = at), at + size + options.layerGap), 0);

  const point = (slot: Slot, end: 'in' | 'out' | 'centre') => {
    const node = known.get(slot.id);
    const half = (node?.[along] ?? 0) / 2;
    const middle = start[slot.layer]! + thickness[slot.layer]! / 2;
    const a = end === 'centre' ? middle : end === 'in' ? middle - half : middle + half;
    return options.direction === 'right' ? { x: a, y: slot.at } : { x: slot.at, y: a };
  };
  const placed = nodes.map((node): Placed => {
    const centre = point(slots.get(node.id)!, 'centre');
    return {
      ...node,
      x: centre.x - node.width / 2,
      y: centre.y - node.height / 2,
      layer: layerOf.get(node.id)!,
    };
  });
  const routes = real.map((edge, i): Route => {
    const chain = chains[i]!;
    const points = chain.map((slot, at) =>
      point(slot, at === 0 ? 'out' : at === chain.length - 1 ? 'in' : 'centre'),
    );
    return { ...edge, points: back.has(edge) ? points.toReversed() : points, back: back.has(edge) };
  });
  return {
    nodes: placed,
    edges: routes,
    width: Math.max(0, ...placed.map((node) => node.x + node.width)),
    height: Math.max(0, ...placed.map((node) => node.y + node.height)),
  };
}

/** Edges that close a cycle, found depth first in the order given; turning them round leaves no cycle. */
function backEdges(nodes: readonly LayoutNode[], edges: readonly LayoutEdge[]): Set<LayoutEdge> {
  const out = Map.groupBy(edges, (edge) => edge.from);
  const state = new Map<string, 'open' | 'done'>();
  const back = new Set<LayoutEdge>();
  const visit = (id: string): void => {
    state.set(id, 'open');
    for (const edge of out.get(id) ?? []) {
      const there = state.get(edge.to);
      if (there === 'open') back.add(edge);
      else if (there === undefined) visit(edge.to);
    }
    state.set(id, 'done');
  };
  for (const node of nodes) if (!state.has(node.id)) visit(node.id);
  return back;
}

function longestPaths(nodes: readonly LayoutNode[], edges: readonly LayoutEdge[]): Map<string, number> {
  const into = Map.groupBy(edges, (edge) => edge.to);
  const layer = new Map<string, number>();
  const depth = (id: string): number => {
    const found = layer.get(id);
    if (found !== undefined) return found;
    const value = Math.max(0, ...(into.get(id) ?? []).map((edge) => depth(edge.from) + 1));
    layer.set(id, value);
    return value;
  };
  for (const node of nodes) depth(node.id);
  // A source stands right before what it feeds, not at the far left.
  const out = Map.groupBy(edges, (edge) => edge.from);
  for (const node of nodes) {
    if (into.has(node.id) || !out.has(node.id)) continue;
    layer.set(node.id, Math.min(...out.get(node.id)!.map((edge) => layer.get(edge.to)!)) - 1);
  }
  return layer;
}

/** Barycentre sweeps, down and up, keeping the best order seen. */
function reorder(layers: Slot[][]): void {
  let best = layers.map((layer) => [...layer]);
  let fewest = crossings(layers);
  for (let sweep = 0; sweep < 12 && fewest > 0; sweep++) {
    const down = sweep % 2 === 0;
    const order = down ? layers.keys() : [...layers.keys()].reverse();
    for (const index of order) {
      const beside = new Map((layers[down ? index - 1 : index + 1] ?? []).map((slot, at) => [slot, at]));
      const weight = new Map(
        layers[index]!.map((slot, at) => {
          const near = (down ? slot.before : slot.after).map((other) => beside.get(other)!);
          return [slot, near.length === 0 ? at : near.reduce((sum, n) => sum + n, 0) / near.length];
        }),
      );
      layers[index]!.sort((a, b) => weight.get(a)! - weight.get(b)!);
    }
    const now = crossings(layers);
    if (now < fewest) {
      fewest = now;
      best = layers.map((layer) => [...layer]);
    }
  }
  layers.forEach((layer, i) => layer.splice(0, layer.length, ...best[i]!));
}

function crossings(layers: readonly Slot[][]): number {
  let count = 0;
  for (let i = 1; i < layers.length; i++) {
    const at = new Map(layers[i]!.map((slot, index) => [slot, index]));
    const ends = layers[i - 1]!.flatMap((slot) =>
      slot.after.map((other) => at.get(other)!).sort((a, b) => a - b),
    );
    for (let a = 0; a < ends.length; a++)
      for (let b = a + 1; b < ends.length; b++) if (ends[b]! < ends[a]!) count++;
  }
  return count;
}

/** Pulls every slot towards the middle of its neighbours, keeping order and gaps; a few sweeps settle it. */
function place(layers: Slot[][], gap: number): void {
  for (const layer of layers) {
    let at = 0;
    for (const slot of layer) {
      slot.at = at + slot.size / 2;
      at += slot.size + gap;
    }
    // Layers are centred on one another to begin with.
    const shift = (at - gap) / 2;
    for (const slot of layer) slot.at -= shift;
  }
  for (let sweep = 0; sweep < 8; sweep++) {
    const down = sweep % 2 === 0;
    for (const layer of down ? layers : layers.toReversed()) {
      const wish = layer.map((slot) => {
        const near = down ? slot.before : slot.after;
        return near.length === 0 ? slot.at : near.reduce((sum, other) => sum + other.at, 0) / near.length;
      });
      settle(layer, wish, gap);
    }
  }
  const top = Math.min(0, ...layers.flat().map((slot) => slot.at - slot.size / 2));
  for (const slot of layers.flat()) slot.at -= top;
}

/** Least movement under the gaps: the mean of pushing everything after, and everything before, out of the way. */
function settle(layer: Slot[], wish: readonly number[], gap: number): void {
  const room = (i: number) => (layer[i - 1]!.size + layer[i]!.size) / 2 + gap;
  const low = [...wish];
  for (let i = 1; i < low.length; i++) low[i] = Math.max(low[i]!, low[i - 1]! + room(i));
  const high = [...wish];
  for (let i = high.length - 2; i >= 0; i--) high[i] = Math.min(high[i]!, high[i + 1]! - room(i + 1));
  layer.forEach((slot, i) => (slot.at = (low[i]! + high[i]!) / 2));
}
