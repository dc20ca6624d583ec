import { isUtf8 } from 'node:buffer';
import { invalid } from '../../../platform/errors/index.ts';

/**
 * The protobuf wire format, by hand: the messages of the protocol are few, and tensors should be copied once at most. Source:
 * protobuf.dev, "Encoding". Whatever bytes come in, a reader ends with a value or `invalid`; it never reads past its end.
 */
export class Reader {
  readonly bytes: Buffer;
  readonly end: number;
  at: number;

  constructor(bytes: Buffer, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  get done(): boolean {
    return this.at >= this.end;
  }

  /** Field number × 8 + wire type. */
  tag(): number {
    const tag = Number(this.varint());
    if (tag < 8 || tag > 0xffff_ffff) throw malformed('a field without a number');
    return tag;
  }

  /** An unsigned varint of up to 64 bits: a number while it is small, which nearly all are. */
  varint(): number | bigint {
    const { bytes, end } = this;
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      if (this.at >= end) throw malformed('a number is cut short');
      const byte = bytes[this.at++] ?? 0;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    let wide = BigInt(value);
    for (let shift = 28n; shift < 70n; shift += 7n) {
      if (this.at >= end) throw malformed('a number is cut short');
      const byte = bytes[this.at++] ?? 0;
      wide |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, wide);
    }
    throw malformed('a number longer than 64 bits');
  }

  bool(): boolean {
    return Number(this.varint()) !== 0;
  }

  int32(): number {
    const value = this.varint();
    return typeof value === 'number' ? value | 0 : Number(BigInt.asIntN(32, value));
  }

  uint32(): number {
    const value = this.varint();
    return typeof value === 'number' ? value : Number(BigInt.asUintN(32, value));
  }

  /** An int64 that is small by nature: a dimension of a shape. */
  signed(): number {
    const value = this.varint();
    return typeof value === 'number' ? value : Number(BigInt.asIntN(64, value));
  }

  int64(): bigint {
    return BigInt.asIntN(64, BigInt(this.varint()));
  }

  uint64(): bigint {
    return BigInt(this.varint());
  }

  /** The bytes of a length-delimited field, not copied. */
  chunk(): Buffer {
    const length = Number(this.varint());
    const from = this.at;
    if (length > this.end - from) throw malformed(`a field of ${length} bytes goes past its end`);
    this.at = from + length;
    return this.bytes.subarray(from, this.at);
  }

  text(): string {
    const chunk = this.chunk();
    if (!isUtf8(chunk)) throw malformed('a string is not valid UTF-8');
    return chunk.toString('utf8');
  }

  /** A message inside this one. */
  inner(): Reader {
    const length = Number(this.varint());
    const from = this.at;
    if (length > this.end - from) throw malformed(`a message of ${length} bytes goes past its end`);
    this.at = from + length;
    return new Reader(this.bytes, from, this.at);
  }

  float(): number {
    const from = this.fixed(4);
    return this.bytes.readFloatLE(from);
  }

  double(): number {
    const from = this.fixed(8);
    return this.bytes.readDoubleLE(from);
  }

  /** Steps over a field that is not known here. Groups were never part of this protocol. */
  skip(wire: number): void {
    if (wire === 0) this.varint();
    else if (wire === 1) this.fixed(8);
    else if (wire === 2) this.chunk();
    else if (wire === 5) this.fixed(4);
    else throw malformed(`wire type ${wire}`);
  }

  /** A repeated number: packed into one field, or one field each. */
  repeated(wire: number, single: number, read: () => void): void {
    if (wire === single) return read();
    if (wire !== 2) throw malformed(`wire type ${wire} for a list of numbers`);
    const length = Number(this.varint());
    if (length > this.end - this.at) throw malformed(`a list of ${length} bytes goes past its end`);
    const stop = this.at + length;
    while (this.at < stop) read();
    if (this.at !== stop) throw malformed('a list of numbers is cut short');
  }

  private fixed(width: number): number {
    const from = this.at;
    if (from + width > this.end) throw malformed('a number is cut short');
    this.at = from + width;
    return from;
  }
}

export const malformed = (what: string) =>
  invalid(`the message is no valid protobuf of its type: ${what}`, {
    hint: 'grpc_predict_v2.proto of the Open Inference Protocol says what belongs here',
  });

/** Writes fields in order into one growing buffer, behind the 5 bytes of a gRPC message. */
export class Writer {
  private bytes: Buffer;
  private at: number;

  constructor(room = 256) {
    this.bytes = Buffer.allocUnsafe(room + 5);
    this.at = 5;
  }

  private grow(more: number): void {
    if (this.at + more <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.at + more));
    this.bytes.copy(larger, 0, 0, this.at);
    this.bytes = larger;
  }

  /** An unsigned number below 2^53. */
  varint(value: number): this {
    this.grow(10);
    while (value > 0x7f) {
      this.bytes[this.at++] = (value % 128) | 0x80;
      value = Math.floor(value / 128);
    }
    this.bytes[this.at++] = value;
    return this;
  }

  /** int64 of a number that may be negative. */
  int64(value: number): this {
    if (value >= 0) return this.varint(value);
    this.grow(10);
    let rest = BigInt.asUintN(64, BigInt(value));
    while (rest > 0x7fn) {
      this.bytes[this.at++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.bytes[this.at++] = Number(rest);
    return this;
  }

  /** Default values are left out, as proto3 does. */
  uint(field: number, value: number): this {
    return value === 0 ? this : this.varint(field * 8).varint(value);
  }

  bool(field: number, value: boolean): this {
    return this.uint(field, value ? 1 : 0);
  }

  text(field: number, value: string): this {
    if (value === '') return this;
    return this.entry(field, value);
  }

  /** A string that is written even when empty: an element of a list, or the chosen one of several. */
  entry(field: number, value: string): this {
    const length = Buffer.byteLength(value);
    this.varint(field * 8 + 2).varint(length);
    this.grow(length);
    this.at += this.bytes.write(value, this.at, length, 'utf8');
    return this;
  }

  chunk(field: number, value: Uint8Array): this {
    this.varint(field * 8 + 2).varint(value.length);
    this.grow(value.length);
    this.bytes.set(value, this.at);
    this.at += value.length;
    return this;
  }

  /** A message inside this one: its length is known only when it is written, so it is moved when that takes more than a byte. */
  message(field: number, write: (into: this) => void): this {
    this.varint(field * 8 + 2);
    this.grow(1);
    const start = ++this.at;
    write(this);
    const length = this.at - start;
    let width = 1;
    for (let rest = length; rest > 0x7f; rest = Math.floor(rest / 128)) width++;
    if (width > 1) {
      this.grow(width - 1);
      this.bytes.copyWithin(start + width - 1, start, this.at);
    }
    this.at = start - 1;
    this.varint(length);
    this.at += length;
    return this;
  }

  numbers(field: number, values: readonly number[]): this {
    if (values.length === 0) return this;
    return this.message(field, (into) => values.forEach((value) => into.int64(value)));
  }

  /** The message with its gRPC prefix: not compressed, so many bytes. */
  finish(): Buffer {
    this.bytes[0] = 0;
    this.bytes.writeUInt32BE(this.at - 5, 1);
    return this.bytes.subarray(0, this.at);
  }
}
