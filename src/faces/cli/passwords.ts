import { invalid } from '../../platform/errors/index.ts';
import { Interrupted } from './pipes.ts';

// Never from an argument, which others see and a history keeps.

/** A new one: from a file, or twice from a terminal, which shows none of it. */
export async function newPassword(file: string | undefined): Promise<string> {
  const read = await fromFile(file, '; --no-password adds somebody without one');
  if (read !== undefined) return read;
  const first = await hidden('password: ');
  if ((await hidden('again: ')) !== first)
    throw invalid('the two are not the same', { field: 'password', hint: 'type it twice alike' });
  return first;
}

/** Whoever has one shows it: the headers of a request in their name. */
export async function signedInAs(name: string, file: string | undefined): Promise<{ authorization: string }> {
  const password = (await fromFile(file, '')) ?? (await hidden(`password of ${name}: `));
  return { authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}` };
}

async function fromFile(file: string | undefined, more: string): Promise<string | undefined> {
  if (file !== undefined) {
    const { readFile } = await import('node:fs/promises');
    const { text } = await import('node:stream/consumers');
    const read = file === '-' ? await text(process.stdin) : await readFile(file, 'utf8');
    return read.replace(/\r?\n$/, '');
  }
  if (process.stdin.isTTY && process.stderr.isTTY) return undefined;
  throw invalid('a password is needed', {
    field: 'password-file',
    hint: `hand it over with --password-file FILE, or - for standard input${more}`,
  });
}

/** What is typed on a terminal, and not shown. */
export async function hidden(prompt: string): Promise<string> {
  const { createInterface } = await import('node:readline/promises');
  const { Writable } = await import('node:stream');
  process.stderr.write(prompt);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: process.stdin, output: silent, terminal: true });
  try {
    return await new Promise<string>((resolve, reject) => {
      // Ctrl-C, and the end of the input.
      reader.once('SIGINT', () => reject(new Interrupted()));
      reader.once('close', () => reject(new Interrupted()));
      reader.question('').then(resolve, reject);
    });
  } finally {
    reader.close();
    process.stderr.write('\n');
  }
}
