import { Type, type Static } from 'typebox';
import { Check } from 'typebox/value';
import { invalid } from '../platform/errors/index.ts';
import type { Tensor, TensorSpec } from './tensor.ts';

/** What a model refuses and its ONNX form would answer. `large`: a finite number beyond what a float32 holds. */
export type Refusal = Guard[number]['refuses'][number];

/** Refused before the ONNX form is asked, because the model that it was made of refuses them: plain JSON. */
export type Guard = Static<typeof GuardNote>;

/** The note of an ONNX file that holds its guard. */
export const GUARD = 'treadle.guard';

const GuardNote = Type.Array(
  Type.Object({
    /** Position in the inputs of the spec. */
    input: Type.Integer({ minimum: 0 }),
    /** Elements of a row; all where it is not there. */
    elements: Type.Optional(Type.Array(Type.Integer({ minimum: 0 }))),
    refuses: Type.Array(
      Type.Union([
        Type.Literal('missing'),
        Type.Literal('infinite'),
        Type.Literal('large'),
        Type.Literal('left out'),
      ]),
    ),
  }),
);

/** The guard that a file brings; none where it brings no note of that form, or one for other inputs. */
export function guardFrom(note: string | undefined, specs: readonly TensorSpec[]): Guard {
  if (note === undefined) return [];
  try {
    const read: unknown = JSON.parse(note);
    const isOurs =
      Check(GuardNote, read) &&
      read.every(({ input, refuses }) => {
        const spec = specs[input];
        return spec && (spec.datatype.startsWith('FP') || refuses.every((one) => one === 'left out'));
      });
    return isOurs ? read : [];
  } catch {
    return [];
  }
}

const WORDS: Readonly<Record<Exclude<Refusal, 'left out'>, string>> = {
  missing: 'missing (NaN)',
  infinite: 'infinite',
  large: 'beyond what a float32 holds',
};

const refusalOf = (value: number): keyof typeof WORDS | undefined =>
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
    if (!tensor) {
      if (!refuses.includes('left out')) continue;
      throw invalid(`input '${specs[input]!.name}' is left out: the model refuses that`, {
        field: `inputs.${specs[input]!.name}`,
        hint: 'send every input that the model metadata lists',
      });
    }
    if (refuses.every((one) => one === 'left out')) continue;
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
