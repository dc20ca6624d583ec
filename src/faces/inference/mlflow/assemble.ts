import { invalid } from '../../../platform/errors/index.ts';
import type { ModelSpec, Tensor, TensorSpec } from '../../../runtimes/index.ts';
import { isObject, kindOf } from '../shared/json.ts';
import { castAll, type Mode } from './cast.ts';
import { byRows, fromRecords, type Frame, type Given } from './frame.ts';
import { flatten } from './nested.ts';
import { widen } from './widen.ts';

/** Of a model whose signature (or graph) names nothing: the names are ours, so they are matched by place. */
const isUnnamed = (specs: readonly TensorSpec[]): boolean =>
  specs.every(({ name }, index) => name === `input-${index}`);

/** What a body held, as the tensors of the model: by name in the order of the signature, extra columns left out. */
export function assemble(given: Given, { inputs }: Pick<ModelSpec, 'inputs'>, mode: Mode): Tensor[] {
  const columnar = inputs.every(({ column }) => column !== undefined);
  if (columnar) return columnsOf(toFrame(given, inputs), inputs, mode);
  if (given.kind === 'frame') return tensorsOfFrame(given.frame, inputs, mode);
  if (given.kind === 'array') {
    const [only] = inputs;
    if (!only || inputs.length > 1)
      throw invalid(
        `Failed to enforce schema: this model takes ${inputs.length} named inputs [${list(inputs)}], and not one array`,
        { field: 'inputs', code: 'schema', hint: 'send {"inputs": {name: array}}' },
      );
    return [tensorOf(only, given.value, mode)];
  }
  const { named } = given;
  if (inputs.length === 1 && isUnnamed(inputs))
    throw invalid('Failed to parse input data: this model takes one array without a name, not a dictionary', {
      field: 'inputs',
      hint: 'send {"inputs": [[...], ...]}',
    });
  refuseMissing(inputs, [...named.keys()]);
  return inputs.flatMap((spec) => (named.has(spec.name) ? [tensorOf(spec, named.get(spec.name), mode)] : []));
}

const list = (specs: readonly TensorSpec[]): string => specs.map(({ name }) => `'${name}'`).join(', ');

function refuseMissing(specs: readonly TensorSpec[], there: readonly string[]): void {
  const lacking = specs.filter(({ name, optional }) => !optional && !there.includes(name));
  if (lacking.length === 0) return;
  const extra = there.filter((name) => !specs.some((spec) => spec.name === name));
  throw invalid(
    `Failed to enforce schema. Error: Model is missing inputs [${list(lacking)}].` +
      (extra.length === 0
        ? ''
        : ` Note that there were extra inputs: [${extra.map((one) => `'${one}'`).join(', ')}].`),
    { field: lacking[0]?.name ?? '', code: 'schema' },
  );
}

/** Anything as a table, by the rules with which MLflow makes a DataFrame of it. */
function toFrame(given: Given, specs: readonly TensorSpec[]): Frame {
  if (given.kind === 'frame') return given.frame;
  if (given.kind === 'array') {
    const { value } = given;
    const [only] = specs;
    if (!Array.isArray(value)) return byRows(specs.length === 1 ? nameOne(only) : undefined, [[value]], 1);
    if (specs.length === 1 && !value.some(Array.isArray))
      return byRows(
        nameOne(only),
        value.map((one: unknown) => [one]),
        1,
      );
    return fromRecords(value, 'inputs');
  }
  const { named } = given;
  const lengths = new Set(
    [...named.values()].flatMap((value) => (Array.isArray(value) ? [value.length] : [])),
  );
  if (lengths.size > 1)
    throw invalid(
      `The length of values for each input/column name are not the same: ${[...named].map(([name, value]) => `'${name}' has ${Array.isArray(value) ? value.length : 1}`).join(', ')}`,
      { field: 'inputs', code: 'schema' },
    );
  const rows = [...lengths][0] ?? 1;
  const columns = new Map<string, unknown[]>();
  for (const [name, value] of named)
    columns.set(name, Array.isArray(value) ? value : Array.from({ length: rows }, () => value));
  return { names: [...columns.keys()], numbered: false, columns, rows };
}

const nameOne = (spec: TensorSpec | undefined): string[] | undefined =>
  spec === undefined ? undefined : [spec.name];

function columnsOf(frame: Frame, specs: readonly TensorSpec[], mode: Mode): Tensor[] {
  const byPlace = isUnnamed(specs) && !specs.some(({ name }) => frame.columns.has(name));
  if (byPlace) {
    if (frame.names.length < specs.length)
      throw invalid(
        `Model inference is missing inputs. The model signature declares ${specs.length} inputs but the provided value only has ${frame.names.length} inputs.`,
        { field: 'inputs', code: 'schema' },
      );
  } else refuseMissing(specs, frame.names);
  return specs.flatMap((spec, index) => {
    const name = byPlace ? (frame.names[index] ?? '') : spec.name;
    const values = frame.columns.get(name);
    if (!values) return []; // optional, and left out
    const dtype = frame.dtypes?.get(name);
    const as = { ...spec, name };
    const ready = dtype === undefined ? values : widen(as, dtype, values);
    const data = castAll(as, ready, mode, 'column');
    return [{ name: spec.name, datatype: spec.datatype, shape: [frame.rows], data }];
  });
}

/** A table for a model that takes arrays: a column an input, or all columns one array of rows. */
function tensorsOfFrame(frame: Frame, specs: readonly TensorSpec[], mode: Mode): Tensor[] {
  if (frame.rows === 0)
    throw invalid('Failed to enforce schema. Error: Input DataFrame is empty.', {
      field: 'data',
      code: 'schema',
    });
  const [only] = specs;
  if (only && specs.length === 1 && !frame.columns.has(only.name)) {
    const columns = frame.names.map((name) => frame.columns.get(name) ?? []);
    if (columns.length === 1) return [columnTensor(only, columns[0] ?? [], mode)];
    const rows = Array.from({ length: frame.rows }, (_, row) => columns.map((column) => column[row] ?? null));
    return [tensorOf(only, rows, mode)];
  }
  refuseMissing(specs, frame.names);
  return specs.flatMap((spec) => {
    const column = frame.columns.get(spec.name);
    return column ? [columnTensor(spec, column, mode)] : [];
  });
}

/** A column of scalars or of (flattened) arrays, in the shape that the model takes: any rows, fixed otherwise. */
function columnTensor(spec: TensorSpec, column: readonly unknown[], mode: Mode): Tensor {
  const { flat, shape } = flatten(spec.name, column);
  const each = spec.shape.slice(1);
  const fixed = each.reduce((product, length) => product * length, 1);
  const given = shape.slice(1).reduce((product, length) => product * length, 1);
  const fits = spec.shape[0] === -1 && each.every((length) => length >= 0) && fixed === given;
  const data = castAll(spec, flat, mode, 'column');
  return { name: spec.name, datatype: spec.datatype, shape: fits ? [column.length, ...each] : shape, data };
}

function tensorOf(spec: TensorSpec, value: unknown, mode: Mode): Tensor {
  if (isObject(value))
    throw invalid(`Invalid input. The input '${spec.name}' is ${kindOf(value)}, not an array`, {
      field: spec.name,
    });
  const { flat, shape } = flatten(spec.name, value);
  // An empty dimension hides those behind it: [] may stand for any shape without elements.
  const known =
    flat.length === 0 && shape.length < spec.shape.length
      ? [...shape, ...spec.shape.slice(shape.length).map((length) => Math.max(0, length))]
      : shape;
  const fits =
    known.length === spec.shape.length &&
    known.every((length, i) => spec.shape[i] === -1 || spec.shape[i] === length);
  if (!fits)
    throw invalid(
      `Failed to enforce schema. Error: Shape of input (${known.join(', ')}) does not match expected shape (${spec.shape.join(', ')}) of '${spec.name}'.`,
      { field: spec.name, code: 'schema' },
    );
  return {
    name: spec.name,
    datatype: spec.datatype,
    shape: known,
    data: castAll(spec, flat, mode, 'input'),
  };
}
