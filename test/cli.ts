import { runCli, type Register } from '../src/faces/cli/index.ts';

export interface Ran {
  code: number;
  out: string;
  err: string;
}

/** Runs a command line in this process, against the server at `url`, with what it prints caught. */
export const runHere = (url: string, ...argv: string[]): Promise<Ran> =>
  runWith(() => undefined, url, ...argv);

/** The same with commands of the roof, which are none of the command line's own. */
export async function runWith(roof: Register, url: string, ...argv: string[]): Promise<Ran> {
  const held = { url: process.env['TREADLE_URL'], out: process.stdout.write, err: process.stderr.write };
  let [out, err] = ['', ''];
  process.env['TREADLE_URL'] = url;
  // The test runner reports in bytes through the same stream; those are its own.
  process.stdout.write = (text) =>
    typeof text === 'string' ? ((out += text), true) : held.out.call(process.stdout, text);
  process.stderr.write = (text) => ((err += String(text)), true);
  try {
    return { code: await runCli(argv, { version: '0', roof }), out, err };
  } finally {
    process.stdout.write = held.out;
    process.stderr.write = held.err;
    if (held.url === undefined) delete process.env['TREADLE_URL'];
    else process.env['TREADLE_URL'] = held.url;
  }
}
