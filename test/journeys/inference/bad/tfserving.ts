import { http, type Kind } from './kind.ts';

const predict = (
  name: string,
  body: string | Buffer | object,
  names: RegExp,
  path = '/v1/models/identity:predict',
): Kind =>
  http(
    `TF-Serving: ${name}`,
    { path, body: typeof body === 'string' || body instanceof Buffer ? body : JSON.stringify(body) },
    names,
  );
const SIMPLE = '/v1/models/simple:predict';
const TEXT = '/v1/models/simple_identity:predict';
const COLUMNS = '/v1/models/iris-columns:predict';
const ones = Array(16).fill(1) as number[];

export const tfKinds: readonly Kind[] = [
  predict('empty', '', /JSON/),
  predict('not JSON', '{', /JSON/),
  predict('a list', [[1]], /instances/),
  predict('text', '"a"', /instances/),
  predict('null', 'null', /instances/),
  predict('neither form', {}, /instances/),
  predict('both forms', { instances: [[1]], inputs: [[1]] }, /instances/),
  predict('another signature', { signature_name: 'other', instances: [[1]] }, /other/),
  predict('a signature that is a number', { signature_name: 7, instances: [[1]] }, /7/),
  predict('instances is an object', { instances: { INPUT0: [1] } }, /instances/),
  predict('instances is null', { instances: null }, /instances/),
  predict('instances is a number', { instances: 7 }, /instances/),
  predict('no instances', { instances: [] }, /instances/),
  predict('ragged', { instances: [[1, 2], [3]] }, /INPUT0/),
  predict('a value beside a list', { instances: [[1], 2] }, /INPUT0/),
  predict('too flat', { instances: [1, 2] }, /INPUT0/),
  predict('too deep', { instances: [[[1]]] }, /INPUT0/),
  predict(
    '100,000 deep',
    `{"instances":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
    /instances|deep|nest/,
  ),
  predict(
    'objects 50,000 deep',
    `{"instances":[${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}]}`,
    /instances|deep|nest/,
  ),
  predict('text for a number', { instances: [['1.5']] }, /INPUT0/),
  predict('true for a number', { instances: [[true]] }, /INPUT0/),
  predict('an object for a number', { instances: [[{ a: 1 }]] }, /INPUT0/),
  predict('b64 for a number', { instances: [[{ b64: 'AAAA' }]] }, /INPUT0|b64/),
  predict(
    'a fraction for an integer',
    { inputs: { INPUT0: [[...ones.slice(1), 1.5]], INPUT1: [ones] } },
    /INPUT0/,
    SIMPLE,
  ),
  predict(
    'too large for an integer',
    { inputs: { INPUT0: [[...ones.slice(1), 2 ** 31]], INPUT1: [ones] } },
    /INPUT0/,
    SIMPLE,
  ),
  predict(
    'NaN for an integer',
    `{"inputs":{"INPUT0":[[${'NaN,'.repeat(15)}1]],"INPUT1":[[${'1,'.repeat(15)}1]]}}`,
    /INPUT0/,
    SIMPLE,
  ),
  predict('one input missing, columns', { inputs: { INPUT0: [ones] } }, /INPUT1/, SIMPLE),
  predict('one input missing, rows', { instances: [{ INPUT0: ones }] }, /INPUT1/, SIMPLE),
  predict(
    'one row lacks an input',
    { instances: [{ INPUT0: ones, INPUT1: ones }, { INPUT0: ones }] },
    /INPUT1/,
    SIMPLE,
  ),
  predict('two wanted, one array', { instances: [ones] }, /INPUT0/, SIMPLE),
  predict('too narrow', { inputs: { INPUT0: [[1]], INPUT1: [[1]] } }, /INPUT0/, SIMPLE),
  predict('a number for a text', { instances: [[7]] }, /INPUT0/, TEXT),
  predict('null for a text', { instances: [[null]] }, /INPUT0/, TEXT),
  predict('b64 that is none', { instances: [[{ b64: '***' }]] }, /b64|base64/, TEXT),
  predict('b64 that is a number', { instances: [[{ b64: 7 }]] }, /INPUT0|b64/, TEXT),
  predict('b64 of no UTF-8', { instances: [[{ b64: '//8=' }]] }, /UTF-8/, TEXT),
  predict('invalid UTF-8', Buffer.from('{"instances":[["\xff"]]}', 'latin1'), /UTF-8/, TEXT),
  predict('rows too short', { instances: [[1, 2, 3]] }, /instances\[0\]/, COLUMNS),
  predict(
    'rows too long',
    {
      instances: [
        [1, 2, 3, 4],
        [1, 2, 3, 4, 5],
      ],
    },
    /instances\[1\]/,
    COLUMNS,
  ),
  predict('a column missing', { instances: [{ sepal_length: 1 }] }, /sepal_width/, COLUMNS),
  predict('text in a column', { instances: [[1, 'a', 3, 4]] }, /sepal_width/, COLUMNS),
  predict('an unknown model', { instances: [[1]] }, /nope/, '/v1/models/nope:predict'),
  predict('a model called __proto__', { instances: [[1]] }, /__proto__/, '/v1/models/__proto__:predict'),
  predict('an unknown version', { instances: [[1]] }, /version/, '/v1/models/identity/versions/9:predict'),
  predict('a version of text', { instances: [[1]] }, /version/, '/v1/models/identity/versions/one:predict'),
  predict('an unknown label', { instances: [[1]] }, /label/, '/v1/models/identity/labels/beta:predict'),
  predict('no canary there', { instances: [[1]] }, /label/, '/v1/models/identity/labels/canary:predict'),
  predict('another verb', { instances: [[1]] }, /classify/, '/v1/models/identity:classify'),
  predict('no verb after the colon', { instances: [[1]] }, /POST|GET/, '/v1/models/identity:'),
  predict('no verb', { instances: [[1]] }, /POST|GET/, '/v1/models/identity'),
  predict('a path too long', { instances: [[1]] }, /there is no/, '/v1/models/identity/versions/1/2:predict'),
  predict('a broken percent-encoding', { instances: [[1]] }, /percent/, '/v1/models/%zz:predict'),
  http('TF-Serving: GET :predict', { method: 'GET', path: '/v1/models/identity:predict' }, /GET|POST/),
];
