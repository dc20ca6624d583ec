import { Message } from '../formats/protobuf.ts';

/** An Event of TensorBoard's files. */
export interface Event {
  /** Seconds since 1970. */
  wall: number;
  step: number;
  values: Value[];
  /** A session began: what was logged at this step or later before it is void. */
  starts: boolean;
  version?: string;
  graph?: Buffer;
  metaGraph?: Buffer;
  runMetadata?: { tag: string; bytes: Buffer };
}

/** A value of a summary: one of the five forms, and how a plugin wants it shown. */
export interface Value {
  tag: string;
  simple?: number;
  image?: Image;
  histogram?: Histogram;
  audio?: Audio;
  tensor?: Tensor;
  plugin?: string;
  content?: Buffer;
  /** Of the plugin's data: 1 scalar, 2 tensor, 3 blob sequence. */
  dataClass?: number;
  description?: string;
}

export interface Image {
  width: number;
  height: number;
  bytes: Buffer;
}

export interface Histogram {
  min: number;
  max: number;
  num: number;
  sum: number;
  sum_squares: number;
  bucket_limit: number[];
  bucket: number[];
}

export interface Audio {
  rate: number;
  channels: number;
  frames: number;
  bytes: Buffer;
  type: string;
}

export interface Tensor {
  /** By TensorFlow's numbers: 1 float, 2 double, 3 int32, 7 string, 9 int64, 10 bool … */
  type: number;
  shape: number[];
  numbers: number[];
  strings: Buffer[];
}

export function readEvent(bytes: Buffer): Event {
  const event: Event = { wall: 0, step: 0, values: [], starts: false };
  const message = new Message(bytes);
  while (message.next()) {
    if (message.field === 1 && message.wire === 1) event.wall = message.double();
    else if (message.field === 2 && message.wire === 0) event.step = message.signed();
    else if (message.field === 3) event.version = message.text();
    else if (message.field === 4) event.graph = message.bytes();
    else if (message.field === 5) readSummary(message.message(), event.values);
    else if (message.field === 7) event.starts = startsSession(message.message());
    else if (message.field === 8) event.runMetadata = tagged(message.message());
    else if (message.field === 9) event.metaGraph = message.bytes();
    else message.skip();
  }
  return event;
}

/** Step and whether a session begins, of a record whose values are not looked at. */
export function readHead(bytes: Buffer): Pick<Event, 'wall' | 'step' | 'starts'> {
  const head = { wall: 0, step: 0, starts: false };
  const message = new Message(bytes);
  while (message.next()) {
    if (message.field === 1 && message.wire === 1) head.wall = message.double();
    else if (message.field === 2 && message.wire === 0) head.step = message.signed();
    else if (message.field === 7) head.starts = startsSession(message.message());
    else message.skip();
  }
  return head;
}

function startsSession(message: Message): boolean {
  let status = 0;
  while (message.next())
    if (message.field === 1) status = message.unsigned();
    else message.skip();
  return status === 1;
}

function tagged(message: Message): { tag: string; bytes: Buffer } {
  const found = { tag: '', bytes: Buffer.alloc(0) };
  while (message.next())
    if (message.field === 1) found.tag = message.text();
    else if (message.field === 2) found.bytes = message.bytes() as typeof found.bytes;
    else message.skip();
  return found;
}

function readSummary(message: Message, values: Value[]): void {
  while (message.next())
    if (message.field === 1) values.push(readValue(message.message()));
    else message.skip();
}

function readValue(message: Message): Value {
  const value: Value = { tag: '' };
  while (message.next()) {
    if (message.field === 1) value.tag = message.text();
    else if (message.field === 2 && message.wire === 5) value.simple = message.float();
    else if (message.field === 4) value.image = readImage(message.message());
    else if (message.field === 5) value.histogram = readHistogram(message.message());
    else if (message.field === 6) value.audio = readAudio(message.message());
    else if (message.field === 8) value.tensor = readTensor(message.message());
    else if (message.field === 9) readMetadata(message.message(), value);
    // An older writer's name of the node.
    else message.skip();
  }
  return value;
}

function readMetadata(message: Message, value: Value): void {
  while (message.next()) {
    if (message.field === 1) {
      const plugin = message.message();
      while (plugin.next())
        if (plugin.field === 1) value.plugin = plugin.text();
        else if (plugin.field === 2) value.content = plugin.bytes();
        else plugin.skip();
    } else if (message.field === 3) value.description = message.text();
    else if (message.field === 4) value.dataClass = message.unsigned();
    else message.skip();
  }
}

function readImage(message: Message): Image {
  const image: Image = { width: 0, height: 0, bytes: Buffer.alloc(0) };
  while (message.next())
    if (message.field === 1) image.height = message.unsigned();
    else if (message.field === 2) image.width = message.unsigned();
    else if (message.field === 4) image.bytes = message.bytes();
    else message.skip();
  return image;
}

function readHistogram(message: Message): Histogram {
  const found: Histogram = { min: 0, max: 0, num: 0, sum: 0, sum_squares: 0, bucket_limit: [], bucket: [] };
  const names = ['min', 'max', 'num', 'sum', 'sum_squares'] as const;
  while (message.next()) {
    const name = names[message.field - 1];
    if (name !== undefined) found[name] = message.double();
    else if (message.field === 6) message.repeated(8, found.bucket_limit);
    else if (message.field === 7) message.repeated(8, found.bucket);
    else message.skip();
  }
  return found;
}

function readAudio(message: Message): Audio {
  const audio: Audio = { rate: 0, channels: 0, frames: 0, bytes: Buffer.alloc(0), type: 'audio/wav' };
  while (message.next())
    if (message.field === 1) audio.rate = message.float();
    else if (message.field === 2) audio.channels = message.unsigned();
    else if (message.field === 3) audio.frames = message.unsigned();
    else if (message.field === 4) audio.bytes = message.bytes();
    else if (message.field === 5) audio.type = message.text();
    else message.skip();
  return audio;
}

/** How numbers lie in a tensor's content, by TensorFlow's number of the type. */
const CONTENT: Readonly<Record<number, [bytes: number, read: (bytes: Buffer, at: number) => number]>> = {
  1: [4, (bytes, at) => bytes.readFloatLE(at)],
  2: [8, (bytes, at) => bytes.readDoubleLE(at)],
  3: [4, (bytes, at) => bytes.readInt32LE(at)],
  4: [1, (bytes, at) => bytes.readUInt8(at)],
  5: [2, (bytes, at) => bytes.readInt16LE(at)],
  6: [1, (bytes, at) => bytes.readInt8(at)],
  9: [8, (bytes, at) => Number(bytes.readBigInt64LE(at))],
  10: [1, (bytes, at) => bytes.readUInt8(at)],
  14: [2, (bytes, at) => bfloat16(bytes.readUInt16LE(at))],
  17: [2, (bytes, at) => bytes.readUInt16LE(at)],
  19: [2, (bytes, at) => half(bytes.readUInt16LE(at))],
  22: [4, (bytes, at) => bytes.readUInt32LE(at)],
  23: [8, (bytes, at) => Number(bytes.readBigUInt64LE(at))],
};

function readTensor(message: Message): Tensor {
  const tensor: Tensor = { type: 0, shape: [], numbers: [], strings: [] };
  let content: Buffer | undefined;
  const halves: number[] = [];
  while (message.next()) {
    if (message.field === 1) tensor.type = message.unsigned();
    else if (message.field === 2) readShape(message.message(), tensor.shape);
    else if (message.field === 4) content = message.bytes();
    else if (message.field === 5) message.repeated(4, tensor.numbers);
    else if (message.field === 6) message.repeated(8, tensor.numbers);
    else if (message.field === 8) tensor.strings.push(message.bytes());
    else if (message.field === 13) message.integers(halves);
    else if ([7, 10, 11, 16, 17].includes(message.field)) message.integers(tensor.numbers);
    else message.skip();
  }
  for (const bits of halves) tensor.numbers.push(tensor.type === 14 ? bfloat16(bits) : half(bits));
  const form = CONTENT[tensor.type];
  if (content && content.length > 0 && form)
    for (let at = 0; at + form[0] <= content.length; at += form[0]) tensor.numbers.push(form[1](content, at));
  // A tensor of one value many times has it once.
  const all = tensor.shape.reduce((product, size) => product * size, 1);
  const [last] = tensor.numbers.slice(-1);
  if (last !== undefined && tensor.type !== 7)
    while (tensor.numbers.length < all && all <= 1_000_000) tensor.numbers.push(last);
  return tensor;
}

function readShape(message: Message, into: number[]): void {
  while (message.next())
    if (message.field === 2) {
      const dimension = message.message();
      let size = 0;
      while (dimension.next())
        if (dimension.field === 1) size = dimension.signed();
        else dimension.skip();
      into.push(size);
    } else message.skip();
}

const view = new DataView(new ArrayBuffer(4));

function bfloat16(bits: number): number {
  view.setUint32(0, bits << 16);
  return view.getFloat32(0);
}

function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}
