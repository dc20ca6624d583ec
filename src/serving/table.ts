import path from 'node:path';
import type { ModelPlace } from '../runtimes/index.ts';
import type { Variant } from './contract.ts';
import type { Recording, TableEndpoint, TableVariant } from './plane/protocol.ts';
import { rulesNow } from './record-rules.ts';
import type { NamedRevision } from './store.ts';

/** Requests of one endpoint that may wait in one process, and how long one may. Beyond that they are refused at once. */
const QUEUE = { most: 1000, deadline: 10_000 };

type Stored = Pick<NamedRevision, 'variants' | 'places'>;

const read = (row: Stored): { variants: Variant[]; places: ModelPlace[] } => ({
  variants: JSON.parse(row.variants) as Variant[], // both written by this room
  places: row.places === null ? [] : (JSON.parse(row.places) as ModelPlace[]),
});

/** Where models lie, as a row keeps it: from the data folder on, so that the folder can be moved. */
export function storedPlaces(places: readonly ModelPlace[], data: string): string {
  const kept = (at: string): string => (isWithin(data, at) ? path.relative(data, at) : at);
  return JSON.stringify(
    places.map(({ folder, python, ...place }) => ({
      ...place,
      folder: kept(folder),
      ...(python === undefined ? {} : { python: kept(python) }),
    })),
  );
}

/**
 * The places of a revision that was loaded once; none for one that never was, and for one of an early version that wrote down where
 * another data folder lay: what is there now may be somebody else's.
 */
export function placesOf(row: Stored, data: string): ModelPlace[] {
  const places = read(row).places.map(({ folder, python, ...place }) => ({
    ...place,
    folder: path.resolve(data, folder),
    ...(python === undefined ? {} : { python: path.resolve(data, python) }),
  }));
  return places.every(({ folder }) => isWithin(data, folder)) ? places : [];
}

const isWithin = (folder: string, at: string): boolean =>
  path.resolve(at).startsWith(path.resolve(folder) + path.sep);

/** What is kept of the predictions of an endpoint: as it says, else as the server does by default. */
export const recordingOf = (
  { records }: Pick<NamedRevision, 'records'>,
  { recording }: { recording: Recording },
): Recording => (records === 'all' || records === 'outputs' || records === 'none' ? records : recording);

/** What a plane is told of a revision. `fallback` is one whose models are loaded, too. */
export function tableEntry(
  row: NamedRevision,
  fallback: NamedRevision | undefined,
  server: { recording: Recording },
): TableEndpoint {
  const { columns, sample } = rulesNow(row);
  return {
    id: row.endpoint_id,
    workspace: row.workspace,
    name: row.endpoint,
    revision: row.revision,
    serial: row.serial,
    variants: tableVariants(row),
    sticky: row.sticky === 1,
    ...(fallback
      ? {
          fallback: {
            revision: fallback.revision,
            serial: fallback.serial,
            variants: tableVariants(fallback),
          },
        }
      : {}),
    queue: QUEUE,
    strict: row.strict === 1,
    records: recordingOf(row, server),
    ...(Object.keys(columns).length === 0 ? {} : { columns }),
    ...(sample === 1 ? {} : { sample }),
  };
}

function tableVariants(row: NamedRevision): TableVariant[] {
  const { variants, places } = read(row);
  return variants.map(({ role, percent, model, version }, i) => ({
    role,
    percent,
    model,
    version,
    key: places[i]!.key,
  }));
}

/** Whether two revisions send the same shares to the same models. */
export function sameTraffic(a: Stored, b: Stored): boolean {
  const spoken = (row: Stored): string =>
    JSON.stringify(
      read(row).variants.map(({ role, version_ref, percent, runtime }) => [
        role,
        version_ref,
        percent,
        runtime,
      ]),
    );
  return spoken(a) === spoken(b);
}
