import { invalid } from '../../platform/errors/index.ts';
import type { ModelSpec } from '../model.ts';
import type { Description } from '../spec/describe.ts';
import { allocate, allocateNumbers, castNumbers, elements } from '../spec/element.ts';
import type { Datatype, Tensor, TensorData, TensorSpec } from '../tensor.ts';
import { fromOrt, ORT_NAMES, toOrt, type Graph, type GraphValue, type OrtValue } from './session.ts';

/** How one input of the graph is filled from the inputs of the spec; plain data, made where the file was loaded first. */
type Feed = {
  name: string;
  datatype: Datatype;
  /** Positions in `spec.inputs`: one, or the columns that are laid side by side. */
  from: readonly number[];
  /** `as-is`: the caller's shape. `column`: [n] becomes [n,1]. `stack`: k × [n] become [n,k]. */
  shape: 'as-is' | 'column' | 'stack';
};

/** Which output of the graph an output of the spec is; `column`: the one column of it. */
type Fetch = { graph: string; datatype: Datatype; column?: number; of?: number };

export interface Binding {
  feeds: readonly Feed[];
  fetches: readonly Fetch[];
}

/** Brings signature and graph together. Throws an Error for people when they do not fit. */
export function bind(
  described: Description,
  graph: Graph,
): { spec: Omit<ModelSpec, 'batchable'>; binding: Binding } {
  const { specs: inputs, feeds } = bindInputs(described, graph);
  const { specs: outputs, fetches } = bindOutputs(described, graph);
  return {
    spec: { platform: 'onnxruntime_onnx', inputs, outputs, params: described.params },
    binding: { feeds, fetches },
  };
}

function bindInputs(described: Description, graph: Graph): { specs: readonly TensorSpec[]; feeds: Feed[] } {
  const said = described.inputs;
  const one = (value: GraphValue, at: number, shape: Feed['shape'] = 'as-is'): Feed => ({
    name: value.name,
    datatype: value.datatype,
    from: [at],
    shape,
  });
  // No signature, or one of nested types that no graph takes: the graph says it.
  if (!said || said.kind === 'nested')
    return {
      specs: graph.inputs.map(({ ...spec }) => spec),
      feeds: graph.inputs.map((value, at) => one(value, at)),
    };
  const specs = said.specs;
  const byName = graph.inputs.map((value) => specs.findIndex(({ name }) => name === value.name));
  const positional = !said.named || (specs.length === 1 && graph.inputs.length === 1);
  if (byName.every((at) => at >= 0) || (positional && specs.length === graph.inputs.length)) {
    const feeds = graph.inputs.map((value, index) => {
      const at = byName[index] !== undefined && byName[index] >= 0 ? byName[index] : index;
      const spec = specs[at]!;
      fits(spec, value);
      if (spec.column === undefined || value.shape.length === 1) return one(value, at);
      if (value.shape.length === 2 && (value.shape[1] === 1 || value.shape[1] === -1))
        return one(value, at, 'column');
      throw new Error(
        `column '${spec.name}' cannot be given to an input of shape [${value.shape.join(',')}]`,
      );
    });
    return { specs: specs.map((spec, at) => withShape(spec, graph.inputs[byName.indexOf(at)])), feeds };
  }
  const [only] = graph.inputs;
  if (said.kind === 'columns' && only && graph.inputs.length === 1 && only.shape.length === 2) {
    const width = only.shape[1] ?? -1;
    if (width !== -1 && width !== specs.length)
      throw new Error(
        `the signature has ${specs.length} columns and the graph's input '${only.name}' takes ${width}`,
      );
    for (const spec of specs) fits(spec, only);
    return {
      specs,
      feeds: [{ name: only.name, datatype: only.datatype, from: specs.map((_, at) => at), shape: 'stack' }],
    };
  }
  throw new Error(
    `the signature's inputs (${names(specs)}) are not the graph's (${names(graph.inputs)}); log the model with the signature that its graph has`,
  );
}

/** A tensor of the signature may leave lengths open that the graph fixes. */
const withShape = (spec: TensorSpec, value: GraphValue | undefined): TensorSpec =>
  spec.column === undefined && value && spec.shape.length === value.shape.length
    ? { ...spec, shape: spec.shape.map((length, i) => (length === -1 ? (value.shape[i] ?? -1) : length)) }
    : spec;

function fits(spec: TensorSpec, value: GraphValue): void {
  if ((spec.datatype === 'BYTES') !== (value.datatype === 'BYTES'))
    throw new Error(
      `input '${spec.name}' is ${spec.column ?? spec.datatype} in the signature and ${value.datatype} in the graph`,
    );
}

function bindOutputs(
  described: Description,
  graph: Graph,
): { specs: readonly TensorSpec[]; fetches: Fetch[] } {
  const said = described.outputs;
  const plain = (value: GraphValue): Fetch => ({ graph: value.name, datatype: value.datatype });
  const all = { specs: graph.outputs.map(({ ...spec }) => spec), fetches: graph.outputs.map(plain) };
  if (!said || said.kind === 'nested') return all;
  const byName = said.specs.map(({ name }) => graph.outputs.find((value) => value.name === name));
  if (said.named && byName.every((value) => value !== undefined)) {
    const found = byName.filter((value) => value !== undefined);
    return { specs: found.map(({ ...spec }) => spec), fetches: found.map(plain) };
  }
  const [first] = graph.outputs;
  if (said.named && said.specs.length === graph.outputs.length)
    return {
      specs: graph.outputs.map((value, i) => ({ ...value, name: said.specs[i]!.name })),
      fetches: graph.outputs.map(plain),
    };
  const width = said.specs.length;
  if (
    said.named &&
    first &&
    graph.outputs.length === 1 &&
    first.shape.length === 2 &&
    first.shape[1] === width
  )
    return {
      specs: said.specs.map(({ name }) => ({ name, datatype: first.datatype, shape: [-1] })),
      fetches: said.specs.map((_, column) => ({ ...plain(first), column, of: width })),
    };
  return all;
}

const names = (list: readonly { name: string }[]): string => list.map(({ name }) => `'${name}'`).join(', ');

/** Inputs of the spec → feeds of the graph. Made once a model; what it returns runs for every batch. */
export function feeder(
  spec: Pick<ModelSpec, 'inputs'>,
  { feeds }: Binding,
): (inputs: ReadonlyArray<Tensor | undefined>) => Record<string, OrtValue> {
  const makers = feeds.map((feed) => (feed.shape === 'stack' ? stacker(spec, feed) : passer(spec, feed)));
  const count = feeds.length;
  return (inputs) => {
    const made: Record<string, OrtValue> = {};
    for (let i = 0; i < count; i++) made[feeds[i]!.name] = makers[i]!(inputs);
    return made;
  };
}

type Maker = (inputs: ReadonlyArray<Tensor | undefined>) => OrtValue;

function passer(spec: Pick<ModelSpec, 'inputs'>, { from, datatype, shape }: Feed): Maker {
  const at = from[0]!;
  const type = ORT_NAMES[datatype];
  const own = spec.inputs[at]!;
  return (inputs) => {
    const tensor = inputs[at] ?? missingTensor(own, rowsOf(inputs));
    const data =
      tensor.datatype === datatype ? tensor.data : cast(own.name, tensor.data, tensor.datatype, datatype);
    return {
      type,
      location: 'cpu',
      data: datatype === 'BYTES' ? toOrt(data) : data,
      dims: shape === 'column' ? [tensor.data.length, 1] : tensor.shape,
    };
  };
}

function stacker(spec: Pick<ModelSpec, 'inputs'>, { from, datatype }: Feed): Maker {
  const type = ORT_NAMES[datatype];
  const width = from.length;
  return (inputs) => {
    const rows = rowsOf(inputs);
    const data = allocate(datatype, rows * width);
    for (let column = 0; column < width; column++) {
      const own = spec.inputs[from[column]!]!;
      const tensor = inputs[from[column]!] ?? missingTensor(own, rows);
      const values =
        tensor.datatype === datatype || isFloatOf(tensor.datatype, datatype)
          ? tensor.data
          : cast(own.name, tensor.data, tensor.datatype, datatype);
      for (let row = 0; row < rows; row++) data[row * width + column] = values[row] as never;
    }
    return { type, location: 'cpu', data: datatype === 'BYTES' ? toOrt(data) : data, dims: [rows, width] };
  };
}

/** Numbers that JavaScript itself rounds when they are put into the other array. */
const isFloatOf = (from: Datatype, to: Datatype): boolean =>
  (to === 'FP32' || to === 'FP64') &&
  from !== 'BYTES' &&
  from !== 'INT64' &&
  from !== 'UINT64' &&
  from !== 'FP16';

function cast(name: string, data: TensorData, from: Datatype, to: Datatype): TensorData {
  const made = castNumbers(data, from, to);
  if (!made)
    throw invalid(`input '${name}' cannot be ${from}: the model takes ${to}`, {
      field: name,
      hint: `send ${to}`,
    });
  return made;
}

function rowsOf(inputs: ReadonlyArray<Tensor | undefined>): number {
  for (const tensor of inputs) if (tensor) return tensor.shape[0] ?? 1;
  return 0;
}

/** An optional input that was left out: the missing value of its type, where the type has one. */
function missingTensor(spec: TensorSpec, rows: number): Tensor {
  const { name, datatype } = spec;
  const shape = spec.shape.map((length, i) => (i === 0 && length < 0 ? rows : Math.max(length, 1)));
  if (spec.optional && (datatype === 'FP32' || datatype === 'FP64')) {
    const data = allocateNumbers(datatype, elements(shape)) as Float64Array;
    return { name, datatype, shape, data: data.fill(NaN) };
  }
  throw invalid(`input '${name}' is missing`, {
    field: name,
    hint: spec.optional
      ? `the ONNX form of the model knows no missing ${datatype}: send a value`
      : 'send every input that the model metadata lists',
  });
}

/** What the graph gave → tensors in the order of `spec.outputs`. */
export function reader(
  spec: Pick<ModelSpec, 'outputs'>,
  { fetches }: Binding,
): { wanted: Record<string, null>; read(results: Readonly<Record<string, OrtValue>>): Tensor[] } {
  const wanted: Record<string, null> = {};
  for (const { graph } of fetches) wanted[graph] = null;
  return {
    wanted,
    read: (results) =>
      fetches.map(({ graph, datatype, column, of }, i) => {
        const result = results[graph]!;
        const { name } = spec.outputs[i]!;
        const data = fromOrt(result.data, datatype);
        if (column === undefined || of === undefined) return { name, datatype, shape: result.dims, data };
        const rows = data.length / of;
        const cut = allocate(datatype, rows);
        for (let row = 0; row < rows; row++) cut[row] = data[row * of + column] as never;
        return { name, datatype, shape: [rows], data: cut };
      }),
  };
}
