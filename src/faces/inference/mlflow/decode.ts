import { invalid } from '../../../platform/errors/index.ts';
import type { ModelSpec } from '../../../runtimes/index.ts';
import { isObject, kindOf, parseJson } from '../shared/json.ts';
import { fromArrays, fromRecords, fromSplit, type Given } from './frame.ts';
import { looksLikeParquet } from './parquet.ts';

export interface Decoded {
  given: Given;
  params?: unknown;
}

/** Answered as text, by MLflow's own rule: the body is of a type that it does not read. */
export class WrongMedia extends Error {}

const FORMS = ['dataframe_split', 'dataframe_records', 'instances', 'inputs'] as const;
type Form = (typeof FORMS)[number];
const WANTED = `The input must be a JSON dictionary with exactly one of the input fields {${FORMS.map((form) => `'${form}'`).join(', ')}}`;

/** What the body is by its media type; JSON unless said, for many callers say none. */
export function mediaOf(contentType: string | undefined, body: Buffer): 'json' | 'csv' | 'parquet' {
  const [type = '', ...parameters] = (contentType ?? '').split(';').map((part) => part.trim());
  for (const parameter of parameters) {
    const [key = '', value = ''] = parameter.split('=').map((part) => part.trim());
    if (key.toLowerCase() !== 'charset')
      throw new WrongMedia(`Unrecognized content type parameters: ${key}.`);
    if (value.toLowerCase().replaceAll('"', '') !== 'utf-8')
      throw new WrongMedia('The scoring server only supports UTF-8');
  }
  const media = type.toLowerCase();
  if (media === 'text/csv') return 'csv';
  if (media === 'application/vnd.apache.parquet' || media === 'application/x-parquet') return 'parquet';
  if (media === '' || media === 'application/octet-stream')
    return looksLikeParquet(body) ? 'parquet' : needJson(media);
  if (media === 'application/json') return 'json';
  throw notTaken(contentType ?? '');
}

function needJson(media: string): 'json' {
  if (media === '') return 'json';
  throw notTaken(media);
}

const notTaken = (type: string): WrongMedia =>
  new WrongMedia(
    `This predictor only supports the following content types: Types: ['text/csv', 'application/json', 'application/vnd.apache.parquet']. Got '${type.slice(0, 200)}'.`,
  );

export function parseBody(body: Buffer, spec: Pick<ModelSpec, 'inputs'>): Record<string, unknown> {
  const wide = spec.inputs.some(({ datatype }) => datatype === 'INT64' || datatype === 'UINT64');
  const parsed = parseJson(body, wide);
  if (!isObject(parsed))
    throw invalid(`Invalid input. ${WANTED}. Received ${kindOf(parsed)}.`, { field: 'body' });
  return parsed;
}

export function fromForms(parsed: Record<string, unknown>): Decoded {
  const there = FORMS.filter((form) => Object.hasOwn(parsed, form));
  const [form] = there;
  if (there.length !== 1 || form === undefined)
    throw invalid(
      `${WANTED}. Received dictionary with input fields: [${Object.keys(parsed).slice(0, 20).join(', ')}].`,
      {
        field: there[1] ?? 'body',
      },
    );
  return { given: readForm(form, parsed[form]), params: parsed['params'] };
}

function readForm(form: Form, value: unknown): Given {
  if (form === 'dataframe_split') return { kind: 'frame', frame: fromSplit(value) };
  if (form === 'dataframe_records') return { kind: 'frame', frame: fromRecords(value, form) };
  return fromArrays(value, form);
}
