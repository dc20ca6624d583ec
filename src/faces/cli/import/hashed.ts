import { Transform, type Readable } from 'node:stream';
import { Blake3Hasher } from '@napi-rs/blake-hash';

export interface Hashed {
  stream: Transform;
  /** Of what has passed; asked once, at the end. */
  digest(): string;
}

/** Passes a file on, and makes the hash that the server will make of it. */
export function hashed(from: Readable, onBytes: (bytes: number) => void): Hashed {
  const hash = new Blake3Hasher();
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      onBytes(chunk.length);
      done(null, chunk);
    },
  });
  from.on('error', (error) => stream.destroy(error));
  return { stream: from.pipe(stream), digest: () => hash.digest('hex') };
}
