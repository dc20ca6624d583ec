import { invalid } from '../../../platform/errors/index.ts';

const MOST_DIMENSIONS = 32;

/** A nested array as its shape and its values in order; a scalar has no dimension. Ragged ones are refused by name. */
export function flatten(name: string, value: unknown): { flat: unknown[]; shape: number[] } {
  const shape: number[] = [];
  for (let at = value; Array.isArray(at); at = at[0]) {
    shape.push(at.length);
    if (shape.length > MOST_DIMENSIONS)
      throw invalid(`Invalid input. '${name}' is nested deeper than ${MOST_DIMENSIONS} dimensions`, {
        field: name,
      });
    if (at.length === 0) break;
  }
  const flat: unknown[] = [];
  const walk = (one: unknown, depth: number): void => {
    if (depth === shape.length) {
      if (Array.isArray(one)) throw ragged(name, 'a list where a value belongs');
      flat.push(one);
      return;
    }
    if (!Array.isArray(one)) throw ragged(name, 'a value where a list belongs');
    if (one.length !== shape[depth]) throw ragged(name, `lists of ${shape[depth]} and of ${one.length}`);
    for (const inner of one) walk(inner, depth + 1);
  };
  walk(value, 0);
  return { flat, shape };
}

const ragged = (name: string, how: string) =>
  invalid(`Invalid input. '${name}' is no regular array: it has ${how}`, { field: name });
