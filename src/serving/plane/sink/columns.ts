import { Json, type Cell, type Datatype, type TensorData } from '../../../runtimes/index.ts';
import type { ColumnHash } from '../../record-rules.ts';
import type { Field } from './layout.ts';

/** The values of one column of a block, as they go to disk. */
export type Filled =
  | { kind: 'numbers'; values: Numbers; width: number; missing: Uint8Array | undefined }
  | { kind: 'lists'; values: Numbers; ends: Uint32Array; missing: Uint8Array | undefined }
  | { kind: 'texts'; bytes: Uint8Array; ends: Uint32Array; missing: Uint8Array | undefined };

export type Numbers =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigUint64Array
  | BigInt64Array
  | Float32Array
  | Float64Array;

export type NumberType = Exclude<Datatype, 'BYTES'>;

const MAKE: Readonly<Record<NumberType, (length: number) => Numbers>> = {
  BOOL: (length) => new Uint8Array(length),
  UINT8: (length) => new Uint8Array(length),
  INT8: (length) => new Int8Array(length),
  UINT16: (length) => new Uint16Array(length),
  INT16: (length) => new Int16Array(length),
  FP16: (length) => new Uint16Array(length),
  UINT32: (length) => new Uint32Array(length),
  INT32: (length) => new Int32Array(length),
  FP32: (length) => new Float32Array(length),
  UINT64: (length) => new BigUint64Array(length),
  INT64: (length) => new BigInt64Array(length),
  FP64: (length) => new Float64Array(length),
};

/** A column of a block while it is filled, from its first row to its last. */
export interface Column {
  /** Bytes that a row takes before anything is put into it. */
  readonly each: number;
  /** About the bytes that these values take beyond that; absent where they take none. */
  room?(data: TensorData): number;
  /** `rows` rows from row `at` on. */
  put(data: TensorData, at: number, rows: number): void;
  skip(at: number, rows: number): void;
  /** Of the first rows. */
  filled(rows: number): Filled;
  /** As it was at first, in the same memory. */
  clear(): void;
}

export function columnOf({ datatype, width, hashed }: Field, capacity: number, hash: ColumnHash): Column {
  if (hashed !== undefined) return new HashColumn(capacity, hashed, hash);
  if (datatype === 'BYTES') return new TextColumn(capacity, width !== 1);
  return width === undefined
    ? new ListColumn(datatype, capacity)
    : new NumberColumn(datatype, width, capacity);
}

class NumberColumn implements Column {
  readonly each: number;
  private readonly values: Numbers;
  private readonly width: number;
  private readonly missing: Missing;

  constructor(datatype: NumberType, width: number, capacity: number) {
    this.width = width;
    this.values = MAKE[datatype](capacity * width);
    this.each = this.values.BYTES_PER_ELEMENT * width;
    this.missing = new Missing(capacity);
  }

  put(data: TensorData, at: number): void {
    // One value is by far the most frequent: a column of a table, in a question of one row.
    if (data.length === 1) this.values[at * this.width] = data[0] as number;
    else (this.values as SetAny).set(data, at * this.width);
  }

  skip(at: number, rows: number): void {
    this.missing.mark(at, rows);
  }

  filled(rows: number): Filled {
    return {
      kind: 'numbers',
      values: this.values.subarray(0, rows * this.width),
      width: this.width,
      missing: this.missing.marks,
    };
  }

  clear(): void {
    // What is skipped has no value of its own: that of another prediction must not stand there.
    if (this.missing.marks) this.values.fill(0 as never);
    this.missing.clear();
  }
}

/** Of one datatype with the values, so of one kind: TypeScript cannot know. */
interface SetAny {
  set(from: TensorData, at: number): void;
}

class ListColumn implements Column {
  readonly each = 4;
  private readonly datatype: NumberType;
  private values: Numbers;
  private used = 0;
  private readonly ends: Uint32Array;
  private readonly missing: Missing;

  constructor(datatype: NumberType, capacity: number) {
    this.datatype = datatype;
    this.values = MAKE[datatype](1024);
    this.ends = new Uint32Array(capacity);
    this.missing = new Missing(capacity);
  }

  room(data: TensorData): number {
    return data.length * this.values.BYTES_PER_ELEMENT;
  }

  put(data: TensorData, at: number, rows: number): void {
    // Twice as much each time: by a fixed step, a block of long lists would be copied over and over.
    if (this.used + data.length > this.values.length) {
      const larger = MAKE[this.datatype](Math.max(this.values.length * 2, this.used + data.length));
      (larger as SetAny).set(this.values.subarray(0, this.used), 0);
      this.values = larger;
    }
    (this.values as SetAny).set(data, this.used);
    const each = data.length / rows;
    for (let row = 0; row < rows; row++) this.ends[at + row] = this.used += each;
  }

  skip(at: number, rows: number): void {
    this.missing.mark(at, rows);
    for (let row = 0; row < rows; row++) this.ends[at + row] = this.used;
  }

  filled(rows: number): Filled {
    return {
      kind: 'lists',
      values: this.values.subarray(0, this.used),
      ends: this.ends.subarray(0, rows),
      missing: this.missing.marks,
    };
  }

  clear(): void {
    this.used = 0;
    this.missing.clear();
  }
}

/** Text, one a row; `list`: each row may have several, and is kept as their JSON. */
export class TextColumn implements Column {
  readonly each: number = 4;
  private heap = Buffer.alloc(4096);
  private used = 0;
  private readonly ends: Uint32Array;
  private readonly missing: Missing;
  private readonly list: boolean;

  constructor(capacity: number, list = false) {
    this.ends = new Uint32Array(capacity);
    this.missing = new Missing(capacity);
    this.list = list;
  }

  room(data: TensorData): number {
    let bytes = 0;
    for (const one of data as readonly Cell[]) {
      if (typeof one === 'string') bytes += one.length * 3;
      else if (one instanceof Json) bytes += one.text.length * 3;
      else if (one !== null) bytes += one.length * 2;
    }
    return bytes;
  }

  put(data: TensorData, at: number, rows: number): void {
    const cells = data as readonly Cell[];
    const width = cells.length / rows;
    for (let row = 0; row < rows; row++) {
      if (!this.list) this.add(cells[row]!, at + row);
      else this.add(JSON.stringify(cells.slice(row * width, (row + 1) * width).map(plain)), at + row);
    }
  }

  skip(at: number, rows: number): void {
    this.missing.mark(at, rows);
    for (let row = 0; row < rows; row++) this.ends[at + row] = this.used;
  }

  add(one: Cell | undefined, at: number): void {
    if (one === null || one === undefined) return this.skip(at, 1);
    const value = one instanceof Json ? one.text : one;
    // UTF-8 takes three bytes at most for each unit of a string: asking for the true length first would walk each text twice.
    const most = typeof value === 'string' ? value.length * 3 : value.length;
    if (this.used + most > this.heap.length) {
      const larger = Buffer.alloc(Math.max(this.heap.length * 2, this.used + most));
      larger.set(this.heap.subarray(0, this.used));
      this.heap = larger;
    }
    if (typeof value === 'string') this.used += this.heap.write(value, this.used);
    else {
      this.heap.set(value, this.used);
      this.used += value.length;
    }
    this.ends[at] = this.used;
  }

  filled(rows: number): Filled {
    return {
      kind: 'texts',
      bytes: this.heap.subarray(0, this.used),
      ends: this.ends.subarray(0, rows),
      missing: this.missing.marks,
    };
  }

  clear(): void {
    this.used = 0;
    this.missing.clear();
  }
}

/** The keyed hash of a value for each; of a row of several values, of all of them together. A missing one stays missing. */
class HashColumn extends TextColumn {
  /** More than it takes: a hash costs time of the thread that answers, and this bounds how many a prediction may ask for. */
  override readonly each = 256;
  private readonly datatype: Datatype;
  private readonly hash: ColumnHash;

  constructor(capacity: number, datatype: Datatype, hash: ColumnHash) {
    super(capacity);
    this.datatype = datatype;
    this.hash = hash;
  }

  override room(): number {
    return 0;
  }

  override put(data: TensorData, at: number, rows: number): void {
    const width = data.length / rows;
    for (let row = 0; row < rows; row++) {
      const text =
        width === 1
          ? spelled(this.datatype, data[row]!)
          : JSON.stringify(Array.from(data.slice(row * width, (row + 1) * width), plain));
      this.add(text === undefined ? undefined : this.hash(text), at + row);
    }
  }
}

/** As whoever wrote it down elsewhere would have: equal values have equal hashes, whichever type each place gives them. */
function spelled(datatype: Datatype, value: Cell | number | bigint): string | Uint8Array | undefined {
  if (value === null || Number.isNaN(value)) return undefined;
  if (value instanceof Json) return value.text;
  if (typeof value !== 'number') return typeof value === 'bigint' ? String(value) : value;
  if (datatype === 'BOOL') return String(value === 1);
  if (datatype === 'FP32') return String(shortest(value));
  if (datatype !== 'FP16') return String(value);
  const number = half(value);
  return Number.isNaN(number) ? undefined : String(number);
}

/** The number with the fewest digits that single precision takes for this one: 0.1, and not 0.10000000149011612. */
function shortest(value: number): number {
  for (const digits of [7, 8]) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return Number(value.toPrecision(9));
}

/** Half precision by its bits. */
export function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const plain = (one: Cell | number | bigint): unknown =>
  typeof one === 'bigint'
    ? String(one)
    : one instanceof Json
      ? one.text
      : one instanceof Uint8Array
        ? Buffer.from(one).toString('base64')
        : one;

/**
 * Which rows have no value: nothing is kept until one has none. Most columns never have one, and are then REQUIRED in the file, which
 * spares a mark for each value there, too.
 */
class Missing {
  /** Kept from one filling to the next: each prediction marks its key, params and copy, which most do not have. */
  private memory: Uint8Array | undefined;
  private any = false;
  private readonly capacity: number;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get marks(): Uint8Array | undefined {
    return this.any ? this.memory : undefined;
  }

  mark(at: number, rows: number): void {
    this.memory ??= new Uint8Array(this.capacity);
    this.any = true;
    // Most questions have one row, and a call of `fill` takes some fifty times as long.
    if (rows === 1) this.memory[at] = 1;
    else this.memory.fill(1, at, at + rows);
  }

  clear(): void {
    if (this.any) this.memory?.fill(0);
    this.any = false;
  }
}
