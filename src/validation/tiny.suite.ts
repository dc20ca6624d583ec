import { commitVersion } from '../data/index.ts';
import {
  createLoggedModel,
  createModel,
  createVersion,
  finalizeLoggedModel,
  setAlias,
} from '../models/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import { createRun, logInputs, putArtifact } from '../tracking/index.ts';
import { random } from '../../test/random.ts';

/**
 * ONNX files of a few hundred bytes: probability = sigmoid(w · [hour, distance] + b). `good` ranks as the data was made,
 * `weak` hardly looks at the hour, `useless` says the same of every row, and `batch` subtracts the mean of whatever it is asked
 * together with, so that it answers a row alone in another way than among many.
 */
const MODELS = {
  good:
    'CAk67gEKKAoEaG91cgoIZGlzdGFuY2USAXgiBkNvbmNhdCoLCgRheGlzGAGgAQIKEQoBeAoBdxIBeiIGTWF0TXVsCg4KAXoKAWIS' +
    'AXMiA0FkZAoZCgFzEgtwcm9iYWJpbGl0eSIHU2lnbW9pZBIBZyoTCAIIARABQgF3SgiamRk+bxIDOioNCAEQAUIBYkoEAABAwFoa' +
    'CgRob3VyEhIKEAgBEgwKBhIEcm93cwoCCAFaHgoIZGlzdGFuY2USEgoQCAESDAoGEgRyb3dzCgIIAWIhCgtwcm9iYWJpbGl0eRIS' +
    'ChAIARIMCgYSBHJvd3MKAggBQgQKABAS',
  weak:
    'CAk67gEKKAoEaG91cgoIZGlzdGFuY2USAXgiBkNvbmNhdCoLCgRheGlzGAGgAQIKEQoBeAoBdxIBeiIGTWF0TXVsCg4KAXoKAWIS' +
    'AXMiA0FkZAoZCgFzEgtwcm9iYWJpbGl0eSIHU2lnbW9pZBIBZyoTCAIIARABQgF3SggK16M8bxIDOioNCAEQAUIBYkoEAADAv1oa' +
    'CgRob3VyEhIKEAgBEgwKBhIEcm93cwoCCAFaHgoIZGlzdGFuY2USEgoQCAESDAoGEgRyb3dzCgIIAWIhCgtwcm9iYWJpbGl0eRIS' +
    'ChAIARIMCgYSBHJvd3MKAggBQgQKABAS',
  useless:
    'CAk67gEKKAoEaG91cgoIZGlzdGFuY2USAXgiBkNvbmNhdCoLCgRheGlzGAGgAQIKEQoBeAoBdxIBeiIGTWF0TXVsCg4KAXoKAWIS' +
    'AXMiA0FkZAoZCgFzEgtwcm9iYWJpbGl0eSIHU2lnbW9pZBIBZyoTCAIIARABQgF3SggAAAAAAAAAACoNCAEQAUIBYkoEMzOzv1oa' +
    'CgRob3VyEhIKEAgBEgwKBhIEcm93cwoCCAFaHgoIZGlzdGFuY2USEgoQCAESDAoGEgRyb3dzCgIIAWIhCgtwcm9iYWJpbGl0eRIS' +
    'ChAIARIMCgYSBHJvd3MKAggBQgQKABAS',
  batch:
    'CAk6vwIKKAoEaG91cgoIZGlzdGFuY2USAXgiBkNvbmNhdCoLCgRheGlzGAGgAQIKKQoBeAoEYXhlcxIBbSIKUmVkdWNlTWVhbioP' +
    'CghrZWVwZGltcxgBoAECCg4KAXgKAW0SAXkiA1N1YgoRCgF5CgF3EgF6IgZNYXRNdWwKDgoBegoBYhIBcyIDQWRkChkKAXMSC3By' +
    'b2JhYmlsaXR5IgdTaWdtb2lkEgFnKhMIAggBEAFCAXdKCJqZGT5vEgM6Kg0IARABQgFiSgQAAIC/KhQIARAHQgRheGVzSggAAAAA' +
    'AAAAAFoaCgRob3VyEhIKEAgBEgwKBhIEcm93cwoCCAFaHgoIZGlzdGFuY2USEgoQCAESDAoGEgRyb3dzCgIIAWIhCgtwcm9iYWJp' +
    'bGl0eRISChAIARIMCgYSBHJvd3MKAggBQgQKABAS',
} as const;
export type Tiny = keyof typeof MODELS;

export interface Row {
  id: number;
  hour: number;
  distance: number;
  origin: string;
  late: number;
}

/** Flights that are late by the hour and a little by the distance. */
export function flights(n: number, seed: number, first = 0): Row[] {
  const r = random(seed);
  return Array.from({ length: n }, (_one, i) => {
    const hour = 5 + r.integer(19);
    const distance = Math.round(r.uniform() * 2_000_000) / 1000;
    const chance = 1 / (1 + Math.exp(-(0.15 * hour + 0.0005 * distance - 3)));
    return {
      id: first + i,
      hour,
      distance,
      origin: r.pick(['ATL', 'DEN', 'JFK']),
      late: Number(r.uniform() < chance),
    };
  });
}

export function csv(rows: readonly object[], columns = Object.keys(rows[0] ?? {})): string {
  const lines = rows.map((row) => {
    const values = new Map(Object.entries(row));
    return columns.map((name) => String(values.get(name) ?? '')).join(',');
  });
  return [columns.join(','), ...lines, ''].join('\n');
}

/** Commits files as a new version of a dataset. */
export async function commit(ctx: Ctx, dataset: string, files: Readonly<Record<string, string>>) {
  const infos = await ctx.blobs.putMany(Object.values(files).map((text) => ({ bytes: Buffer.from(text) })));
  const { version } = await commitVersion(ctx, {
    dataset,
    files: Object.keys(files).map((path, i) => ({ path, ...infos[i]! })),
  });
  return version;
}

/** Registers the next version of `late`, made by a run that read these dataset versions. */
export async function register(
  ctx: Ctx,
  tiny: Tiny,
  read: ReadonlyArray<{ id: string; ref: string }>,
  { champion = false } = {},
): Promise<number> {
  const run = await createRun(ctx, { experiment: '0' });
  for (const version of read)
    await logInputs(
      ctx,
      run,
      { datasets: [{ name: version.ref, digest: 'd', sourceType: 'treadle', source: '{}' }] },
      async () => version,
    );
  const logged = await createLoggedModel(ctx, { experiment: '0', name: 'late', run });
  await putArtifact(ctx, `0/models/${logged.id}/artifacts/model.onnx`, {
    source: Buffer.from(MODELS[tiny], 'base64'),
  });
  await finalizeLoggedModel(ctx, logged.id, 'ready');
  await createModel(ctx, { name: 'late' }).catch(() => undefined);
  const { version } = await createVersion(ctx, { model: 'late', source: `models:/${logged.id}` });
  if (champion) await setAlias(ctx, { model: 'late', alias: 'champion', version }, []);
  return version;
}
