import { invalid } from '../platform/errors/index.ts';
import type { FoundEndpoint } from '../serving/index.ts';
import type { MonitorSettings } from './contract.ts';
import { sourceOf } from './kinds/names.ts';

type Spec = NonNullable<FoundEndpoint['spec']>;

/** What the log has of every prediction, whatever the model takes: its values can be slices. */
const BESIDE = /^(prediction|row|ms|key|params|revision|role|model|version|time)$/;

const named = ({ score, slices = [], ignore = [], kinds = {} }: MonitorSettings): Array<[string, string]> => [
  ...(score === undefined ? [] : [['score', score] as [string, string]]),
  ...slices.map((name, at): [string, string] => [`slices[${at}]`, name]),
  ...ignore.map((name, at): [string, string] => [`ignore[${at}]`, name]),
  ...Object.keys(kinds).map((name): [string, string] => [`kinds.${name}`, name]),
];

/**
 * An error where settings name a column that the model which answers does not have: nothing would ever be watched by it. What was set before may stay, since a
 * version of then may have had it.
 */
export function requireColumns(
  settings: MonitorSettings,
  spec: Spec,
  before: MonitorSettings | undefined,
): void {
  const standing = new Set(before ? named(before).map(([, name]) => name) : []);
  const has = columnsIn(spec);
  for (const [field, name] of named(settings)) {
    if (standing.has(name) || has(name) || (field.startsWith('slices') && BESIDE.test(name))) continue;
    const side = field === 'score' ? ['out_'] : ['in_', 'out_'];
    const names = shownOf(spec).filter((one) => side.some((prefix) => one.startsWith(prefix)));
    throw invalid(`${field} names '${name}', and the prediction log has no such column of this model`, {
      field,
      hint: `it has ${names.slice(0, 40).join(', ')}${names.length > 40 ? ` and ${names.length - 40} more` : ''}`,
      code: 'unknown-column',
    });
  }
}

/** Whether a name is a column of the log, one of a tensor that is several of them, or one that is made of it. */
function columnsIn(spec: Spec): (name: string) => boolean {
  const widths = new Map(fieldsOf(spec).map(({ column, width }) => [column, width]));
  return (name) => {
    const source = sourceOf(name);
    if (widths.has(source)) return true;
    // Python may answer with more than its signature says.
    if (source.startsWith('out_') && (spec.platform !== 'onnxruntime_onnx' || spec.outputs.length === 0))
      return true;
    const [, tensor = '', place] = /^(.+)\[(\d+)\]$/.exec(source) ?? [];
    const width = widths.has(tensor) ? (widths.get(tensor) ?? Infinity) : 0;
    return Number(place) < width;
  };
}

/** Columns by what the log calls them; how many values a row has, where that is fixed. */
function fieldsOf({ inputs, outputs }: Spec): Array<{ column: string; width: number | undefined }> {
  const width = (shape: readonly number[]): number | undefined => {
    const row = shape.slice(1);
    return row.every((length) => length >= 0) ? row.reduce((all, length) => all * length, 1) : undefined;
  };
  return [
    ...(inputs.length === 0 ? [{ column: 'in_body', width: 1 }] : []),
    ...inputs.map(({ name, shape }) => ({ column: `in_${name}`, width: width(shape) })),
    ...outputs.map(({ name, shape }) => ({ column: `out_${name}`, width: width(shape) })),
  ];
}

/** A tensor of several values by its first and last. */
const shownOf = (spec: Spec): string[] =>
  fieldsOf(spec).map(({ column, width }) =>
    width === undefined || width < 2 ? column : `${column}[0] … ${column}[${width - 1}]`,
  );
