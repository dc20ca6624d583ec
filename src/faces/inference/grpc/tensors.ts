import { invalid } from '../../../platform/errors/index.ts';
import type { Datatype, ModelSpec, Tensor, TensorData } from '../../../runtimes/index.ts';
import { countOf, fromRaw, isDatatype, textOrBytes, wantsBytes } from '../shared/raw.ts';
import type { Contents, InferInput, InferRequest } from './messages.ts';

type Typed = Exclude<Datatype, 'FP16'>;
const FIELD: Readonly<Record<Typed, keyof Contents>> = {
  BOOL: 'bool_contents',
  INT8: 'int_contents',
  INT16: 'int_contents',
  INT32: 'int_contents',
  INT64: 'int64_contents',
  UINT8: 'uint_contents',
  UINT16: 'uint_contents',
  UINT32: 'uint_contents',
  UINT64: 'uint64_contents',
  FP32: 'fp32_contents',
  FP64: 'fp64_contents',
  BYTES: 'bytes_contents',
};

/** The inputs of a call as tensors: all raw or all typed. */
export function tensorsOf({ inputs, raw }: InferRequest, spec: ModelSpec): Tensor[] {
  if (raw.length > 0 && raw.length !== inputs.length)
    throw invalid(`raw_input_contents has ${raw.length} entries for ${inputs.length} inputs`, {
      field: 'raw_input_contents',
      hint: 'give the raw bytes of every input, in the order of the inputs, or of none',
    });
  return inputs.map((input, index) => {
    const { name, datatype, shape, contents } = input;
    refuseForeign(input);
    if (!isDatatype(datatype))
      throw invalid(
        `input '${name}': the datatype '${datatype}' is not one of the protocol's, or not offered`,
        {
          field: `inputs.${name}.datatype`,
        },
      );
    const count = countOf(shape, name);
    const binary = wantsBytes(spec.inputs.find((one) => one.name === name));
    const bytes = raw[index];
    if (bytes !== undefined) {
      if (contents && listsOf(contents).length > 0)
        throw invalid(`input '${name}' has contents beside raw_input_contents`, {
          field: `inputs.${name}.contents`,
          hint: 'send one of the two',
        });
      return { name, datatype, shape, data: fromRaw(name, datatype, count, bytes, binary) };
    }
    return { name, datatype, shape, data: typed(name, datatype, count, contents, binary) };
  });
}

function refuseForeign({ name, parameters }: InferInput): void {
  if (parameters.has('shared_memory_region'))
    throw invalid(`input '${name}' lies in shared memory, which is not offered`, {
      field: `inputs.${name}.parameters.shared_memory_region`,
      hint: 'send it as raw_input_contents',
    });
}

function typed(
  name: string,
  datatype: Datatype,
  count: number,
  contents: Contents | undefined,
  binary: boolean,
): TensorData {
  const field = `inputs.${name}.contents`;
  if (datatype === 'FP16')
    throw invalid(`input '${name}': FP16 can only be sent as raw_input_contents`, { field });
  const wanted = FIELD[datatype];
  const other = listsOf(contents ?? NONE).find((key) => key !== wanted);
  if (other !== undefined)
    throw invalid(`input '${name}' is ${datatype}, so its values belong into ${wanted} and not ${other}`, {
      field: `${field}.${other}`,
    });
  const length = contents?.[wanted].length ?? 0;
  if (length !== count)
    throw invalid(`input '${name}': ${length} values in ${wanted}, where its shape takes ${count}`, {
      field: `${field}.${wanted}`,
    });
  return makeTyped(name, datatype, contents ?? NONE, binary);
}

const NONE: Contents = {
  bool_contents: [],
  int_contents: [],
  int64_contents: [],
  uint_contents: [],
  uint64_contents: [],
  fp32_contents: [],
  fp64_contents: [],
  bytes_contents: [],
};

/** The lists that hold anything. */
const listsOf = (contents: Contents): Array<keyof Contents> =>
  [...new Set(Object.values(FIELD))].filter((key) => contents[key].length > 0);

function makeTyped(name: string, datatype: Typed, contents: Contents, binary: boolean): TensorData {
  const within = (values: readonly number[], least: number, most: number): readonly number[] => {
    const wrong = values.find((value) => value < least || value > most);
    if (wrong !== undefined)
      throw invalid(`input '${name}': ${wrong} does not fit into ${datatype}`, {
        field: `inputs.${name}.contents`,
      });
    return values;
  };
  const { int_contents: ints, uint_contents: uints } = contents;
  switch (datatype) {
    case 'BOOL':
      return Uint8Array.from(contents.bool_contents);
    case 'INT8':
      return Int8Array.from(within(ints, -128, 127));
    case 'INT16':
      return Int16Array.from(within(ints, -32_768, 32_767));
    case 'INT32':
      return Int32Array.from(ints);
    case 'INT64':
      return BigInt64Array.from(contents.int64_contents);
    case 'UINT8':
      return Uint8Array.from(within(uints, 0, 255));
    case 'UINT16':
      return Uint16Array.from(within(uints, 0, 65_535));
    case 'UINT32':
      return Uint32Array.from(uints);
    case 'UINT64':
      return BigUint64Array.from(contents.uint64_contents);
    case 'FP32':
      return Float32Array.from(contents.fp32_contents);
    case 'FP64':
      return Float64Array.from(contents.fp64_contents);
    case 'BYTES':
      return contents.bytes_contents.map((one) => textOrBytes(name, one, binary));
  }
}
