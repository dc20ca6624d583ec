import { invalid } from '../../../platform/errors/index.ts';
import type { ModelSpec, Tensor, TensorSpec } from '../../../runtimes/index.ts';
import { assemble } from '../mlflow/assemble.ts';
import { byRows, fromArrays, type Given } from '../mlflow/frame.ts';
import { isObject, kindOf, parseJson } from '../shared/json.ts';
import { decodeB64 } from './base64.ts';

/** How the request was written, and so the answer: `instances` a row each, `inputs` a column each. */
export type Form = 'rows' | 'columns';

const SIGNATURE = 'serving_default';

export function readPredict(body: Buffer, spec: ModelSpec): { form: Form; inputs: Tensor[] } {
  const wide = spec.inputs.some(({ datatype }) => datatype === 'INT64' || datatype === 'UINT64');
  const parsed = parseJson(body, wide);
  if (!isObject(parsed))
    throw invalid(`the body must be an object with 'instances' or 'inputs', not ${kindOf(parsed)}`, {
      field: 'body',
    });
  const { signature_name: signature } = parsed;
  if (signature !== undefined && signature !== null && signature !== '' && signature !== SIGNATURE)
    throw invalid(
      `Serving signature name: ${JSON.stringify(signature)?.slice(0, 80)} not found in signature def`,
      {
        field: 'signature_name',
        hint: `it is ${SIGNATURE}, or left out`,
      },
    );
  const rows = Object.hasOwn(parsed, 'instances');
  const columns = Object.hasOwn(parsed, 'inputs');
  if (rows === columns)
    throw invalid(rows ? "'instances' and 'inputs' are both there" : "Missing 'inputs' or 'instances' key", {
      field: rows ? 'inputs' : 'instances',
      hint: 'send one of the two',
    });
  if (spec.inputs.length === 0)
    throw invalid('this model has no signature, so :predict cannot tell what it takes', {
      field: 'instances',
      hint: 'ask POST /endpoints/NAME/invocations, or log the model with a signature',
    });
  const field = rows ? 'instances' : 'inputs';
  const value = decodeB64(parsed[field], spec.inputs, field);
  if (rows && !Array.isArray(value))
    throw invalid(`Expecting 'instances' value to be a list/array, not ${kindOf(value)}`, { field });
  if (rows && Array.isArray(value) && value.length === 0)
    throw invalid('no values for "instances"', { field, hint: 'send one row or more' });
  const given = rows && Array.isArray(value) ? fromRows(value, spec.inputs) : fromArrays(value, 'inputs');
  return { form: rows ? 'rows' : 'columns', inputs: assemble(given, spec, 'kind') };
}

/** Rows of plain lists belong to the columns by place: what KServe's clients send to tabular models. */
function fromRows(rows: readonly unknown[], specs: readonly TensorSpec[]): Given {
  const columnar = specs.every(({ column }) => column !== undefined);
  if (!columnar || !rows.every(Array.isArray) || rows.length === 0) return fromArrays(rows, 'instances');
  for (const [at, row] of rows.entries())
    if (row.length !== specs.length)
      throw invalid(`instances[${at}] has ${row.length} values, and the model takes ${specs.length}`, {
        field: `instances[${at}]`,
        hint: `in this order: ${specs.map(({ name }) => name).join(', ')}`,
      });
  const names = specs.map(({ name }) => name);
  return { kind: 'frame', frame: byRows(names, rows, names.length) };
}
