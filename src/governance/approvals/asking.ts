import type { About } from './covers.ts';

/** The whole command that asks for a version at a target. */
export const askWith = (model: string, version: number, { kind, name }: About): string =>
  `treadle request ${shell(`${model}@v${version}`)} ${kind === 'endpoint' ? '--to' : `--${kind}`} ${shell(name)} -m 'why'`;

/** As one word of a shell. */
const shell = (text: string): string =>
  /^[A-Za-z0-9@._/:-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
