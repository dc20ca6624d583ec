import type { Tensor } from '../tensor.ts';
import { agree } from './agree.ts';
import { joinRows, sliceRows } from './element.ts';

/** How answers of floats may differ by how many rows are computed at once. */
const TOLERANCE = 1e-3;

/**
 * Whether two rows together are answered as each is alone: an open first dimension alone does not say that it is the rows, and
 * a model may look at its whole batch. False too where it fails on two.
 */
export async function joinable(
  run: (inputs: Tensor[]) => Tensor[] | Promise<Tensor[]>,
  sample: readonly Tensor[],
): Promise<boolean> {
  if (sample.length === 0 || sample.some(({ shape }) => shape.length === 0)) return false;
  try {
    const rows = sample[0]?.shape[0] ?? 1;
    const first = sample.map((tensor) => sliceRows(tensor, 0, 1));
    const last = sample.map((tensor) => sliceRows(tensor, rows - 1, rows));
    const both = await run(first.map((tensor, i) => joinRows([tensor, last[i]!])));
    const alone = [await run(first), await run(last)];
    return both.every(
      (output, i) =>
        output.shape[0] === 2 &&
        alone.every(
          (answer, row) =>
            answer.length === both.length && agree(sliceRows(output, row, row + 1), answer[i]!, TOLERANCE),
        ),
    );
  } catch {
    return false;
  }
}
