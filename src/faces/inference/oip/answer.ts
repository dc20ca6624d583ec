import { invalid } from '../../../platform/errors/index.ts';
import { numberText } from '../../../platform/json/index.ts';
import type { Tensor } from '../../../runtimes/index.ts';
import type { Answer } from '../../../serving/index.ts';
import { base64Of, isBytes, plainTensor } from '../shared/cells.ts';
import { toRaw } from '../shared/raw.ts';
import { floatText } from './float-text.ts';
import type { InferRequest, Wanted } from './request.ts';

export interface Written {
  body: string | Buffer;
  /** Bytes of JSON before the tensors, where there are any. */
  header: number | undefined;
}

/** Texts that come again with every answer, as JSON. */
const quoted = new Map<string, string>();

function quote(text: string): string {
  let known = quoted.get(text);
  if (known === undefined) {
    known = JSON.stringify(text);
    if (quoted.size > 1000) quoted.clear();
    quoted.set(text, known);
  }
  return known;
}

export function writeAnswer(
  answer: Answer,
  { id, outputs, binary }: Pick<InferRequest, 'id' | 'outputs' | 'binary'>,
): Written {
  let text = `{"model_name":${quote(answer.endpoint)},"model_version":"${answer.version}",`;
  if (id !== undefined) text += `"id":${JSON.stringify(id)},`;
  text += `"parameters":{"prediction_id":"${answer.prediction}"},"outputs":[`;
  const raw: Uint8Array[] = [];
  const chosen = outputs ? choose(answer.outputs, outputs) : answer.outputs;
  for (let index = 0; index < chosen.length; index++) {
    const { tensor, content } = plainTensor(chosen[index]!);
    const { name, datatype, shape, data } = tensor;
    if (index > 0) text += ',';
    text += `{"name":${quote(name)},"datatype":"${datatype}","shape":[${shape.join(',')}],`;
    if (outputs ? outputs[index]!.binary : binary) {
      const bytes = toRaw(tensor);
      raw.push(bytes);
      text += `"parameters":{"binary_data_size":${bytes.length}${content === undefined ? '' : `,"content_type":"${content}"`}}}`;
    } else {
      const said =
        content ?? (!ArrayBuffer.isView(data) && data.length > 0 && isBytes(data) ? 'base64' : undefined);
      if (said !== undefined) text += `"parameters":{"content_type":"${said}"},`;
      text += `"data":[${dataText(tensor)}]}`;
    }
  }
  text += ']}';
  if (raw.length === 0) return { body: text, header: undefined };
  const head = Buffer.from(text);
  return { body: Buffer.concat([head, ...raw]), header: head.length };
}

function choose(given: readonly Tensor[], wanted: readonly Wanted[]): Tensor[] {
  return wanted.map(({ name }) => {
    const found = given.find((one) => one.name === name);
    if (found) return found;
    throw invalid(`the model gives no output '${name}'`, {
      field: 'outputs',
      hint: `it gives ${given.map((one) => one.name).join(', ')}`,
    });
  });
}

/** Values as JSON, without the brackets. */
function dataText({ datatype, data }: Tensor): string {
  let text = '';
  const size = data.length;
  if (datatype === 'FP32') {
    const floats = data as Float32Array;
    for (let index = 0; index < size; index++)
      text += index === 0 ? floatText(floats[0]!) : `,${floatText(floats[index]!)}`;
    return text;
  }
  if (datatype === 'FP16') {
    const bits = data as Uint16Array;
    const halves = new Float16Array(Uint16Array.from(bits).buffer);
    return Array.from(halves, (one) => floatText(Math.fround(one))).join(',');
  }
  if (datatype === 'FP64') {
    return Array.from(data as Float64Array, (one) => (Number.isFinite(one) ? numberText(one) : 'null')).join(
      ',',
    );
  }
  if (datatype === 'BOOL')
    return Array.from(data as Uint8Array, (one) => (one === 0 ? 'false' : 'true')).join(',');
  if (datatype === 'BYTES')
    return (data as ReadonlyArray<string | Uint8Array>)
      .map((one) => JSON.stringify(typeof one === 'string' ? one : base64Of(one)))
      .join(',');
  return (data as Int32Array).join(',');
}
