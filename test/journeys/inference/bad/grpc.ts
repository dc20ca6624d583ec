import { gzipSync } from 'node:zlib';
import { brokenHttp2, framed, grpc, type Call, type Kind } from './kind.ts';

const varint = (value: number | bigint): Buffer => {
  const bytes: number[] = [];
  for (let rest = BigInt.asUintN(64, BigInt(value)); ; rest >>= 7n) {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    if (rest <= 0x7fn) return Buffer.from(bytes);
  }
};
const field = (number: number, value: Uint8Array | string): Buffer => {
  const bytes = Buffer.from(value);
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);
};
const uint = (number: number, value: number | bigint): Buffer =>
  Buffer.concat([varint(number * 8), varint(value)]);
const all = (...parts: readonly Uint8Array[]): Buffer => Buffer.concat(parts);

interface Tensor {
  name?: string;
  datatype?: string;
  shape?: readonly (number | bigint)[];
  contents?: Uint8Array;
  parameters?: Uint8Array;
}
const tensor = ({
  name = 'INPUT0',
  datatype = 'INT32',
  shape = [1, 16],
  contents,
  parameters,
}: Tensor = {}): Buffer =>
  field(
    5,
    all(
      field(1, name),
      field(2, datatype),
      field(3, all(...shape.map(varint))),
      ...(parameters ? [field(4, parameters)] : []),
      ...(contents ? [field(5, contents)] : []),
    ),
  );
const bytes64 = Buffer.alloc(64, 1);
const rest = [tensor({ name: 'INPUT1' })];
const request = (
  inputs: readonly Uint8Array[],
  raws: readonly Uint8Array[],
  more: readonly Uint8Array[] = [],
  model = 'simple',
): Buffer => all(field(1, model), ...more, ...inputs, ...raws.map((one) => field(7, one)));
const good = request([tensor(), ...rest], [bytes64, bytes64]);

const infer = (name: string, message: Uint8Array, names: RegExp, more: Partial<Call> = {}): Kind =>
  grpc(`gRPC: ${name}`, { frames: framed(message), ...more }, names);
const one = (name: string, change: Tensor, names = /INPUT0/, first: Uint8Array = bytes64): Kind =>
  infer(name, request([tensor(change), ...rest], [first, bytes64]), names);
/** Typed contents: no raw bytes anywhere. */
const ints = (count: number, value = 1): Buffer => field(2, Buffer.alloc(count, value));
const typed = (name: string, contents: Uint8Array, names = /INPUT0/, change: Tensor = {}): Kind =>
  infer(
    name,
    request([tensor({ ...change, contents }), tensor({ name: 'INPUT1', contents: ints(16) })], []),
    names,
  );
const strings = (name: string, content: Uint8Array): Kind =>
  infer(
    name,
    request([tensor({ datatype: 'BYTES', shape: [1, 2] })], [content], [], 'simple_identity'),
    /INPUT0/,
  );
const frames = (name: string, bytes: Uint8Array, names: RegExp, more: Partial<Call> = {}): Kind =>
  grpc(`gRPC frames: ${name}`, { frames: bytes, ...more }, names);

export const grpcKinds: readonly Kind[] = [
  frames('nothing', Buffer.alloc(0), /message/),
  frames('half a prefix', Buffer.from([0, 0, 0]), /short/),
  frames('prefix only', framed(Buffer.alloc(0), 0, 100), /short/),
  frames('message cut short', framed(good.subarray(0, 50), 0, good.length), /short/),
  frames('two messages', all(framed(good), framed(good)), /one message/),
  frames('a message and a half', all(framed(good), Buffer.from([0, 0])), /short/),
  frames('flag 2', framed(good, 2), /begins with 2/),
  frames('flag 255', framed(good, 255), /begins with 255/),
  frames('compressed without an encoding', framed(gzipSync(good), 1), /compressed|encoding/),
  frames('gzip that is none', framed(good, 1), /gzip/, { headers: { 'grpc-encoding': 'gzip' } }),
  frames('deflate that is none', framed(good, 1), /deflate/, { headers: { 'grpc-encoding': 'deflate' } }),
  frames('an unknown encoding', framed(good, 1), /snappy/, { headers: { 'grpc-encoding': 'snappy' } }),
  frames('an encoding called __proto__', framed(good, 1), /__proto__/, {
    headers: { 'grpc-encoding': '__proto__' },
  }),
  frames('a bomb', framed(gzipSync(Buffer.alloc(80 * 1024 * 1024), { level: 9 }), 1), /larger/, {
    headers: { 'grpc-encoding': 'gzip' },
  }),
  frames('a length past the limit', framed(Buffer.alloc(10), 0, 65 * 1024 * 1024), /most/),
  frames('a length of 4 GiB', framed(Buffer.alloc(10), 0, 0xffffffff), /most/),
  frames('broken off', framed(good.subarray(0, 50), 0, good.length), /cancelled/, { reset: true }),
  frames('a wrong content type', framed(good), /content-type/, {
    headers: { 'content-type': 'application/json' },
  }),
  frames('JSON of gRPC', framed(good), /json/, { headers: { 'content-type': 'application/grpc+json' } }),
  frames('a GET', Buffer.alloc(0), /POST/, { headers: { ':method': 'PUT' } }),
  frames('a wrong timeout', framed(good), /grpc-timeout/, { headers: { 'grpc-timeout': 'soon' } }),
  frames('a timeout of nine digits', framed(good), /grpc-timeout/, {
    headers: { 'grpc-timeout': '123456789S' },
  }),
  frames('a token that nobody has', framed(good), /token/, {
    headers: { authorization: `Bearer trd_${'x'.repeat(40)}` },
  }),
  frames('a workspace that is not there', framed(good), /nowhere/, {
    headers: { 'x-treadle-workspace': 'nowhere' },
  }),
  frames('a Host of somebody else', framed(good), /host/, { headers: { ':authority': 'evil.example' } }),
  frames('a page of another origin', framed(good), /origin/, { headers: { origin: 'http://evil.example' } }),
  frames('an unknown method', framed(good), /no method/, { method: 'ModelGuess' }),
  frames('an unknown service', framed(good), /no method/, { method: '/other.Service/ModelInfer' }),
  frames('a method called __proto__', framed(good), /no method/, { method: '__proto__' }),
  frames('load', framed(field(2, 'simple')), /deploy/, { method: 'RepositoryModelLoad' }),
  frames('unload', framed(field(2, 'simple')), /endpoint/, { method: 'RepositoryModelUnload' }),
  frames('shared memory', framed(Buffer.alloc(0)), /no method/, { method: 'SystemSharedMemoryStatus' }),
  ...['ModelReady', 'ModelMetadata', 'ModelConfig', 'ModelStatistics'].flatMap((method) => [
    frames(`${method} of an unknown model`, framed(field(1, 'nope')), /nope/, { method }),
    frames(`${method} of an unknown version`, framed(all(field(1, 'simple'), field(2, '9'))), /9/, {
      method,
    }),
    frames(`${method} of garbage`, framed(Buffer.from([0x0a, 0xff])), /protobuf/, { method }),
    frames(`${method} with an invalid name`, framed(field(1, Buffer.from([0xff, 0xfe]))), /UTF-8/, {
      method,
    }),
  ]),
  frames('ServerLive of garbage', framed(Buffer.from([0xff, 0xff, 0xff])), /protobuf/, {
    method: 'ServerLive',
  }),
  frames('RepositoryIndex of garbage', framed(Buffer.from([0x10])), /protobuf/, {
    method: 'RepositoryIndex',
  }),
  infer('random bytes', Buffer.from(Array.from({ length: 300 }, (_, i) => (i * 167 + 13) % 256)), /protobuf/),
  infer('zeros', Buffer.alloc(100), /protobuf/),
  infer('text', Buffer.from('{"model_name":"simple"}'), /protobuf/),
  infer('a number without an end', Buffer.alloc(20, 0xff), /protobuf/),
  infer('a field past the end', Buffer.from([0x0a, 0x7f, 0x41]), /protobuf/),
  infer('a group', Buffer.from([0x0b]), /protobuf/),
  infer('wire type 7', Buffer.from([0x0f]), /protobuf/),
  infer('the model is a number', uint(1, 7), /protobuf/),
  infer('an invalid model name', field(1, Buffer.from([0xff])), /UTF-8/),
  infer(
    'a message in a message past its end',
    all(field(1, 'simple'), field(5, Buffer.from([0x0a, 0x20, 0x41]))),
    /protobuf/,
  ),
  infer('no model', request([tensor(), ...rest], [bytes64, bytes64], [], ''), /model_name/),
  infer('an unknown model', request([tensor(), ...rest], [bytes64, bytes64], [], 'nope'), /nope/),
  infer(
    'a model called __proto__',
    request([tensor(), ...rest], [bytes64, bytes64], [], '__proto__'),
    /__proto__/,
  ),
  infer('an unknown version', request([tensor(), ...rest], [bytes64, bytes64], [field(2, '9')]), /9/),
  infer(
    'a version of text',
    request([tensor(), ...rest], [bytes64, bytes64], [field(2, 'latest')]),
    /latest/,
  ),
  infer('no inputs', field(1, 'simple'), /INPUT0|inputs/),
  infer('one input missing', request([tensor()], [bytes64]), /INPUT1/),
  infer('an input twice', request([tensor(), tensor(), ...rest], [bytes64, bytes64, bytes64]), /INPUT0/),
  infer(
    'an input too many',
    request([tensor(), ...rest, tensor({ name: 'INPUT2' })], [bytes64, bytes64, bytes64]),
    /INPUT2/,
  ),
  infer('raw bytes of one only', request([tensor(), ...rest], [bytes64]), /raw_input_contents/),
  infer(
    'raw bytes of three',
    request([tensor(), ...rest], [bytes64, bytes64, bytes64]),
    /raw_input_contents/,
  ),
  infer('raw bytes without inputs', request([], [bytes64]), /raw_input_contents/),
  infer('neither raw nor typed', request([tensor(), ...rest], []), /INPUT0/),
  infer('raw and typed', request([tensor({ contents: ints(16) }), ...rest], [bytes64, bytes64]), /INPUT0/),
  one('an unknown input', { name: 'NOPE' }, /NOPE/),
  one('an input without a name', { name: '' }, /input/),
  one('an input called __proto__', { name: '__proto__' }, /__proto__/),
  one('no datatype', { datatype: '' }),
  ...['FP31', 'int32', 'BF16', '__proto__'].map((datatype) => one(`datatype ${datatype}`, { datatype })),
  one('datatype of another width', { datatype: 'INT64' }),
  one('datatype of the same width', { datatype: 'FP32' }),
  one('datatype BYTES', { datatype: 'BYTES' }),
  one('datatype BOOL', { datatype: 'BOOL' }),
  one('no shape', { shape: [] }),
  one('a shape of one dimension', { shape: [16] }),
  one('a shape of three', { shape: [1, 1, 16] }),
  one('a negative shape', { shape: [-1n, 16] }),
  one('two negative', { shape: [-1n, -16n] }),
  one('no rows', { shape: [0, 16] }),
  one('a shape too narrow', { shape: [1, 8] }),
  one('a shape too wide', { shape: [1, 32] }),
  one('a shape past 2^53', { shape: [9223372036854775807n, 16] }),
  one('a product that overflows', { shape: [4294967296, 4294967296] }),
  one('1000 dimensions', { shape: Array.from({ length: 1000 }, () => 1) }),
  one('too few bytes', {}, /INPUT0/, Buffer.alloc(63)),
  one('too many bytes', {}, /INPUT0/, Buffer.alloc(65)),
  one('no bytes', {}, /INPUT0/, Buffer.alloc(0)),
  one('shared memory', { parameters: all(field(1, 'shared_memory_region'), field(2, field(3, 'a'))) }),
  typed('typed: too few', ints(15)),
  typed('typed: too many', ints(17)),
  typed('typed: in the wrong list', field(3, Buffer.alloc(16, 1))),
  typed('typed: floats', field(6, Buffer.alloc(64))),
  typed('typed: a float cut short', field(6, Buffer.alloc(63)), /protobuf/),
  typed('typed: a number cut short', field(2, Buffer.alloc(16, 0x80)), /protobuf/),
  typed('typed: two lists', all(ints(16), field(3, Buffer.alloc(16, 1)))),
  typed('typed: FP16', ints(16), /INPUT0/, { datatype: 'FP16' }),
  typed('typed: past INT8', field(2, all(...Array.from({ length: 16 }, () => varint(200)))), /INPUT0/, {
    datatype: 'INT8',
  }),
  strings('BYTES: length past its end', Buffer.from([100, 0, 0, 0, 65])),
  strings('BYTES: length of 4 GiB', Buffer.from([255, 255, 255, 255, 65])),
  strings('BYTES: one too few', Buffer.from([1, 0, 0, 0, 65])),
  strings('BYTES: one too many', Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])),
  strings('BYTES: invalid UTF-8', Buffer.from([1, 0, 0, 0, 255, 0, 0, 0, 0])),
  strings('BYTES: a NUL', Buffer.from([3, 0, 0, 0, 65, 0, 66, 0, 0, 0, 0])),
  strings('BYTES: nothing', Buffer.alloc(0)),
  infer(
    'an unknown output',
    request([tensor(), ...rest], [bytes64, bytes64], [field(6, field(1, 'NOPE'))]),
    /NOPE/,
  ),
  infer(
    'an output twice',
    request(
      [tensor(), ...rest],
      [bytes64, bytes64],
      [field(6, field(1, 'OUTPUT0')), field(6, field(1, 'OUTPUT0'))],
    ),
    /OUTPUT0/,
  ),
  infer(
    'classification',
    request(
      [tensor(), ...rest],
      [bytes64, bytes64],
      [field(6, all(field(1, 'OUTPUT0'), field(2, all(field(1, 'classification'), field(2, uint(2, 3))))))],
    ),
    /classification/,
  ),
  infer(
    'a timeout of text',
    request(
      [tensor(), ...rest],
      [bytes64, bytes64],
      [field(4, all(field(1, 'timeout'), field(2, field(3, 'soon'))))],
    ),
    /timeout/,
  ),
  grpc(
    'gRPC: an error in a stream',
    { frames: framed(request([tensor(), ...rest], [bytes64])), method: 'ModelStreamInfer' },
    /raw_input_contents/,
    [0], // of a stream, an error of one request is an answer
  ),
  grpc(
    'gRPC: garbage in a stream',
    { frames: framed(Buffer.from([0xff])), method: 'ModelStreamInfer' },
    /protobuf/,
    [0],
  ),
  frames('a stream of a broken frame', Buffer.from([7, 0, 0, 0, 0]), /begins with 7/, {
    method: 'ModelStreamInfer',
  }),
  brokenHttp2(
    'HTTP/2: the preface and garbage',
    Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), Buffer.alloc(100, 0xff)]),
  ),
  brokenHttp2('HTTP/2: half a preface', Buffer.from('PRI * HTTP/2.0\r\n\r\nS'), true),
  brokenHttp2(
    'HTTP/2: a frame of 16 MiB',
    Buffer.concat([
      Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
      Buffer.from([255, 255, 255, 0, 0, 0, 0, 0, 1]),
    ]),
  ),
  brokenHttp2(
    'HTTP/2: data before headers',
    Buffer.concat([
      Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
      Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]),
      Buffer.from([0, 0, 1, 0, 1, 0, 0, 0, 1, 0]),
    ]),
  ),
];
