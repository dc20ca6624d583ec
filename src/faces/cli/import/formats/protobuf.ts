/** Reads the fields of a protobuf message one after another, without its schema. Values are taken as the asker knows them to be. */
export class Message {
  field = 0;
  wire = 0;
  readonly #bytes: Buffer;
  #at: number;
  readonly #end: number;

  constructor(bytes: Buffer, from = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#at = from;
    this.#end = end;
  }

  /** Goes to the next field; false at the end. The field before must have been read or skipped. */
  next(): boolean {
    if (this.#at >= this.#end) return false;
    const tag = this.unsigned();
    this.field = Math.floor(tag / 8);
    this.wire = tag % 8;
    return true;
  }

  /** A varint that is not negative. */
  unsigned(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 10; i++) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    throw new RangeError('a number of more than 64 bits');
  }

  /** An int64: what is beyond 2^53 loses its last digits, and is no safe integer. */
  signed(): number {
    const from = this.#at;
    let length = 1;
    while (this.#byte() >= 0x80) length++;
    this.#at = from;
    if (length < 10) return this.unsigned();
    let bits = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.#byte();
      bits |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return Number(BigInt.asIntN(64, bits));
    }
  }

  double(): number {
    return this.#bytes.readDoubleLE(this.#take(8));
  }

  float(): number {
    return this.#bytes.readFloatLE(this.#take(4));
  }

  bytes(): Buffer {
    const length = this.unsigned();
    const from = this.#take(length);
    return this.#bytes.subarray(from, from + length);
  }

  text(): string {
    return this.bytes().toString('utf8');
  }

  message(): Message {
    return new Message(this.bytes());
  }

  /** Numbers of a repeated field, packed or one by one. */
  repeated(size: 4 | 8, into: number[]): void {
    const bytes = this.wire === 2 ? this.bytes() : this.#bytes.subarray(this.#take(size), this.#at);
    for (let at = 0; at + size <= bytes.length; at += size)
      into.push(size === 8 ? bytes.readDoubleLE(at) : bytes.readFloatLE(at));
  }

  /** Varints of a repeated field, packed or one by one. */
  integers(into: number[]): void {
    if (this.wire !== 2) {
      into.push(this.signed());
      return;
    }
    const inner = new Message(this.bytes());
    while (!inner.done) into.push(inner.signed());
  }

  get done(): boolean {
    return this.#at >= this.#end;
  }

  skip(): void {
    if (this.wire === 0) this.signed();
    else if (this.wire === 1) this.#take(8);
    else if (this.wire === 2) this.bytes();
    else if (this.wire === 5) this.#take(4);
    else throw new RangeError(`wire type ${this.wire} is none`);
  }

  #byte(): number {
    return this.#bytes[this.#take(1)]!;
  }

  /** Moves on, and says from where. */
  #take(length: number): number {
    const from = this.#at;
    if (from + length > this.#end) throw new RangeError('the message ends within a field');
    this.#at = from + length;
    return from;
  }
}
