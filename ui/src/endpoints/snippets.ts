/** The same question from a shell and from Python. Pure. */

export interface Asked {
  /** `http://127.0.0.1:5001`. */
  address: string;
  endpoint: string;
  body: unknown;
  /** The server asks for a token: anything but loopback does. */
  token: boolean;
  /** The model takes any JSON rather than tensors. */
  anyJson: boolean;
}
export type SnippetKind = 'curl' | 'python' | 'triton' | 'mlflow';

export const SNIPPETS: readonly { value: SnippetKind; label: string }[] = [
  { value: 'curl', label: 'curl' },
  { value: 'python', label: 'Python' },
  { value: 'triton', label: 'tritonclient' },
  { value: 'mlflow', label: 'curl, MLflow form' },
];

const NUMPY: Record<string, string> = {
  BOOL: 'bool',
  FP16: 'float16',
  FP32: 'float32',
  FP64: 'float64',
  BYTES: 'object',
};
const numpy = (datatype: string) => NUMPY[datatype] ?? datatype.toLowerCase();

interface Tensor {
  name: string;
  datatype: string;
  shape: number[];
  data: unknown[];
}

export function snippet(kind: SnippetKind, asked: Asked): string {
  const { address, endpoint, body, token, anyJson } = asked;
  const name = encodeURIComponent(endpoint);
  const json = JSON.stringify(body);
  const infer = `${address}/v2/models/${name}/infer`;
  const calls = `${address}/endpoints/${name}/invocations`;
  const header = token ? ` \\\n  -H "authorization: Bearer $TREADLE_TOKEN"` : '';
  switch (kind) {
    case 'curl':
      return `curl ${anyJson ? calls : infer} \\\n  -H 'content-type: application/json'${header} \\\n  -d ${quoted(json)}`;
    case 'mlflow':
      return `curl ${calls} \\\n  -H 'content-type: application/json'${header} \\\n  -d ${quoted(anyJson ? json : JSON.stringify(splitForm(tensorsOf(body))))}`;
    case 'python':
      return [
        'import json',
        ...(token ? ['import os'] : []),
        'import urllib.request',
        '',
        `body = ${python(body)}`,
        'request = urllib.request.Request(',
        `    ${JSON.stringify(anyJson ? calls : infer)},`,
        '    data=json.dumps(body).encode(),',
        `    headers={"content-type": "application/json"${token ? ', "authorization": "Bearer " + os.environ["TREADLE_TOKEN"]' : ''}},`,
        ')',
        'with urllib.request.urlopen(request) as answer:',
        '    print(answer.headers["X-Treadle-Prediction"], json.load(answer))',
      ].join('\n');
    case 'triton':
      return [
        'import numpy as np',
        ...(token ? ['import os'] : []),
        'import tritonclient.http as http',
        '',
        `client = http.InferenceServerClient(${JSON.stringify(address.replace(/^https?:\/\//, ''))}${address.startsWith('https:') ? ', ssl=True' : ''})`,
        'inputs = []',
        ...tensorsOf(body).flatMap((tensor) => [
          `values = np.array(${python(tensor.data)}, dtype=np.${numpy(tensor.datatype).replace(/^(object|bool)$/, '$1_')}).reshape(${JSON.stringify(tensor.shape)})`,
          `inputs.append(http.InferInput(${JSON.stringify(tensor.name)}, ${JSON.stringify(tensor.shape)}, ${JSON.stringify(tensor.datatype)}))`,
          'inputs[-1].set_data_from_numpy(values)',
        ]),
        `answer = client.infer(${JSON.stringify(endpoint)}, inputs${token ? ', headers={"authorization": "Bearer " + os.environ["TREADLE_TOKEN"]}' : ''})`,
        'print(answer.get_response())',
      ].join('\n');
  }
}

/** For a shell: single quotes, and a single quote inside said its own way. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** JSON as Python writes it. */
function python(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (Array.isArray(value)) return `[${value.map(python).join(', ')}]`;
  if (typeof value === 'object')
    return `{${Object.entries(value)
      .map(([key, inner]) => `${JSON.stringify(key)}: ${python(inner)}`)
      .join(', ')}}`;
  return JSON.stringify(value);
}

function tensorsOf(body: unknown): Tensor[] {
  return typeof body === 'object' && body !== null && 'inputs' in body && Array.isArray(body.inputs)
    ? (body.inputs as Tensor[])
    : [];
}

/** Tensors of one value a row as MLflow's table; others by name. */
function splitForm(tensors: readonly Tensor[]): unknown {
  const flat = tensors.every(({ shape }) => shape.slice(1).every((dimension) => dimension === 1));
  const rows = tensors[0]?.shape[0] ?? 0;
  return flat && tensors.length > 0
    ? {
        dataframe_split: {
          columns: tensors.map(({ name }) => name),
          data: Array.from({ length: rows }, (_, row) => tensors.map(({ data }) => data[row])),
        },
      }
    : { inputs: Object.fromEntries(tensors.map(({ name, shape, data }) => [name, shaped(data, shape)])) };
}

function shaped(data: readonly unknown[], shape: readonly number[]): unknown {
  const [first = 0, ...rest] = shape;
  if (rest.length === 0) return data;
  const size = data.length / (first || 1);
  return Array.from({ length: first }, (_, i) => shaped(data.slice(i * size, (i + 1) * size), rest));
}
