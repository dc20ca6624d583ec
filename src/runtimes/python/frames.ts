import { ELEMENT_BYTES, elements, isTyped, viewNumbers } from '../spec/element.ts';
import type { Body } from '../model.ts';
import { Json, type Cell, type Datatype, type Tensor } from '../tensor.ts';

/** What goes to a host and comes back; sdk/python/treadle/host.py is the other end and says the form of a frame. */
export type ToHost =
  | {
      op: 'load';
      folder: string;
      kind: 'columns' | 'tensors' | 'none';
      named: boolean;
      inputs: ReadonlyArray<{ name: string; datatype: Datatype; column?: string }>;
      /** The version of Python that the model was recorded with. */
      recorded?: string;
    }
  | { op: 'ping' }
  /** The body follows the header as it came; so does the JSON of the answer. */
  | { op: 'json'; media: Body['media']; params?: Record<string, unknown> }
  | { op: 'run'; params?: Record<string, unknown> };

export interface FromHost {
  id: number;
  error?: { kind: 'invalid' | 'fault'; type: string; message: string; where: string };
  returns?: 'array' | 'frame' | 'named';
  /** Name, datatype, shape, bytes. */
  tensors?: Array<[string, Datatype, number[], number]>;
}

/** No answer of a host may be larger: its length is a number of 32 bits, and it is held in memory. */
const LARGEST = 1 << 30;

/** The upper two bits of an element's length say what it is: no length needs them. */
const KIND = 30;
const [TEXT, BYTES, JSON_TEXT, MISSING] = [0, 1, 2, 3];

const padding = (size: number): number => (8 - (size % 8)) % 8;

/** One buffer for the whole frame: numbers are copied once, text is written where it goes. */
export function encodeFrame(
  id: number,
  message: ToHost,
  inputs: ReadonlyArray<Tensor | undefined> = [],
  tail?: Uint8Array,
): Buffer<ArrayBuffer> {
  const tensors: Array<[number, Datatype, readonly number[], number]> = [];
  const texts: Array<number[] | undefined> = [];
  let size = 0;
  for (const [index, tensor] of inputs.entries()) {
    if (!tensor) continue;
    let bytes: number;
    if (isTyped(tensor.data)) {
      bytes = tensor.data.byteLength;
      texts.push(undefined);
    } else {
      const lengths = tensor.data.map(lengthOf);
      bytes = lengths.reduce((sum, one) => sum + one, 4 * lengths.length);
      texts.push(lengths);
    }
    tensors.push([index, tensor.datatype, tensor.shape, bytes]);
    size += bytes + padding(bytes);
  }
  if (tail) size += tail.byteLength;
  const header = Buffer.from(
    JSON.stringify(message.op === 'run' ? { id, ...message, tensors } : { id, ...message }),
  );
  const headerSize = header.length + padding(8 + header.length);
  const frame = Buffer.allocUnsafeSlow(8 + headerSize + size);
  frame.writeUInt32LE(4 + headerSize + size, 0);
  frame.writeUInt32LE(headerSize, 4);
  header.copy(frame, 8);
  frame.fill(0x20, 8 + header.length, 8 + headerSize);
  let at = 8 + headerSize;
  let next = 0;
  for (const tensor of inputs) {
    if (!tensor) continue;
    const start = at;
    const lengths = texts[next++];
    const { data } = tensor;
    if (isTyped(data)) {
      frame.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
      at += data.byteLength;
    } else {
      for (const [i, length] of (lengths ?? []).entries())
        at = frame.writeUInt32LE((length | (kindOf(data[i]) << KIND)) >>> 0, at);
      for (const one of data) {
        if (one instanceof Uint8Array) at += copyInto(frame, one, at);
        else if (one !== null) at += frame.write(textOf(one), at);
      }
    }
    const end = at + padding(at - start);
    frame.fill(0, at, end);
    at = end;
  }
  if (tail) frame.set(tail, at);
  return frame;
}

const textOf = (one: string | Json): string => (typeof one === 'string' ? one : one.text);

const lengthOf = (one: Cell): number =>
  one === null ? 0 : one instanceof Uint8Array ? one.byteLength : Buffer.byteLength(textOf(one));

const kindOf = (one: Cell | undefined): number =>
  typeof one === 'string'
    ? TEXT
    : one instanceof Uint8Array
      ? BYTES
      : one instanceof Json
        ? JSON_TEXT
        : MISSING;

function copyInto(frame: Buffer, bytes: Uint8Array, at: number): number {
  frame.set(bytes, at);
  return bytes.byteLength;
}

/** Tensors of an answer, as views into its frame where they are numbers. */
export function decodeTensors(header: FromHost, body: Buffer<ArrayBuffer>): Tensor[] {
  let at = 0;
  const form = header.returns === undefined ? undefined : { form: header.returns };
  return (header.tensors ?? []).map(([name, datatype, shape, bytes]) => {
    const piece = body.subarray(at, at + bytes);
    at += bytes + padding(bytes);
    if (datatype !== 'BYTES') {
      if (piece.length !== elements(shape) * ELEMENT_BYTES[datatype]) throw new Error('a frame is cut short');
      return { name, datatype, shape, data: viewNumbers(datatype, piece), ...form };
    }
    const count = elements(shape);
    const data: Cell[] = [];
    let from = 4 * count;
    for (let i = 0; i < count; i++) {
      const word = piece.readUInt32LE(4 * i);
      const kind = word >>> KIND;
      const to = from + (word & (LARGEST - 1));
      if (kind === BYTES) data.push(piece.subarray(from, to));
      else if (kind === MISSING) data.push(null);
      else {
        const text = piece.toString('utf8', from, to);
        data.push(kind === TEXT ? text : new Json(text));
      }
      from = to;
    }
    return { name, datatype, shape, data, ...form };
  });
}

/** Puts the pieces of a stream together into frames; each has a buffer of its own, so that views of it lie straight. */
export function frameReader(
  hear: (header: FromHost, body: Buffer<ArrayBuffer>) => void,
): (chunk: Buffer) => void {
  const length = Buffer.alloc(4);
  let lengthAt = 0;
  let frame: Buffer<ArrayBuffer> | undefined;
  let frameAt = 0;
  return (chunk) => {
    let at = 0;
    while (at < chunk.length) {
      if (!frame) {
        const taken = chunk.copy(length, lengthAt, at, at + 4 - lengthAt);
        lengthAt += taken;
        at += taken;
        if (lengthAt < 4) return;
        const size = length.readUInt32LE(0);
        if (size < 4 || size > LARGEST) throw new Error(`a host sent a frame of ${size} bytes`);
        // The four bytes of the length before it keep the body where numbers of eight bytes can lie.
        frame = Buffer.allocUnsafeSlow(4 + size);
        frameAt = 4;
      }
      const taken = chunk.copy(frame, frameAt, at);
      frameAt += taken;
      at += taken;
      if (frameAt < frame.length) return;
      const whole = frame;
      frame = undefined;
      lengthAt = 0;
      const body = 8 + whole.readUInt32LE(4);
      // Our own program wrote it, though the model's code may have meddled: what is missing is found by whoever reads it.
      const header = JSON.parse(whole.toString('utf8', 8, body)) as FromHost;
      hear(header, whole.subarray(body));
    }
  };
}
