import { invalid } from '../../../platform/errors/index.ts';
import type { ModelSpec, Tensor } from '../../../runtimes/index.ts';
import { countOf, fromRaw, isDatatype, wantsBytes, WIDTH } from '../shared/raw.ts';
import { parseEnvelope, type Cut } from './envelope.ts';
import { room } from './slab.ts';
import { readValues } from './values.ts';

/** How one output is wanted. */
export interface Wanted {
  name: string;
  binary: boolean;
}

export interface InferRequest {
  id: string | undefined;
  parameters: Record<string, unknown>;
  inputs: Tensor[];
  /** Undefined: all of them. */
  outputs: Wanted[] | undefined;
  /** Outputs that say nothing themselves come in binary. */
  binary: boolean;
}

/** Reads an inference request: JSON, JSON with binary tensors behind it, or one bare tensor (`header` is 0). */
export function readRequest(body: Buffer, header: string | undefined, spec: ModelSpec): InferRequest {
  if (header === undefined) return readJson(body, undefined, spec);
  const size = /^\d{1,12}$/.test(header) ? Number(header) : Number.NaN;
  if (!(size <= body.length))
    throw invalid(
      `Inference-Header-Content-Length is '${header.slice(0, 40)}', and the body has ${body.length} bytes`,
      {
        field: 'Inference-Header-Content-Length',
        hint: 'it is the length of the JSON in bytes, before any compression',
      },
    );
  if (size === 0) return readBare(body, spec);
  return readJson(body.subarray(0, size), body.subarray(size), spec);
}

function readJson(json: Buffer, binary: Buffer | undefined, spec: ModelSpec): InferRequest {
  const { value, cut } = parseEnvelope(json);
  if (!isObject(value)) throw invalid('the body is not a JSON object', { hint: 'send {"inputs": [ … ]}' });
  const { id, inputs } = value;
  if (id !== undefined && id !== null && typeof id !== 'string') throw wrong('id', 'is not text');
  if (!Array.isArray(inputs))
    throw wrong(
      'inputs',
      inputs === undefined ? 'is missing' : 'is not a list',
      'send a list of {name, shape, datatype, data}',
    );
  if (inputs.length === 0 && spec.inputs.some(({ optional }) => optional !== true))
    throw wrong('inputs', 'is empty', `the model takes ${spec.inputs.map(({ name }) => name).join(', ')}`);
  const parameters = parametersOf(value, 'parameters');
  let at = 0;
  const tensors: Tensor[] = [];
  for (let index = 0; index < inputs.length; index++) {
    const input: unknown = inputs[index];
    if (!isObject(input)) throw wrong(`inputs[${index}]`, 'is not an object');
    const { name, datatype, shape } = input;
    if (typeof name !== 'string')
      throw wrong(`inputs[${index}].name`, name === undefined ? 'is missing' : 'is not text');
    if (typeof datatype !== 'string')
      throw wrong(
        `inputs[${index}].datatype`,
        `${datatype === undefined ? 'is missing' : 'is not text'} (input '${short(name)}')`,
      );
    if (!isDatatype(datatype))
      throw wrong(
        `inputs[${index}].datatype`,
        `is '${short(datatype)}' (input '${short(name)}'), which is no datatype`,
        'FP32, INT64, BYTES …: see the model’s metadata',
      );
    const count = readShape(shape, name, index);
    const own = parametersOf(input, `inputs[${index}].parameters`);
    const size = own['binary_data_size'];
    const asked = spec.inputs.find((one) => one.name === name);
    let data: Tensor['data'];
    if (size !== undefined && size !== null) {
      if (binary === undefined)
        throw wrong(
          `inputs[${index}].parameters.binary_data_size`,
          `is given (input '${short(name)}'), and the request has no binary part`,
          'send the header Inference-Header-Content-Length',
        );
      if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
        throw wrong(
          `inputs[${index}].parameters.binary_data_size`,
          `is no number of bytes (input '${short(name)}')`,
        );
      if (input['data'] !== undefined)
        throw wrong(`inputs[${index}].data`, `is given beside binary_data_size (input '${short(name)}')`);
      if (at + size > binary.length)
        throw wrong(
          `inputs[${index}].parameters.binary_data_size`,
          `is ${size} (input '${short(name)}'), and ${binary.length - at} bytes are left of the body`,
          'the body was cut short, or a size is wrong',
        );
      const bytes = binary.subarray(at, at + size);
      data =
        datatype === 'FP32' && size === count * 4
          ? floats(bytes, count)
          : fromRaw(name, datatype, count, bytes, wantsBytes(asked));
      at += size;
    } else {
      data = readValues({
        value: input['data'],
        cut: cutOf(cut, input['data']),
        json,
        name,
        datatype,
        shape: shape as number[],
        count,
        binary: wantsBytes(asked),
        base64: own['content_type'] === 'base64',
      });
    }
    tensors.push({ name, datatype, shape: shape as number[], data });
  }
  if (binary !== undefined && at !== binary.length)
    throw invalid(`${binary.length - at} bytes of the body belong to no input`, {
      field: 'body',
      hint: 'the sizes in binary_data_size add up to what follows the JSON',
    });
  const asBinary = parameters['binary_data_output'];
  if (asBinary !== undefined && typeof asBinary !== 'boolean')
    throw invalid('binary_data_output must be true or false', { field: 'parameters.binary_data_output' });
  return {
    id: typeof id === 'string' ? id : undefined,
    parameters,
    inputs: tensors,
    outputs: readOutputs(value['outputs'], asBinary === true),
    binary: asBinary === true,
  };
}

/** Beside those of other requests, so that they are a batch without being copied once more. */
function floats(bytes: Uint8Array, count: number): Float32Array {
  const own = room(count, 'FP32');
  new Uint8Array(own.buffer, own.byteOffset, bytes.length).set(bytes);
  return own;
}

const cutOf = (cut: Cut | undefined, data: unknown): Cut | undefined =>
  cut !== undefined && data === cut.mark ? cut : undefined;

function readShape(shape: unknown, name: string, index: number): number {
  if (!Array.isArray(shape))
    throw wrong(
      `inputs[${index}].shape`,
      `${shape === undefined ? 'is missing' : 'is not a list of lengths'} (input '${short(name)}')`,
      'send the length of every dimension, such as [1, 4]',
    );
  for (const length of shape as unknown[])
    if (typeof length !== 'number')
      throw wrong(`inputs[${index}].shape`, `holds what is no number (input '${short(name)}')`);
  return countOf(shape as number[], name);
}

function readOutputs(outputs: unknown, binary: boolean): Wanted[] | undefined {
  if (outputs === undefined || outputs === null) return undefined;
  if (!Array.isArray(outputs)) throw wrong('outputs', 'is not a list');
  if (outputs.length === 0) return undefined;
  const seen = new Set<string>();
  return outputs.map((output: unknown, index) => {
    if (!isObject(output)) throw wrong(`outputs[${index}]`, 'is not an object');
    const { name } = output;
    if (typeof name !== 'string')
      throw wrong(`outputs[${index}].name`, name === undefined ? 'is missing' : 'is not text');
    if (seen.has(name)) throw wrong(`outputs[${index}].name`, `asks for '${short(name)}' twice`);
    seen.add(name);
    const own = parametersOf(output, `outputs[${index}].parameters`);
    if (own['classification'] !== undefined)
      throw wrong(
        `outputs[${index}].parameters.classification`,
        'is not known here',
        'ask for the output itself',
      );
    return { name, binary: typeof own['binary_data'] === 'boolean' ? own['binary_data'] : binary };
  });
}

/** A body that is one tensor and nothing else: everything about it is the model's to say. */
function readBare(body: Buffer, spec: ModelSpec): InferRequest {
  const [input] = spec.inputs;
  if (!input || spec.inputs.length !== 1)
    throw invalid(`a bare tensor can be sent to models of one input; this one has ${spec.inputs.length}`, {
      field: 'inputs',
      hint: 'send JSON that names the inputs',
    });
  const { name, datatype } = input;
  const free = input.shape.filter((length) => length === -1).length;
  if (datatype === 'BYTES') {
    // Triton's rule: the whole body is the one element, unless the lengths are in it.
    const value = fromRaw(name, datatype, 1, body, wantsBytes(input));
    return bare({
      name,
      datatype,
      shape: input.shape.map((length) => (length === -1 ? 1 : length)),
      data: value,
    });
  }
  const shape = [...input.shape];
  // The rows are one where another dimension is free as well.
  if (free > 1 && shape[0] === -1) shape[0] = 1;
  if (shape.filter((length) => length === -1).length > 1)
    throw invalid(`input '${name}' has more than one free dimension, so its shape cannot be told`, {
      field: `inputs.${name}.shape`,
      hint: 'send JSON that says the shape',
    });
  const fixed = shape.reduce((product, length) => (length === -1 ? product : product * length), 1);
  const width = WIDTH[datatype];
  const elements = body.length / width;
  if (!Number.isInteger(elements / fixed) || elements === 0)
    throw invalid(
      `input '${name}': ${body.length} bytes do not fill ${datatype} of shape [${input.shape.join(', ')}]`,
      { field: `inputs.${name}` },
    );
  const full = shape.map((length) => (length === -1 ? elements / fixed : length));
  return bare({ name, datatype, shape: full, data: fromRaw(name, datatype, elements, body, false) });
}

const bare = (tensor: Tensor): InferRequest => ({
  id: undefined,
  parameters: {},
  inputs: [tensor],
  outputs: undefined,
  binary: true,
});

const NO_PARAMETERS: Record<string, unknown> = Object.freeze({});

function parametersOf(holder: Record<string, unknown>, field: string): Record<string, unknown> {
  const { parameters } = holder;
  if (parameters === undefined || parameters === null) return NO_PARAMETERS;
  if (!isObject(parameters)) throw wrong(field, 'is not an object');
  return parameters;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const short = (text: string): string => (text.length > 60 ? `${text.slice(0, 57)}…` : text);

const wrong = (field: string, what: string, hint?: string) =>
  invalid(`${field} ${what}`, { field, ...(hint === undefined ? {} : { hint }) });
