import type { Datatype, ModelSpec } from '../../../runtimes/index.ts';
import { readRequest, type InferRequest } from './request.ts';
import { scan } from './scan.ts';

/** A body that was read once, but for its numbers. */
interface Form {
  before: string;
  after: string;
  request: InferRequest;
  name: string;
  datatype: Datatype;
  shape: readonly number[];
  count: number;
}

type Read = (body: Buffer, header: string | undefined, spec: ModelSpec) => InferRequest;

/** A longer frame is not worth keeping. */
const LONGEST = 500;

/**
 * `readRequest`, remembering for each model the form of the last body of one input. Clients send the same JSON with other numbers:
 * when all before and after `data` is the same bytes as last time, only the numbers are read. Anything else is read in full, and
 * so is what the number reader does not know; the answers are the same either way.
 */
export function createReader(): Read {
  const forms = new WeakMap<ModelSpec, { form: Form | undefined; misses: number }>();
  return (body, header, spec) => {
    if (header !== undefined) return readRequest(body, header, spec);
    let known = forms.get(spec);
    if (known === undefined) forms.set(spec, (known = { form: undefined, misses: 0 }));
    const { form } = known;
    if (form !== undefined) {
      const { before, after, request, name, datatype, shape, count } = form;
      const [start, end] = [before.length - 1, body.length - after.length];
      if (
        end > start &&
        body.toString('latin1', 0, before.length) === before &&
        body.toString('latin1', end) === after
      ) {
        const data = scan(body, start, end, { datatype, shape, count });
        if (data !== undefined) {
          known.misses = 0;
          return { ...request, inputs: [{ name, datatype, shape, data }] };
        }
      }
    }
    const request = readRequest(body, header, spec);
    // Callers whose frame changes each time (an id in front) shall not pay for what never comes again.
    known.misses++;
    if ((known.misses & (known.misses - 1)) === 0) known.form = formOf(body, request) ?? form;
    return request;
  };
}

const KEY = '"data":[';

/** Undefined where the frame is no frame: several inputs, text that is not ASCII, `data` that is not last. */
function formOf(body: Buffer, request: InferRequest): Form | undefined {
  const [input] = request.inputs;
  if (!input || request.inputs.length !== 1) return undefined;
  const at = body.indexOf(KEY);
  const end = body.lastIndexOf(']', body.lastIndexOf(']') - 1) + 1;
  const start = at + KEY.length - 1;
  // The last bracket ends `inputs` and the one before it `data`, where nothing comes after.
  if (at === -1 || at > LONGEST || end <= start || body.length - end > LONGEST) return undefined;
  const { name, datatype, shape } = input;
  const count = input.data.length;
  if (scan(body, start, end, { datatype, shape, count }) === undefined) return undefined;
  const before = body.toString('latin1', 0, start + 1);
  const after = body.toString('latin1', end);
  return isData(before, after) ? { before, after, request, name, datatype, shape, count } : undefined;
}

/** Whether what was cut out is the input's own `data`, and not something of that name elsewhere. */
function isData(before: string, after: string): boolean {
  try {
    const frame = JSON.parse(`${before.slice(0, -1)}"cut"${after}`) as { inputs: Array<{ data: unknown }> };
    return frame.inputs[0]?.data === 'cut';
  } catch {
    return false;
  }
}
