import { getVersion, listFiles } from '../../data/contract.ts';
import { listPins, pinBlobs, unpin, unpinBlob, type Pin } from '../../maintenance/contract.ts';
import { TreadleError } from '../../platform/errors/index.ts';
import type { Client } from './client.ts';
import type { Register } from './frame.ts';
import { bytes, clip, count, listed } from './output.ts';
import { ref } from './ref.ts';

/** As many as one request takes. */
const PART = 5000;

/** BLAKE3 of a content. Everything else is a dataset, as its newest version, or a version. */
const HASH = /^[0-9a-f]{64}$/;

/** `treadle pin …`: what gc keeps although nobody needs it. */
export const register: Register = (program, cli) => {
  program
    .command('pin')
    .description(
      'keep from gc the files of a dataset’s version, or blobs by their hashes, whatever is deleted',
    )
    .argument('<what...>', 'flights@v3 (flights alone is its newest version), or the BLAKE3 of a content')
    .requiredOption('-m, --reason <text>', 'why; it is shown beside the pin and stands in the ledger')
    .action(async (what: string[], { reason }: { reason: string }) => {
      const client = cli.client();
      let pinned = 0;
      let before = 0;
      const names: string[] = [];
      for (const one of what) {
        const { of, hashes } = await contentOf(client, one);
        if (of !== undefined) names.push(of);
        const said = { reason, ...(of === undefined ? {} : { of }) };
        for (let at = 0; at < hashes.length; at += PART) {
          const part = hashes.slice(at, at + PART);
          const fresh = (await client.call(pinBlobs, { body: { hashes: part, ...said } })).pinned;
          pinned += fresh;
          before += part.length - fresh;
        }
      }
      cli
        .output()
        .result(
          { pinned, before },
          () =>
            `pinned ${count(pinned, 'blob')}${names.length > 0 ? ` of ${names.join(', ')}` : ''}${before > 0 ? `; ${before.toLocaleString('en')} had been pinned before` : ''}`,
        );
    });
  program
    .command('pins')
    .description('list what is pinned')
    .action(async () => {
      const items: Pin[] = [];
      for (let page: string | undefined; ;) {
        const found = await cli
          .client()
          .call(listPins, { query: { limit: 1000, ...(page === undefined ? {} : { page }) } });
        items.push(...found.items);
        if (found.next === undefined) break;
        page = found.next;
      }
      cli.output().result({ items }, () =>
        listed(
          'nothing is pinned',
          ['what', 'workspace', 'blobs', 'size', 'since', 'by', 'reason'],
          items.map((pin) => [
            pin.of ?? pin.hash ?? '',
            pin.workspace ?? '',
            pin.blobs.toLocaleString('en'),
            bytes(pin.bytes),
            new Date(pin.created_at).toISOString().slice(0, 16),
            pin.created_by,
            clip(pin.reason),
          ]),
        ),
      );
    });
  program
    .command('unpin')
    .description('leave them to gc again')
    .argument('<what...>', 'flights@v3, or hashes, as `treadle pins` lists them')
    .action(async (what: string[]) => {
      const client = cli.client();
      let blobs = 0;
      for (const one of what) {
        const of = HASH.test(one) ? undefined : await nameOf(client, one);
        if (of === undefined) await client.call(unpinBlob, { params: { hash: one } });
        blobs += of === undefined ? 1 : (await client.call(unpin, { query: { of } })).blobs;
      }
      cli
        .output()
        .result({ unpinned: blobs }, () => `unpinned ${count(blobs, 'blob')}: gc removes what nobody needs`);
    });
};

/** A branch moves on, and what was pinned does not: pins carry the name that stays. */
async function nameOf(client: Client, what: string): Promise<string> {
  const { dataset, selector } = ref(what);
  try {
    const { name } = await client.call(getVersion, { params: { dataset, ref: selector } });
    return `${dataset}@${name}`;
  } catch (error) {
    // Of what was deleted the pin still stands, under this very name.
    if (error instanceof TreadleError && error.kind === 'missing') return what;
    throw error;
  }
}

async function contentOf(client: Client, what: string): Promise<{ of?: string; hashes: string[] }> {
  if (HASH.test(what)) return { hashes: [what] };
  const { dataset, selector } = ref(what);
  const version = await client.call(getVersion, { params: { dataset, ref: selector } });
  const hashes = new Set<string>();
  for (let page: string | undefined; ;) {
    const found = await client.call(listFiles, {
      params: { dataset, ref: version.id },
      query: { recursive: true, limit: PART, ...(page === undefined ? {} : { page }) },
    });
    for (const { hash } of found.items) hashes.add(hash);
    page = found.next;
    if (page === undefined) return { of: `${dataset}@${version.name}`, hashes: [...hashes] };
  }
}
