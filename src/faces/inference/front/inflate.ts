import { gunzip, inflate as unzlib } from 'node:zlib';
import { invalid, TreadleError } from '../../../platform/errors/index.ts';

type Done = (error: Error | undefined, body?: Buffer) => void;

/** The body that the caller meant. `deflate` is a zlib stream, as HTTP says. */
export function inflate(body: Buffer, encoding: string, limit: number, done: Done): void {
  const kind = encoding.trim().toLowerCase();
  if (kind === '' || kind === 'identity') return done(undefined, body);
  const open = kind === 'gzip' || kind === 'x-gzip' ? gunzip : kind === 'deflate' ? unzlib : undefined;
  if (!open)
    return done(
      new TreadleError('invalid', `the body is encoded as '${kind.slice(0, 40)}', which is not known here`, {
        field: 'Content-Encoding',
        hint: 'send gzip, deflate or plain bodies',
      }),
    );
  open(body, { maxOutputLength: limit }, (error, whole) => {
    if (!error) return done(undefined, whole);
    if ('code' in error && error.code === 'ERR_BUFFER_TOO_LARGE')
      return done(
        new TreadleError('too-large', `the body is larger than ${limit} bytes once it is inflated`, {
          field: 'body',
          hint: 'send fewer rows at once',
        }),
      );
    done(
      invalid(`the body says it is ${kind} and cannot be inflated: ${error.message}`, {
        field: 'body',
        hint: 'check Content-Encoding',
      }),
    );
  });
}
