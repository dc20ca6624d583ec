import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export const md5 = (bytes: Uint8Array | string): string => createHash('md5').update(bytes).digest('hex');

/** A DVC repository, made by one `git fast-import` and without DVC: its history and its cache. */
export class DvcRepository {
  readonly folder: string;
  readonly #commits: string[] = [];

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Where the cache keeps an object. */
  place(oid: string, layout = 'files/md5/'): string {
    return path.join(this.folder, '.dvc', 'cache', `${layout}${oid.slice(0, 2)}`, oid.slice(2));
  }

  put(content: Uint8Array | string, { layout = 'files/md5/', oid = md5(content) } = {}): string {
    const file = this.place(oid, layout);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
    return oid;
  }

  /** A directory of ASCII names. */
  putListing(files: Readonly<Record<string, string>>): string {
    const entries = Object.keys(files)
      .toSorted()
      .map((name) => `{"md5": "${this.put(files[name]!)}", "relpath": "${name}"}`);
    const text = `[${entries.join(', ')}]`;
    return this.put(text, { oid: `${md5(text)}.dir` });
  }

  /** Answers its mark, for `parents`. */
  commit(
    branch: string,
    message: string,
    files: Readonly<Record<string, string>>,
    parents: readonly number[] = [],
  ): number {
    const mark = this.#commits.length + 1;
    const data = (text: string): string => `data ${Buffer.byteLength(text)}\n${text}\n`;
    const [from, ...merged] = parents;
    this.#commits.push(
      [
        `commit refs/heads/${branch}\nmark :${mark}\n`,
        `author Ana Ö <ana@example.org> ${1_700_000_000 + mark} +0200\ncommitter Bo <bo@example.org> ${1_700_000_500 + mark} +0000\n`,
        data(message),
        from === undefined ? '' : `from :${from}\n`,
        ...merged.map((parent) => `merge :${parent}\n`),
        ...Object.entries(files).map(([name, text]) => `M 100644 inline ${name}\n${data(text)}`),
        '\n',
      ].join(''),
    );
    return mark;
  }

  /** Ends the history. */
  write(): void {
    mkdirSync(this.folder, { recursive: true });
    const git = (args: readonly string[], input = ''): void =>
      void execFileSync('git', ['-C', this.folder, ...args], { input, stdio: ['pipe', 'ignore', 'inherit'] });
    git(['init', '--quiet', '--initial-branch', 'main']);
    git(['fast-import', '--quiet', '--force'], this.#commits.join(''));
    git(['checkout', '--quiet', '--force', 'main']);
  }
}

/** A `.dvc` file. */
export const dvcFile = (
  name: string,
  oid: string,
  { hash = 'md5' }: { hash?: string | undefined } = {},
): string => `outs:\n- md5: "${oid}"\n  size: 10\n${hash === '' ? '' : `  hash: ${hash}\n`}  path: ${name}\n`;
