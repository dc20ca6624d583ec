import type { Ctx } from '../../platform/ctx/index.ts';
import { invalid } from '../../platform/errors/index.ts';
import type { Download } from '../../platform/http/index.ts';
import type { Committed, DvcLayout } from '../contract.ts';
import { parseRef, requireRefName } from '../parse-ref.ts';
import { parseRange } from '../range.ts';
import { tableFormat } from '../table-format.ts';
import { findDataset, requireDataset, type DatasetRow } from '../store.ts';
import { absent, commitFile, commitListing, versionOf } from './commit-object.ts';
import { readOid, type Oid } from './oid.ts';
import { Pushes } from './pushes.ts';
import { openDataset, receiveObject, takeListing } from './receive-object.ts';
import { hasListing, selectObject } from './store.ts';

/** An object of a remote, as its address says it. */
export interface Named {
  /** `flights`, or `flights@BRANCH`: the dataset, and the branch that what is pushed goes to. */
  remote: string;
  layout: DvcLayout;
  oid: string;
  /** Where the request comes from, for telling pushes apart. */
  address: string | undefined;
}

/** Datasets as DVC remotes. */
export interface DvcRemote {
  /** The object, or the range of it that a `Range` header says. Throws `missing` where it is not there. */
  read(ctx: Ctx, named: Named, range: string | undefined): Promise<Download>;
  /** Takes an object. Answers the version that it became, if it did. */
  receive(ctx: Ctx, named: Named, body: AsyncIterable<Uint8Array>): Promise<Committed | undefined>;
}

export function openDvcRemote(): DvcRemote {
  const pushes = new Pushes();
  const whose = (ctx: Ctx, dataset: string, address: string | undefined): string =>
    [ctx.workspace, dataset, ctx.actor.kind, ctx.actor.id, address ?? ''].join('\n');
  return {
    async read(ctx, { remote, layout, oid: text, address }, asked) {
      const { dataset: name } = readRemote(remote);
      const oid = readOid(layout, text);
      const dataset = await findDataset(ctx, name);
      const object = dataset && (await selectObject(ctx, dataset, oid));
      // What was found damaged is not there: whoever still has it mends it by pushing it again.
      if (!object || !(await ctx.blobs.has([object.hash])).has(object.hash)) {
        pushes.missed(whose(ctx, name, address), oid, ctx.clock.now());
        throw absent(name, oid);
      }
      const { hash, size } = object;
      const range = parseRange(asked, size);
      return {
        stream: await ctx.blobs.open(hash, range),
        size: range ? range.end - range.start + 1 : size,
        etag: oid.text,
        immutable: true,
        ...(range ? { range: { ...range, total: size } } : {}),
      };
    },
    async receive(ctx, { remote, layout, oid: text, address }, body) {
      const { dataset: name, branch } = readRemote(remote);
      const oid = readOid(layout, text);
      const came = () => pushes.came(whose(ctx, name, address), oid, ctx.clock.now());
      const about = (to: string) => ({
        dataset: name,
        branch: to,
        message: '',
        meta: { 'dvc.oid': oid.text },
      });
      if (oid.listing) {
        const chunks = await takeListing(oid, body);
        const dataset = await openDataset(ctx, name);
        // One whose bytes were found damaged is taken again.
        const known = (await isHere(ctx, dataset, oid)) ? await versionOf(ctx, dataset, oid) : undefined;
        // Nobody can say which of several directories of one push the branch should move to.
        const to = (came()?.directories ?? 0) > 0 ? `dvc-${oid.md5.slice(0, 8)}` : branch;
        return known ?? commitListing(ctx, oid, chunks, { ...about(to), message: 'pushed by DVC' });
      }
      const { hash } = await receiveObject(ctx, name, oid, body);
      const others = came();
      const dataset = await requireDataset(ctx, name);
      // A file says neither what it is called nor whether a directory comes that lists it: it is a version only where nothing else was pushed.
      const alone = others?.directories === 0 && others.files === 0;
      if (!alone || (await hasListing(ctx, dataset))) return undefined;
      const known = await versionOf(ctx, dataset, oid);
      if (known) return known;
      const path = await nameOf(ctx, name, hash);
      return commitFile(ctx, oid, { path }, { ...about(branch), message: 'pushed by DVC' });
    },
  };
}

async function isHere(ctx: Ctx, dataset: DatasetRow, oid: Oid): Promise<boolean> {
  const object = await selectObject(ctx, dataset, oid);
  return object !== undefined && (await ctx.blobs.has([object.hash])).has(object.hash);
}

/** A remote is a dataset, and the branch that pushes go to. */
function readRemote(remote: string): { dataset: string; branch: string } {
  const ref = parseRef(remote);
  if (!ref || ref.path !== undefined)
    throw invalid(`'${remote.slice(0, 200)}' names no dataset`, {
      field: 'remote',
      hint: 'the address of the remote is http://HOST/dvc/DATASET, or http://HOST/dvc/DATASET@BRANCH',
    });
  requireRefName(ref.selector, 'branch');
  return { dataset: ref.dataset, branch: ref.selector };
}

/** Its name is in Git, which nobody shows us: it is that of the dataset, so that a dataset `flights.csv` holds a table. */
async function nameOf(ctx: Ctx, dataset: string, hash: string): Promise<string> {
  if (tableFormat(dataset)) return dataset;
  const { size = 0 } = (await ctx.blobs.info(hash)) ?? {};
  if (size < 12) return dataset;
  const start: Uint8Array[] = [];
  for await (const chunk of await ctx.blobs.open(hash, { start: 0, end: 3 })) start.push(chunk as Uint8Array);
  return Buffer.concat(start).toString('latin1') === 'PAR1' ? `${dataset}.parquet` : dataset;
}
