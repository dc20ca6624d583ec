import { malformed, type Reader } from './protobuf.ts';

export type Parameter = boolean | string | number | bigint;

/** Typed values of an input: lists by the field they came in. */
export interface Contents {
  bool_contents: number[];
  int_contents: number[];
  int64_contents: bigint[];
  uint_contents: number[];
  uint64_contents: bigint[];
  fp32_contents: number[];
  fp64_contents: number[];
  bytes_contents: Buffer[];
}

export interface InferInput {
  name: string;
  datatype: string;
  shape: number[];
  parameters: Map<string, Parameter>;
  contents?: Contents;
}

export interface InferRequest {
  model: string;
  version: string;
  id: string;
  parameters: Map<string, Parameter>;
  inputs: InferInput[];
  outputs: Array<{ name: string; parameters: Map<string, Parameter> }>;
  raw: Buffer[];
}

/** Calls `field` for each field until the end; it returns false for one it does not know. */
function fields(reader: Reader, field: (number: number, wire: number) => boolean): void {
  while (!reader.done) {
    const tag = reader.tag();
    if (!field(tag >>> 3, tag & 7)) reader.skip(tag & 7);
  }
}

const expect = (wire: number, wanted: number): void => {
  if (wire !== wanted) throw malformed(`wire type ${wire} where ${wanted} belongs`);
};

export function readInfer(reader: Reader): InferRequest {
  const request: InferRequest = {
    model: '',
    version: '',
    id: '',
    parameters: new Map(),
    inputs: [],
    outputs: [],
    raw: [],
  };
  fields(reader, (number, wire) => {
    if (number < 1 || number > 7) return false;
    expect(wire, 2);
    if (number === 1) request.model = reader.text();
    else if (number === 2) request.version = reader.text();
    else if (number === 3) request.id = reader.text();
    else if (number === 4) readParameter(reader.inner(), request.parameters);
    else if (number === 5) request.inputs.push(readInput(reader.inner()));
    else if (number === 6) request.outputs.push(readOutput(reader.inner()));
    else request.raw.push(reader.chunk());
    return true;
  });
  return request;
}

function readInput(reader: Reader): InferInput {
  const input: InferInput = { name: '', datatype: '', shape: [], parameters: new Map() };
  fields(reader, (number, wire) => {
    if (number === 3) {
      reader.repeated(wire, 0, () => void input.shape.push(reader.signed()));
      return true;
    }
    if (number < 1 || number > 5) return false;
    expect(wire, 2);
    if (number === 1) input.name = reader.text();
    else if (number === 2) input.datatype = reader.text();
    else if (number === 4) readParameter(reader.inner(), input.parameters);
    else input.contents = readContents(reader.inner(), input.contents);
    return true;
  });
  return input;
}

function readOutput(reader: Reader): InferRequest['outputs'][number] {
  const output = { name: '', parameters: new Map<string, Parameter>() };
  fields(reader, (number, wire) => {
    if (number !== 1 && number !== 2) return false;
    expect(wire, 2);
    if (number === 1) output.name = reader.text();
    else readParameter(reader.inner(), output.parameters);
    return true;
  });
  return output;
}

function readParameter(entry: Reader, into: Map<string, Parameter>): void {
  let key = '';
  let value: Parameter | undefined;
  fields(entry, (number, wire) => {
    if (number !== 1 && number !== 2) return false;
    expect(wire, 2);
    if (number === 1) key = entry.text();
    else value = readValue(entry.inner());
    return true;
  });
  // The last entry of a key holds, also one without a value.
  if (value === undefined) into.delete(key);
  else into.set(key, value);
}

function readValue(reader: Reader): Parameter | undefined {
  let value: Parameter | undefined;
  fields(reader, (number, wire) => {
    if (number < 1 || number > 5) return false;
    expect(wire, number === 3 ? 2 : number === 4 ? 1 : 0);
    if (number === 1) value = reader.bool();
    else if (number === 2) value = reader.int64();
    else if (number === 3) value = reader.text();
    else if (number === 4) value = reader.double();
    else value = reader.uint64();
    return true;
  });
  return value;
}

function readContents(reader: Reader, before: Contents | undefined): Contents {
  const read: Contents = before ?? {
    bool_contents: [],
    int_contents: [],
    int64_contents: [],
    uint_contents: [],
    uint64_contents: [],
    fp32_contents: [],
    fp64_contents: [],
    bytes_contents: [],
  };
  fields(reader, (number, wire) => {
    if (number === 1) reader.repeated(wire, 0, () => void read.bool_contents.push(reader.bool() ? 1 : 0));
    else if (number === 2) reader.repeated(wire, 0, () => void read.int_contents.push(reader.int32()));
    else if (number === 3) reader.repeated(wire, 0, () => void read.int64_contents.push(reader.int64()));
    else if (number === 4) reader.repeated(wire, 0, () => void read.uint_contents.push(reader.uint32()));
    else if (number === 5) reader.repeated(wire, 0, () => void read.uint64_contents.push(reader.uint64()));
    else if (number === 6) reader.repeated(wire, 5, () => void read.fp32_contents.push(reader.float()));
    else if (number === 7) reader.repeated(wire, 1, () => void read.fp64_contents.push(reader.double()));
    else if (number === 8) {
      expect(wire, 2);
      read.bytes_contents.push(reader.chunk());
    } else return false;
    return true;
  });
  return read;
}

/** ModelReady, ModelMetadata, ModelConfig, ModelStatistics: a name and a version. */
export function readNamed(reader: Reader): { name: string; version: string } {
  const named = { name: '', version: '' };
  fields(reader, (number, wire) => {
    if (number !== 1 && number !== 2) return false;
    expect(wire, 2);
    if (number === 1) named.name = reader.text();
    else named.version = reader.text();
    return true;
  });
  return named;
}

export function readIndex(reader: Reader): { ready: boolean } {
  const asked = { ready: false };
  fields(reader, (number, wire) => {
    if (number !== 2) return false;
    expect(wire, 0);
    asked.ready = reader.bool();
    return true;
  });
  return asked;
}

/** A message without fields that we know: only its form is checked. */
export function readEmpty(reader: Reader): undefined {
  fields(reader, () => false);
  return undefined;
}
