import { http, type Kind } from './kind.ts';

const TYPE = 'application/vnd.sagemaker-triton.binary+json';
const json = JSON.stringify({
  inputs: [{ name: 'INPUT0', shape: [1, 2], datatype: 'FP32', parameters: { binary_data_size: 8 } }],
});
const invoke = (name: string, type: string, body: string | Buffer, names: RegExp): Kind =>
  http(
    `SageMaker: ${name}`,
    { path: '/models/identity/invoke', headers: { 'Content-Type': type }, body },
    names,
  );
const whole = Buffer.concat([Buffer.from(json), Buffer.alloc(8)]);

export const sagemakerKinds: readonly Kind[] = [
  invoke('no size of the JSON', TYPE, whole, /json-header-size/),
  invoke('a size of text', `${TYPE};json-header-size=x`, whole, /json-header-size/),
  invoke('a negative size', `${TYPE};json-header-size=-1`, whole, /json-header-size/),
  invoke('a size past the body', `${TYPE};json-header-size=100000`, whole, /header|JSON/i),
  invoke('a size that cuts the JSON', `${TYPE};json-header-size=10`, whole, /JSON/),
  invoke(
    'tensors cut short',
    `${TYPE};json-header-size=${json.length}`,
    whole.subarray(0, -1),
    /INPUT0|binary/,
  ),
  invoke(
    'a byte too many',
    `${TYPE};json-header-size=${json.length}`,
    Buffer.concat([whole, Buffer.from([1])]),
    /bytes|binary|body/,
  ),
  invoke(
    'JSON of tensors, wrong input',
    'application/json',
    '{"inputs":[{"name":"X","shape":[1],"datatype":"FP32","data":[1]}]}',
    /X/,
  ),
  invoke('JSON of nothing', 'application/json', '{}', /dataframe_split/),
  http('SageMaker: an unknown model', { path: '/models/nope/invoke', body: '{}' }, /nope/),
  http('SageMaker: an unknown model, asked about', { method: 'GET', path: '/models/nope' }, /nope/),
  http('SageMaker: load', { path: '/models', body: '{"model_name":"a","url":"/etc/passwd"}' }, /deploy/),
  http('SageMaker: unload', { method: 'DELETE', path: '/models/identity' }, /endpoint/),
  http('SageMaker: unload what is not there', { method: 'DELETE', path: '/models/nope' }, /nope/),
  http('SageMaker: PUT', { method: 'PUT', path: '/models/identity' }, /PUT/),
  http('SageMaker: another path', { path: '/models/identity/other' }, /there is no/),
  http(
    'SageMaker: custom attributes, and a bad body',
    {
      path: '/endpoints/identity/invocations',
      headers: { 'X-Amzn-SageMaker-Custom-Attributes': 'a=b' },
      body: '{',
    },
    /JSON/,
  ),
];
