import { createHash } from 'node:crypto';
import { createReadStream, existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import type { DvcLayout } from '../../../../data/contract.ts';
import { withoutSecrets } from '../names.ts';
import type { DvcConfig } from './config.ts';

/** Where an object's bytes can be had, in the order to try. */
export interface Place {
  /** For people. */
  at: string;
  open(): Promise<Readable>;
}

const PREFIX: Record<DvcLayout, string> = { md5: 'files/md5/', 'md5-dos2unix': '' };

/** Objects of a repository: in its cache, and in the remotes that it names. */
export class Objects {
  readonly #config: DvcConfig;

  constructor(config: DvcConfig) {
    this.#config = config;
  }

  /** Remotes that are out of reach. */
  get others(): readonly string[] {
    return this.#config.others;
  }

  async *places(layout: DvcLayout, oid: string): AsyncGenerator<Place> {
    const name = `${PREFIX[layout]}${oid.slice(0, 2)}/${oid.slice(2)}`;
    for (const folder of this.#config.folders) {
      const file = path.join(folder, name);
      if (existsSync(file) && statSync(file).isFile())
        yield {
          at: file,
          open: () => Promise.resolve(createReadStream(file, { highWaterMark: 1024 * 1024 })),
        };
    }
    for (const { url, headers } of this.#config.servers) {
      const answer = await fetch(`${url}/${name}`, { headers }).catch(() => undefined);
      if (answer?.ok !== true || answer.body === null) {
        await answer?.body?.cancel();
        continue;
      }
      // The types of Node and of the browser name one class twice.
      const body = Readable.fromWeb(answer.body as ReadableStream);
      try {
        yield { at: `${withoutSecrets(url)}/${name}`, open: () => Promise.resolve(body) };
      } finally {
        body.destroy();
      }
    }
  }

  /** A listing's text, the first whose MD5 is its name. */
  async listing(layout: DvcLayout, oid: string): Promise<string | undefined> {
    for await (const place of this.places(layout, oid)) {
      const chunks: Buffer[] = [];
      for await (const chunk of await place.open()) chunks.push(Buffer.from(chunk as Uint8Array));
      const bytes = Buffer.concat(chunks);
      if (`${createHash('md5').update(bytes).digest('hex')}.dir` === oid) return bytes.toString('utf8');
    }
    return undefined;
  }
}
