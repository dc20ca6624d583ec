import { invalid } from '../platform/errors/index.ts';
import type { Tensor, TensorSpec } from './tensor.ts';

/** Numbers that a model refuses and its ONNX form would answer. `large`: finite, and beyond what a float32 holds. */
export type Refusal = 'missing' | 'infinite' | 'large';

/** Refused before the ONNX form is asked, because the model that it was made of refuses them: plain JSON. */
export type Guard = ReadonlyArray<{
  /** Position in the inputs of the spec. */
  input: number;
  /** Elements of a row; all where it is not there. */
  elements?: readonly number[];
  refuses: readonly Refusal[];
}>;

const WORDS: Readonly<Record<Refusal, string>> = {
  missing: 'missing (NaN)',
  infinite: 'infinite',
  large: 'beyond what a float32 holds',
};

const refusalOf = (value: number): Refusal | undefined =>
  Number.isNaN(value)
    ? 'missing'
    : Number.isFinite(Math.fround(value))
      ? undefined
      : Number.isFinite(value)
        ? 'large'
        : 'infinite';

/** Throws `invalid` for the first number that the model itself would refuse. */
export function keepGuard(
  guard: Guard,
  specs: readonly TensorSpec[],
  inputs: ReadonlyArray<Tensor | undefined>,
): void {
  for (const { input, elements, refuses } of guard) {
    const tensor = inputs[input];
    if (!tensor) continue;
    const data = tensor.data as Float64Array; // only floats are guarded
    const stride = data.length / Math.max(1, tensor.shape[0] ?? 1);
    for (let at = 0; at < data.length; at++) {
      const found = refusalOf(data[at]!);
      if (found === undefined || !refuses.includes(found)) continue;
      if (elements !== undefined && !elements.includes(at % stride)) continue;
      const { name } = specs[input]!;
      throw invalid(
        `input '${name}' is ${WORDS[found]} in row ${Math.floor(at / stride)}: the model refuses that`,
        {
          field: `inputs.${name}.data`,
          hint: 'send a number, or train the model with a step that fills such values in',
        },
      );
    }
  }
}
