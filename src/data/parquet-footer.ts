/**
 * Reads as much of a Parquet file's end as tells whether it is whole, and how many rows it has. Nothing else
 * is decoded, and no length in it is believed before it was compared with what is there.
 * Format: https://parquet.apache.org/docs/file-format/ (footer: FileMetaData in Thrift's compact protocol).
 */
export type FooterCheck = { rows: number } | { broken: string };

/** Larger footers are left to DuckDB. */
const FOOTER_BYTES = 64 * 1024 * 1024;

export async function checkParquet(
  size: number,
  read: (start: number, end: number) => Promise<Buffer>,
): Promise<FooterCheck> {
  if (size < 12) return { broken: `it has ${size} bytes, and a Parquet file has at least 12` };
  const [head, tail] = [await read(0, 3), await read(size - 8, size - 1)];
  if (head.toString('latin1') !== 'PAR1') return { broken: 'it does not begin with PAR1' };
  const mark = tail.toString('latin1', 4, 8);
  if (mark === 'PARE') return { broken: 'its footer is encrypted' };
  if (mark !== 'PAR1')
    return { broken: 'it does not end with PAR1: it was cut short, or not closed by its writer' };
  const length = tail.readUInt32LE(0);
  if (length > size - 12) return { broken: `its footer claims ${length} bytes, more than the file has` };
  if (length > FOOTER_BYTES)
    return { broken: `its footer has ${length} bytes, more than ${FOOTER_BYTES} are read` };
  try {
    return new Metadata(await read(size - 8 - length, size - 9), size).check();
  } catch (error) {
    if (error instanceof BadFooter) return { broken: error.message };
    throw error;
  }
}

class BadFooter extends Error {}

/** Types of Thrift's compact protocol. */
const T = {
  stop: 0,
  true: 1,
  false: 2,
  byte: 3,
  i16: 4,
  i32: 5,
  i64: 6,
  double: 7,
  binary: 8,
  list: 9,
  set: 10,
  map: 11,
  struct: 12,
};

class Metadata {
  readonly #bytes: Buffer;
  readonly #size: number;
  #at = 0;

  constructor(bytes: Buffer, size: number) {
    this.#bytes = bytes;
    this.#size = size;
  }

  /** FileMetaData: 1 version, 2 schema, 3 num_rows, 4 row_groups. */
  check(): FooterCheck {
    let rows: number | undefined;
    let schema = 0;
    this.#struct((id, type) => {
      if (id === 2 && type === T.list) {
        schema = this.#list((element) => this.#skip(element, 0));
      } else if (id === 3 && type === T.i64) {
        rows = this.#varint();
      } else if (id === 4 && type === T.list) {
        this.#list((element) => (element === T.struct ? this.#rowGroup() : this.#skip(element, 0)));
      } else this.#skip(type, 0);
    });
    if (schema < 1) throw new BadFooter('its footer has no schema');
    if (rows === undefined || rows < 0)
      throw new BadFooter('its footer does not say how many rows there are');
    return { rows };
  }

  /** RowGroup: 1 columns → ColumnChunk: 3 meta_data → ColumnMetaData: 7 total_compressed_size, 9 data_page_offset. */
  #rowGroup(): void {
    this.#struct((id, type) => {
      if (id !== 1 || type !== T.list) return this.#skip(type, 0);
      this.#list((element) => {
        if (element !== T.struct) return this.#skip(element, 0);
        this.#struct((field, kind) => {
          if (field !== 3 || kind !== T.struct) return this.#skip(kind, 0);
          let [length, start] = [0, 0];
          this.#struct((inner, innerKind) => {
            if (inner === 7 && innerKind === T.i64) length = this.#varint();
            else if (inner === 9 && innerKind === T.i64) start = this.#varint();
            else this.#skip(innerKind, 0);
          });
          if (start < 0 || length < 0 || start > this.#size)
            throw new BadFooter('its footer points outside the file: it was cut or joined');
        });
      });
    });
  }

  #struct(field: (id: number, type: number) => void): void {
    let id = 0;
    for (;;) {
      const head = this.#byte();
      if (head === T.stop) return;
      const delta = head >> 4;
      id = delta === 0 ? this.#varint() : id + delta;
      field(id, head & 15);
    }
  }

  #list(element: (type: number) => void): number {
    const head = this.#byte();
    const count = head >> 4 === 15 ? this.#unsigned() : head >> 4;
    // Each element has a byte at least, so a wild count ends soon.
    if (count > this.#bytes.length) throw new BadFooter('its footer is damaged');
    for (let i = 0; i < count; i++) element(head & 15);
    return count;
  }

  #skip(type: number, depth: number): void {
    if (depth > 32) throw new BadFooter('its footer is damaged');
    switch (type) {
      case T.true:
      case T.false:
        return;
      case T.byte:
        this.#at++;
        return;
      case T.i16:
      case T.i32:
      case T.i64:
        this.#unsigned();
        return;
      case T.double:
        this.#at += 8;
        return;
      case T.binary: {
        const length = this.#unsigned();
        if (length > this.#bytes.length - this.#at) throw new BadFooter('its footer is damaged');
        this.#at += length;
        return;
      }
      case T.list:
      case T.set:
        // Booleans in a list have a byte each.
        this.#list((element) =>
          element === T.true || element === T.false ? void this.#at++ : this.#skip(element, depth + 1),
        );
        return;
      case T.struct:
        this.#struct((_id, inner) => this.#skip(inner, depth + 1));
        return;
      default:
        throw new BadFooter('its footer is damaged');
    }
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new BadFooter('its footer ends too early');
    return byte;
  }

  /** Exact up to 2^53, which is more rows than there are. */
  #unsigned(): number {
    let value = 0;
    for (let factor = 1, i = 0; i < 10; i++, factor *= 128) {
      const byte = this.#byte();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
    throw new BadFooter('its footer is damaged');
  }

  #varint(): number {
    const zigzag = this.#unsigned();
    return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
  }
}
