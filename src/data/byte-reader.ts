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
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces, got);
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
