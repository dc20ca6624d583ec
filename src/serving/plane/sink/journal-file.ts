import { crc32 } from 'node:zlib';
import type { FilledBlock } from './block.ts';
import type { Layout } from './layout.ts';

/** What a journal says of itself, once, before its blocks. */
export interface JournalHead {
  serial: number;
  revision: number;
  model: string;
  version: number;
  /** Tells processes, and the segments of one, apart. */
  maker: string;
  /** For readers that want to know where the segment is from; text. */
  about: Record<string, string>;
  layout: Layout;
}

/**
 * Predictions as they lie in memory, one frame after the other: length of the text and of everything, a checksum, JSON in which each
 * array says its type and length, then the arrays. Writing it costs a copy of the bytes and nothing for each value.
 */
export type Frame = Uint8Array[];

const VIEWS = {
  Uint8Array,
  Int8Array,
  Uint16Array,
  Int16Array,
  Uint32Array,
  Int32Array,
  BigUint64Array,
  BigInt64Array,
  Float32Array,
  Float64Array,
};
type View = InstanceType<(typeof VIEWS)[keyof typeof VIEWS]>;

/** Lengths and checksum before the text. */
const PREFIX = 16;
/** Arrays of any type begin at a multiple of this. */
const ALIGN = 8;
/** The key of an object that stands for an array. */
const MARK = '\0view';

const padded = (length: number): number => Math.ceil(length / ALIGN) * ALIGN;

export function frameOf(value: JournalHead | FilledBlock): Frame {
  const views: View[] = [];
  const text = Buffer.from(JSON.stringify(described(value, views)));
  const head = Buffer.alloc(padded(PREFIX + text.length));
  text.copy(head, PREFIX);
  const parts: Frame = [head];
  for (const { buffer, byteOffset, byteLength } of views) {
    parts.push(new Uint8Array(buffer, byteOffset, byteLength));
    const gap = padded(byteLength) - byteLength;
    if (gap > 0) parts.push(new Uint8Array(gap));
  }
  head.writeUInt32LE(text.length, 0);
  head.writeUInt32LE(bytesOf(parts), 4);
  let sum = crc32(head.subarray(PREFIX));
  for (const part of parts.slice(1)) sum = crc32(part, sum);
  head.writeUInt32LE(sum, 8);
  return parts;
}

export const bytesOf = (frame: Frame): number => frame.reduce((sum, { length }) => sum + length, 0);

/** `value` with an object in the place of each array of numbers; these are added to `views`. */
function described(value: unknown, views: View[]): unknown {
  if (ArrayBuffer.isView(value)) {
    const name = Buffer.isBuffer(value) ? 'Uint8Array' : value.constructor.name;
    if (!isViewName(name)) throw new TypeError(`a journal has no arrays of type ${name}`);
    const { buffer, byteOffset, byteLength } = value;
    const view = new VIEWS[name](
      buffer as ArrayBuffer,
      byteOffset,
      byteLength / VIEWS[name].BYTES_PER_ELEMENT,
    );
    views.push(view);
    return { [MARK]: name, length: view.length };
  }
  if (Array.isArray(value)) return value.map((one) => described(one, views));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, described(one, views)]));
}

const isViewName = (name: unknown): name is keyof typeof VIEWS =>
  typeof name === 'string' && Object.hasOwn(VIEWS, name);

/** Undefined where not even its head is whole. What follows the last whole block was being written when its process ended. */
export function readJournal(
  bytes: ArrayBuffer,
  pause?: () => void,
): { head: JournalHead; blocks: FilledBlock[] } | undefined {
  const frames: unknown[] = [];
  for (let at = 0; ;) {
    const frame = readFrame(bytes, at);
    if (!frame) break;
    frames.push(frame.value);
    at = frame.end;
    pause?.();
  }
  const [head, ...blocks] = frames;
  // Written by `frameOf`, and whole by its checksum.
  return head === undefined ? undefined : { head: head as JournalHead, blocks: blocks as FilledBlock[] };
}

function readFrame(bytes: ArrayBuffer, start: number): { value: unknown; end: number } | undefined {
  if (start + PREFIX > bytes.byteLength) return undefined;
  const prefix = new DataView(bytes, start, PREFIX);
  const text = prefix.getUint32(0, true);
  const whole = prefix.getUint32(4, true);
  if (whole < PREFIX + text || start + whole > bytes.byteLength) return undefined;
  if (crc32(new Uint8Array(bytes, start + PREFIX, whole - PREFIX)) !== prefix.getUint32(8, true))
    return undefined;
  let at = start + padded(PREFIX + text);
  const value: unknown = JSON.parse(
    Buffer.from(bytes, start + PREFIX, text).toString(),
    (_name, one: unknown) => {
      if (typeof one !== 'object' || one === null || !(MARK in one)) return one;
      const { [MARK]: name, length } = one as { [MARK]: unknown; length?: unknown };
      if (!isViewName(name) || typeof length !== 'number')
        throw new TypeError('a journal names no such array');
      const view = new VIEWS[name](bytes, at, length);
      at += padded(view.byteLength);
      return view;
    },
  );
  return { value, end: start + whole };
}
