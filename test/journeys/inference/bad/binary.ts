import { http, type Kind } from './kind.ts';

/** Requests whose tensors follow the JSON as bytes. */
function binary(
  name: string,
  header: object | string,
  tensors: Uint8Array,
  names: RegExp,
  {
    length,
    path = '/v2/models/simple/infer',
    extra = {},
  }: { length?: string; path?: string; extra?: Record<string, string> } = {},
): Kind {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  return http(
    `OIP binary: ${name}`,
    {
      path,
      headers: { 'Inference-Header-Content-Length': length ?? String(json.length), ...extra },
      body: Buffer.concat([json, tensors]),
    },
    names,
  );
}

const tensor = (name: string, size: unknown, more: Record<string, unknown> = {}) => ({
  name,
  shape: [1, 16],
  datatype: 'INT32',
  parameters: { binary_data_size: size },
  ...more,
});
const both = (size: unknown = 64, more: Record<string, unknown> = {}) => ({
  inputs: [tensor('INPUT0', size, more), tensor('INPUT1', 64)],
});
const bytes = Buffer.alloc(128, 1);
const text = (...pieces: Uint8Array[]) => Buffer.concat(pieces);
const u32 = (value: number): Buffer => {
  const four = Buffer.alloc(4);
  four.writeUInt32LE(value >>> 0);
  return four;
};
const strings = (name: string, content: Buffer, size = content.length, shape = [1, 2]): Kind =>
  binary(
    `BYTES ${name}`,
    { inputs: [{ name: 'INPUT0', shape, datatype: 'BYTES', parameters: { binary_data_size: size } }] },
    content,
    /INPUT0/,
    { path: '/v2/models/simple_identity/infer' },
  );

export const binaryKinds: readonly Kind[] = [
  ...['-1', 'abc', '1.5', '', '1e3', '0x10', '99999999999999999999', '1000000000', ' ', '12 34'].map(
    (length) =>
      binary(`header length ${JSON.stringify(length)}`, both(), bytes, /header|JSON|Inference/i, { length }),
  ),
  binary('header length cuts the JSON', both(), bytes, /JSON|header/i, { length: '20' }),
  binary('header length takes bytes with it', both(), bytes, /JSON|header/i, {
    length: String(JSON.stringify(both()).length + 5),
  }),
  binary('header length of 0 with two inputs', both(), bytes, /INPUT|input|raw/, { length: '0' }),
  binary('no tensors', both(), Buffer.alloc(0), /INPUT0|binary/),
  binary('tensors cut short', both(), bytes.subarray(0, 100), /INPUT1|binary/),
  binary('tensors cut by one byte', both(), bytes.subarray(0, 127), /INPUT1|binary/),
  binary('one byte too many', both(), Buffer.alloc(129), /bytes|binary|body/),
  binary('a megabyte too many', both(), Buffer.alloc(1 << 20), /bytes|binary|body/),
  ...([63, 65, 0, 128, 1_000_000, -64, 64.5, '64', null, true, [64], {}, 1e300, 2 ** 53] as const).map(
    (size) => binary(`size ${JSON.stringify(size)}`, both(size), bytes, /INPUT0|INPUT1|binary/),
  ),
  binary(
    'data and binary',
    { inputs: [tensor('INPUT0', 64, { data: [1] }), tensor('INPUT1', 64)] },
    bytes,
    /INPUT0|data/,
  ),
  binary('shape of another size', both(64, { shape: [1, 8] }), bytes, /INPUT0/),
  binary('datatype of another width', both(64, { datatype: 'INT64', shape: [1, 16] }), bytes, /INPUT0/),
  binary('datatype of the same width', both(64, { datatype: 'FP32' }), bytes, /INPUT0/),
  binary('unknown datatype', both(64, { datatype: 'FP8' }), bytes, /INPUT0|FP8/),
  binary('unknown input', { inputs: [tensor('NOPE', 64), tensor('INPUT1', 64)] }, bytes, /NOPE/),
  binary('one input twice', { inputs: [tensor('INPUT0', 64), tensor('INPUT0', 64)] }, bytes, /INPUT0|INPUT1/),
  binary('one input missing', { inputs: [tensor('INPUT0', 64)] }, bytes.subarray(0, 64), /INPUT1/),
  binary('overflowing shape', both(64, { shape: [4294967296, 4294967296] }), bytes, /INPUT0/),
  binary('negative shape', both(64, { shape: [-1, -16] }), bytes, /INPUT0/),
  binary('the header is no JSON', 'inputs', bytes, /JSON/),
  binary('the header is a list', '[]', bytes, /object|body|JSON/),
  binary('the header is not UTF-8', '{"id":"', bytes, /JSON|UTF/),
  binary(
    'binary_data_output is text',
    { ...both(), parameters: { binary_data_output: 'yes' } },
    bytes,
    /binary_data_output/,
  ),
  strings('length past its end', text(u32(100), Buffer.from('ab'))),
  strings('length of 4 GiB', text(u32(0xffffffff), Buffer.from('ab'), u32(0))),
  strings('length is cut', Buffer.from([1, 0])),
  strings('an element too few', text(u32(1), Buffer.from('a'))),
  strings('an element too many', text(u32(1), Buffer.from('a'), u32(1), Buffer.from('b'), u32(0))),
  strings('a byte behind', text(u32(1), Buffer.from('a'), u32(1), Buffer.from('b'), Buffer.from([7]))),
  strings('invalid UTF-8', text(u32(1), Buffer.from([0xff]), u32(1), Buffer.from('b'))),
  strings('nothing', Buffer.alloc(0)),
];
