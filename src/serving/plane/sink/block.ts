import type { ColumnHash } from '../../record-rules.ts';
import type { Answered } from '../hooks/hook.ts';
import type { ColumnRule } from '../protocol.ts';
import { columnOf, TextColumn, type Column, type Filled } from './columns.ts';
import type { Kept, Layout } from './layout.ts';

/** Letters of a prediction's id. */
export const ID = 35;
/** Bytes of a prediction beside its values: id, time, latency, rows, and where its texts end. */
const BESIDE = ID + 8 + 4 + 4 + 12;

/** A block as it goes to disk. */
export interface FilledBlock {
  predictions: number;
  rows: number;
  /** By prediction: `ID` letters each, ms since 1970, ms, rows, and texts. */
  ids: Uint8Array;
  at: Float64Array;
  ms: Float32Array;
  counts: Uint32Array;
  keys: Filled;
  params: Filled;
  copies: Filled;
  /** By row. */
  inputs: Filled[];
  outputs: Filled[];
}

/** Some predictions, column by column, in memory that is taken once: keeping one of numbers allocates nothing. */
export class Block {
  readonly capacity: number;
  predictions = 0;
  rows = 0;
  /** Bytes that are filled. */
  bytes = 0;
  private readonly ids: Buffer;
  private readonly at: Float64Array;
  private readonly ms: Float32Array;
  private readonly counts: Uint32Array;
  private readonly keys: TextColumn;
  private readonly params: TextColumn;
  private readonly copies: TextColumn;
  private readonly inputs: readonly Column[];
  private readonly outputs: readonly Column[];
  private readonly each: number;
  private readonly key: ColumnRule | undefined;
  private readonly told: ColumnRule | undefined;
  private readonly hash: ColumnHash;

  constructor({ recording, key, params, inputs, outputs }: Layout, capacity: number, hash: ColumnHash) {
    this.capacity = capacity;
    this.hash = hash;
    // Who asked, and with which settings, is of the question.
    this.key = recording === 'all' ? key : 'drop';
    this.told = recording === 'all' ? params : 'drop';
    this.ids = Buffer.alloc(ID * capacity);
    this.at = new Float64Array(capacity);
    this.ms = new Float32Array(capacity);
    this.counts = new Uint32Array(capacity);
    this.keys = new TextColumn(capacity);
    this.params = new TextColumn(capacity);
    this.copies = new TextColumn(capacity);
    this.inputs = inputs.map((field) => columnOf(field, capacity, hash));
    this.outputs = outputs.map((field) => columnOf(field, capacity, hash));
    this.each = [...this.inputs, ...this.outputs].reduce((sum, { each }) => sum + each, 0);
  }

  /** About the bytes that this prediction takes. */
  size({ key }: Answered, { inputs, outputs, rows }: Kept): number {
    let bytes = BESIDE + this.each * Math.max(1, rows) + (key?.length ?? 0);
    for (let at = 0; at < this.inputs.length; at++) {
      const tensor = inputs[at];
      if (tensor !== undefined) bytes += this.inputs[at]!.room?.(tensor.data) ?? 0;
    }
    for (let at = 0; at < this.outputs.length; at++)
      bytes += this.outputs[at]!.room?.(outputs[at]!.data) ?? 0;
    return bytes;
  }

  /** Whether so many more rows have a place. */
  takes(rows: number): boolean {
    return this.rows + Math.max(1, rows) <= this.capacity;
  }

  add({ prediction, at, ms, key, params, copyOf }: Answered, kept: Kept, size: number): void {
    const { predictions: place, rows: row } = this;
    const rows = Math.max(1, kept.rows);
    // One byte a letter, copied; UTF-8 would be looked at letter by letter.
    this.ids.write(prediction, place * ID, ID, 'latin1');
    this.at[place] = at;
    this.ms[place] = ms;
    this.counts[place] = rows;
    this.keys.add(this.as(this.key, key), place);
    this.params.add(
      params === undefined || this.told === 'drop' ? undefined : this.as(this.told, JSON.stringify(params)),
      place,
    );
    this.copies.add(copyOf?.prediction, place);
    for (let index = 0; index < this.inputs.length; index++) {
      const tensor = kept.inputs[index];
      const column = this.inputs[index]!;
      if (tensor === undefined) column.skip(row, rows);
      else column.put(tensor.data, row, rows);
    }
    for (let index = 0; index < this.outputs.length; index++)
      this.outputs[index]!.put(kept.outputs[index]!.data, row, rows);
    this.predictions++;
    this.rows += rows;
    this.bytes += size;
  }

  private as(rule: ColumnRule | undefined, text: string | undefined): string | undefined {
    if (rule === undefined || text === undefined) return text;
    return rule === 'hash' ? this.hash(text) : undefined;
  }

  /** Empty again, in the same memory: nobody has what `filled` returned any more. */
  clear(): void {
    this.predictions = 0;
    this.rows = 0;
    this.bytes = 0;
    for (const column of [this.keys, this.params, this.copies, ...this.inputs, ...this.outputs])
      column.clear();
  }

  /** A view: what is added while it is being written would be lost without an error. */
  filled(): FilledBlock {
    const { predictions, rows } = this;
    return {
      predictions,
      rows,
      ids: this.ids.subarray(0, predictions * ID),
      at: this.at.subarray(0, predictions),
      ms: this.ms.subarray(0, predictions),
      counts: this.counts.subarray(0, predictions),
      keys: this.keys.filled(predictions),
      params: this.params.filled(predictions),
      copies: this.copies.filled(predictions),
      inputs: this.inputs.map((column) => column.filled(rows)),
      outputs: this.outputs.map((column) => column.filled(rows)),
    };
  }
}
