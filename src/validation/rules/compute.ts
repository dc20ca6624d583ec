import type { Estimate } from '../metrics/estimate.ts';
import type { Structure } from '../metrics/dependence.ts';
import type { Each, Expression, Name } from '../../rules/index.ts';

/** What a name stands for: a figure, the reason why there is none, or a champion that is not there or no other one. */
export type Found = Estimate | { missing: string } | 'no champion' | 'champion itself';

/** Values of a column that have so many rows; `small`: how many values have fewer. */
export interface Values {
  values: ReadonlyArray<{ value: string; rows: number }>;
  least: number;
  small: number;
}

/** Where the rules look names up. */
export interface Figures {
  find(name: Name): Found;
  /** What `slice(origin)` goes through. */
  values(each: Each): Values | { missing: string };
  /** Rows of the gate's data. */
  rows: number;
  /** Which of them belong together; nothing where they are independent. */
  structures?: readonly Structure[];
}

/** What a rule about the champion says where there is none to compare with: it decides nothing. */
export const NO_CHAMPION = 'no champion yet: there is nothing to compare with';
export const CHAMPION_ITSELF = 'it is the champion itself: there is nothing to compare with';

/** A number with its slope by each figure that it is made of. */
export interface Linear {
  value: number;
  of: Array<{ estimate: Estimate; name: Name; slope: number }>;
}

export class Missing extends Error {}
export class NoChampion extends Error {
  readonly why: string;
  constructor(why: string) {
    super(why);
    this.why = why;
  }
}

export function compute(node: Expression, figures: Figures): Linear {
  switch (node.kind) {
    case 'number':
      return { value: node.value, of: [] };
    case 'figure':
    case 'fact': {
      const found = figures.find(node);
      if (found === 'no champion') throw new NoChampion(NO_CHAMPION);
      if (found === 'champion itself') throw new NoChampion(CHAMPION_ITSELF);
      if ('missing' in found) throw new Missing(`${node.text} is missing: ${found.missing}`);
      return { value: found.value, of: [{ estimate: found, name: node, slope: 1 }] };
    }
    case 'negative':
      return scale(compute(node.of, figures), -1);
    case 'arithmetic': {
      const left = compute(node.left, figures);
      const right = compute(node.right, figures);
      switch (node.op) {
        case '+':
          return join(left.value + right.value, left, 1, right, 1);
        case '-':
          return join(left.value - right.value, left, 1, right, -1);
        case '*':
          return join(left.value * right.value, left, right.value, right, left.value);
        case '/':
          if (right.value === 0) throw new Missing('it divides by 0');
          return join(left.value / right.value, left, 1 / right.value, right, -left.value / right.value ** 2);
      }
    }
  }
}

const scale = ({ value, of }: Linear, factor: number): Linear => ({
  value: value * factor,
  of: of.map((one) => ({ ...one, slope: one.slope * factor })),
});
export const join = (value: number, a: Linear, slopeA: number, b: Linear, slopeB: number): Linear => ({
  value,
  of: [
    ...a.of.map((one) => ({ ...one, slope: one.slope * slopeA })),
    ...b.of.map((one) => ({ ...one, slope: one.slope * slopeB })),
  ],
});
