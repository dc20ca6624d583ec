import { listFiles } from '../../data/contract.ts';
import { listPins, pinBlobs, unpinBlob } from '../../maintenance/contract.ts';
import type { Client } from './client.ts';
import type { Register } from './frame.ts';
import { clip, count, listed } from './output.ts';
import { ref } from './ref.ts';

/** As many as one request takes. */
const PART = 5000;

/** `treadle pin …`: what gc keeps although nobody needs it. */
export const register: Register = (program, cli) => {
  program
    .command('pin')
    .description(
      'keep from gc the files of a dataset’s version, or blobs by their hashes, whatever is deleted',
    )
    .argument('<what...>', 'flights@v3, or the BLAKE3 of a content')
    .requiredOption('--reason <text>', 'why; it is shown beside the pin and stands in the ledger')
    .action(async (what: string[], { reason }: { reason: string }) => {
      const client = cli.client();
      const hashes = new Set<string>();
      for (const one of what) for await (const hash of hashesOf(client, one)) hashes.add(hash);
      const all = [...hashes];
      let pinned = 0;
      for (let at = 0; at < all.length; at += PART)
        pinned += (await client.call(pinBlobs, { body: { hashes: all.slice(at, at + PART), reason } }))
          .pinned;
      const before = all.length - pinned;
      cli
        .output()
        .result(
          { pinned, before },
          () =>
            `pinned ${count(pinned, 'blob')}${before > 0 ? `; ${before.toLocaleString('en')} had been pinned before` : ''}`,
        );
    });
  program
    .command('pins')
    .description('list what is pinned')
    .action(async () => {
      const found = await cli.client().call(listPins, {});
      cli.output().result(found, () =>
        listed(
          'nothing is pinned',
          ['hash', 'since', 'by', 'reason'],
          found.items.map(({ hash, created_at, created_by, reason }) => [
            hash,
            new Date(created_at).toISOString().slice(0, 16),
            created_by,
            clip(reason),
          ]),
        ),
      );
    });
  program
    .command('unpin')
    .description('leave them to gc again')
    .argument('<what...>', 'flights@v3, or hashes as `treadle pins` lists them')
    .action(async (what: string[]) => {
      const client = cli.client();
      const hashes: string[] = [];
      for (const one of what) for await (const hash of hashesOf(client, one)) hashes.push(hash);
      for (const hash of new Set(hashes)) await client.call(unpinBlob, { params: { hash } });
      cli
        .output()
        .result(
          { unpinned: hashes },
          () => `unpinned ${count(hashes.length, 'blob')}: gc removes what nobody needs`,
        );
    });
};

async function* hashesOf(client: Client, what: string): AsyncGenerator<string> {
  if (!what.includes('@')) {
    yield what;
    return;
  }
  const { dataset, selector } = ref(what);
  for (let page: string | undefined; ;) {
    const found = await client.call(listFiles, {
      params: { dataset, ref: selector },
      query: { recursive: true, limit: PART, ...(page === undefined ? {} : { page }) },
    });
    for (const { hash } of found.items) yield hash;
    page = found.next;
    if (page === undefined) return;
  }
}
