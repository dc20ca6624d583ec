import type { EndpointDetail } from '../../../src/serving/contract.ts';

/** The try-it form: from what a model takes to fields, and from what is typed to a request. Pure. */

export type Spec = NonNullable<EndpointDetail['spec']>;
export type SpecInput = Spec['inputs'][number];

export type FieldKind = 'number' | 'whole' | 'text' | 'choice' | 'json';
export interface FormField {
  name: string;
  kind: FieldKind;
  datatype: string;
  /** Of one row: `double`, `INT64`, `FP32 [784]`. */
  type: string;
  optional: boolean;
  /** Values worth offering: of the sample, or true and false. */
  options: string[];
}

const WHOLE = /^U?INT/;

/** One field an input; an input that holds more than one value a row takes a JSON array. */
export function fieldsOf(spec: Spec): FormField[] {
  return spec.inputs.map((input) => {
    const width = rowWidth(input);
    const single = width === 1;
    const sample = spec.sample?.find(({ name }) => name === input.name);
    const seen =
      single && sample && (input.datatype === 'BYTES' || input.datatype === 'BOOL')
        ? [...new Set(sample.data.map(textOf))].slice(0, 50)
        : [];
    return {
      name: input.name,
      datatype: input.datatype,
      type: `${input.column ?? input.datatype}${single ? '' : ` [${input.shape.slice(1).map(free).join(', ')}]`}`,
      optional: input.optional ?? false,
      kind: !single
        ? 'json'
        : input.datatype === 'BOOL'
          ? 'choice'
          : input.datatype === 'BYTES'
            ? 'text'
            : WHOLE.test(input.datatype)
              ? 'whole'
              : 'number',
      options: input.datatype === 'BOOL' ? ['true', 'false'] : seen,
    };
  });
}

const free = (dimension: number) => (dimension < 0 ? 'any' : String(dimension));

/** Values of one row; NaN where its length is free. */
function rowWidth({ shape }: SpecInput): number {
  return shape.slice(1).reduce((product, dimension) => (dimension < 0 ? NaN : product * dimension), 1);
}

function textOf(value: unknown): string {
  return value === null || value === undefined
    ? ''
    : typeof value === 'string'
      ? value
      : typeof value === 'object'
        ? JSON.stringify(value)
        : String(value as number | boolean | bigint);
}

/** How many rows the model's own sample has. */
export function sampleRows(spec: Spec): number {
  return spec.sample?.[0]?.shape[0] ?? 0;
}

/** The fields filled with a row of the sample; empty where there is none. */
export function filled(spec: Spec, row = 0): Record<string, string> {
  const values: Record<string, string> = {};
  for (const input of spec.inputs) {
    const sample = spec.sample?.find(({ name }) => name === input.name);
    const rows = sample?.shape[0] ?? 0;
    if (!sample || rows === 0) {
      values[input.name] = input.datatype === 'BOOL' && !input.optional ? 'false' : '';
      continue;
    }
    const width = sample.data.length / rows;
    const of = sample.data.slice(row * width, (row + 1) * width);
    values[input.name] = width === 1 ? textOf(of[0]) : JSON.stringify(of);
  }
  return values;
}

export interface InferInput {
  name: string;
  datatype: string;
  shape: number[];
  data: unknown[];
}
export interface InferBody {
  inputs: InferInput[];
  parameters?: Record<string, unknown>;
}
export type Read<T> = { value: T } | { problems: Record<string, string> };

/** What was typed as one row of an Open Inference Protocol request, or what is wrong with which field. */
export function requestOf(
  spec: Spec,
  values: Readonly<Record<string, string>>,
  params: Readonly<Record<string, string>> = {},
): Read<InferBody> {
  const problems: Record<string, string> = {};
  const inputs: InferInput[] = [];
  for (const input of spec.inputs) {
    const text = (values[input.name] ?? '').trim();
    if (text === '' && (input.optional ?? false)) continue;
    const width = rowWidth(input);
    const read = width === 1 ? single(input.datatype, values[input.name] ?? '') : many(text, width);
    if ('problem' in read) problems[input.name] = read.problem;
    else {
      const inner = Number.isNaN(width) ? [read.data.length] : input.shape.slice(1);
      inputs.push({
        name: input.name,
        datatype: input.datatype,
        shape: input.shape.length === 0 ? [] : [1, ...inner],
        data: read.data,
      });
    }
  }
  const parameters: Record<string, unknown> = {};
  for (const { name } of spec.params) {
    const text = (params[name] ?? '').trim();
    if (text !== '') parameters[name] = loose(text);
  }
  if (Object.keys(problems).length > 0) return { problems };
  return {
    value: { inputs, ...(Object.keys(parameters).length === 0 ? {} : { parameters }) },
  };
}

function single(datatype: string, text: string): { data: unknown[] } | { problem: string } {
  if (datatype === 'BYTES') return { data: [text] };
  const trimmed = text.trim();
  if (trimmed === '') return { problem: 'a value is needed' };
  if (datatype === 'BOOL')
    return trimmed === 'true' || trimmed === 'false'
      ? { data: [trimmed === 'true'] }
      : { problem: 'true or false is needed' };
  const number = Number(trimmed);
  if (Number.isNaN(number)) return { problem: `a number is needed, not “${trimmed.slice(0, 40)}”` };
  if (WHOLE.test(datatype) && !Number.isInteger(number)) return { problem: 'a whole number is needed' };
  if (datatype.startsWith('U') && number < 0) return { problem: 'it must not be negative' };
  return { data: [number] };
}

function many(text: string, width: number): { data: unknown[] } | { problem: string } {
  if (text === '') return { problem: 'a list is needed: [1, 2, …]' };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { problem: 'this is not a JSON list' };
  }
  if (!Array.isArray(value)) return { problem: 'a list is needed: [1, 2, …]' };
  const flat: unknown[] = value.flat(Infinity);
  return Number.isNaN(width) || flat.length === width
    ? { data: flat }
    : { problem: `${width} values are needed, here are ${flat.length}` };
}

/** A parameter is what JSON makes of it, and text where it makes nothing. */
function loose(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** Pretty where it is small, one line a tensor where it is long: people read it. */
export function jsonOf(body: unknown): string {
  const text = JSON.stringify(body, undefined, 2);
  // Lists of plain values on one line.
  return text.replace(
    /\[\s+([^[\]{}]*?)\s+\]/g,
    (_, inner: string) => `[${inner.replace(/\s*\n\s*/g, ' ')}]`,
  );
}
