// Free of Node: clients read and write frames too.

/** Before each blob of an upload or download of many: hash (32 bytes), size (8 bytes, unsigned, little-endian). */
export const FRAME_HEADER = 40;

export function frameHeader(hash: string, size: number): Uint8Array {
  const bytes = new Uint8Array(FRAME_HEADER);
  for (let i = 0; i < 32; i++) bytes[i] = Number.parseInt(hash.slice(i * 2, i * 2 + 2), 16);
  new DataView(bytes.buffer).setBigUint64(32, BigInt(size), true);
  return bytes;
}

export function readFrameHeader(bytes: Uint8Array): { hash: string; size: number } {
  let hash = '';
  for (let i = 0; i < 32; i++) hash += bytes[i]!.toString(16).padStart(2, '0');
  return { hash, size: Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(32, true)) };
}

/** Reads a stream of chunks in pieces of the lengths that a format asks for. */
export class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array();

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Exactly `length` bytes; fewer only at the end of the stream. */
  async take(length: number): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    let got = 0;
    for await (const piece of this.stream(length)) {
      pieces.push(piece);
      got += piece.length;
    }
    return pieces.length === 1 ? pieces[0]! : joined(pieces, got);
  }

  /** The next `length` bytes as they come; fewer only at the end of the stream. */
  async *stream(length: number): AsyncGenerator<Uint8Array> {
    let left = length;
    while (left > 0) {
      if (this.#chunk.length === 0) {
        const next = await this.#source.next();
        if (next.done === true) return;
        this.#chunk = next.value;
        continue;
      }
      const piece = this.#chunk.subarray(0, left);
      this.#chunk = this.#chunk.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
  }
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
