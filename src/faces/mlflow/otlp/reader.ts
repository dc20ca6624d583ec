/** A protobuf message read field by field (protobuf.dev/programming-guides/encoding): what OTLP is made of, and no more. */
export class Reader {
  readonly #bytes: Buffer;
  #end: number;
  #at = 0;

  constructor(bytes: Buffer, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  get done(): boolean {
    return this.#at >= this.#end;
  }

  /** Number and wire type of the next field. */
  tag(): { field: number; type: number } {
    const tag = this.#small();
    const field = tag >>> 3;
    if (field === 0) throw new MalformedError('a field has the number 0');
    return { field, type: tag & 7 };
  }

  /** A varint that is kept as a number: lengths, tags, enumerations. */
  #small(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      if (this.#at >= this.#end) throw new MalformedError('it ends within a number');
      const byte = this.#bytes[this.#at++]!;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    // Enumerations below zero take ten bytes.
    return Number(BigInt.asIntN(32, this.#rest(BigInt(value), 35n)));
  }

  #rest(low: bigint, from: bigint): bigint {
    let value = low;
    for (let shift = from; shift < 70n; shift += 7n) {
      if (this.#at >= this.#end) throw new MalformedError('it ends within a number');
      const byte = this.#bytes[this.#at++]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new MalformedError('a number is longer than ten bytes');
  }

  enumeration(): number {
    return this.#small();
  }

  /** A whole number of 64 bits with its sign; a bigint only where a number would not be exact. */
  int64(): number | bigint {
    let value = 0;
    for (let shift = 0; shift < 49; shift += 7) {
      if (this.#at >= this.#end) throw new MalformedError('it ends within a number');
      const byte = this.#bytes[this.#at++]!;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    const exact = BigInt.asIntN(64, this.#rest(BigInt(value), 49n));
    return exact >= BigInt(Number.MIN_SAFE_INTEGER) && exact <= BigInt(Number.MAX_SAFE_INTEGER)
      ? Number(exact)
      : exact;
  }

  fixed64(): bigint {
    return this.#bytes.readBigUInt64LE(this.#take(8));
  }

  double(): number {
    return this.#bytes.readDoubleLE(this.#take(8));
  }

  #take(length: number): number {
    const at = this.#at;
    if (at + length > this.#end) throw new MalformedError('it ends within a field');
    this.#at += length;
    return at;
  }

  hex(): string {
    return this.#written('hex');
  }

  base64(): string {
    return this.#written('base64');
  }

  text(): string {
    return this.#written('utf8');
  }

  #written(encoding: 'hex' | 'base64' | 'utf8'): string {
    const length = this.#small();
    const at = this.#take(length);
    return this.#bytes.toString(encoding, at, at + length);
  }

  /** A message within this one: read by `read` to its end, and nothing of it twice. */
  message(read: (reader: this) => void): void {
    const length = this.#small();
    const end = this.#take(length) + length;
    const outer = this.#end;
    this.#at = end - length;
    this.#end = end;
    read(this);
    this.#at = end;
    this.#end = outer;
  }

  /** A message within this one, to be read later. */
  apart(): Reader {
    const length = this.#small();
    const at = this.#take(length);
    return new Reader(this.#bytes, at, at + length);
  }

  /** A field that is not known here. */
  skip(type: number): void {
    if (type === 0) this.int64();
    else if (type === 1) this.#take(8);
    else if (type === 2) this.#take(this.#small());
    else if (type === 5) this.#take(4);
    else throw new MalformedError(`there is no wire type ${type}`);
  }
}

export class MalformedError extends Error {}

/** Values within values: deeper ones are refused, as protobuf's own readers do. */
const DEEPEST = 100;

/** Calls for each field; a field of another type than it should have is passed over, as one that is not known. */
export function eachField(
  reader: Reader,
  fields: Readonly<Record<number, readonly [type: number, read: (reader: Reader) => void]>>,
): void {
  while (!reader.done) {
    const { field, type } = reader.tag();
    const known = fields[field];
    if (known?.[0] === type) known[1](reader);
    else reader.skip(type);
  }
}

export function requireShallow(depth: number): void {
  if (depth > DEEPEST) throw new MalformedError(`values are nested more than ${DEEPEST} deep`);
}
