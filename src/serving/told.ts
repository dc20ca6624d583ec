import { idOf, type Teller } from '../ledger/index.ts';
import { invalid } from '../platform/errors/index.ts';
import type { Revision, Variant } from './contract.ts';
import type { Engine } from './engine.ts';
import { isSampled, rulesAt, type RecordRules } from './record-rules.ts';
import { findDeletion } from './store-segments.ts';
import { findRevisionBySerial, selectEndpointsById, selectRevisionsById } from './store.ts';
import { toRevision, variantsOf } from './views.ts';

export interface PredictionFacts {
  at: number;
  /** The ref of the revision that answered. */
  revision: string;
  /** The part of it that did. */
  variant: Variant;
  /** What of it was not recorded as it is; `sample`: nothing is recorded of it, for this share of predictions is, and it is none of that. */
  unrecorded?: { sample?: number; dropped: string[]; hashed: string[] };
  /** What was recorded of it was taken away: why (`age`, `room`), after how long where that is why, and when. */
  deleted?: { reason: string; keep_ms?: number; at: number };
}

export interface RevisionFacts {
  revision: Revision;
  /** The ref of the endpoint. */
  endpoint: string;
}

export interface EndpointFacts {
  id: string;
  name: string;
  /** It was taken away; its predictions keep their story. */
  deleted: boolean;
}

export interface ServingTellers {
  predictions: Teller<PredictionFacts>;
  revisions: Teller<RevisionFacts>;
  endpoints: Teller<EndpointFacts>;
}

function unrecordedOf(
  id: string,
  role: string,
  { sample, columns }: RecordRules,
): Pick<PredictionFacts, 'unrecorded'> {
  // A shadow's answer goes with another one, which its id does not say.
  const left = role !== 'shadow' && !isSampled(id, sample);
  const by = (rule: string): string[] =>
    Object.entries(columns).flatMap(([name, one]) => (one === rule ? [name] : []));
  const told = { dropped: by('drop'), hashed: by('hash') };
  if (!left && told.dropped.length + told.hashed.length === 0) return {};
  return { unrecorded: { ...told, ...(left ? { sample } : {}) } };
}

export const tellersOf = (engine: Pick<Engine, 'ids' | 'stages' | 'unloadable'>): ServingTellers => ({
  /** Nothing is stored for a prediction: its id names the revision, the role and the time. */
  async predictions(ctx, refs) {
    const told = new Map<string, { facts: PredictionFacts; from: Array<{ role: string; ref: string }> }>();
    for (const ref of refs) {
      const id = idOf(ref);
      const read = engine.ids.read(id);
      if (!read)
        throw invalid(`'${id.slice(0, 80)}' is no prediction id of this server`, {
          field: 'prediction',
          hint: 'it comes with each answer, in the header X-Treadle-Prediction',
        });
      const row = await findRevisionBySerial(ctx, read.serial);
      const variant = row && variantsOf(row).find(({ role }) => role === read.role);
      if (!row || !variant) continue;
      const revision = `revision:${row.id}`;
      const gone = await findDeletion(ctx, row, read.role, read.at);
      told.set(ref, {
        facts: {
          at: read.at,
          revision,
          variant,
          ...unrecordedOf(id, read.role, rulesAt(row, read.at)),
          ...(gone
            ? {
                deleted: {
                  reason: gone.reason,
                  at: gone.deleted_at,
                  ...(gone.keep_ms === null ? {} : { keep_ms: gone.keep_ms }),
                },
              }
            : {}),
        },
        from: [
          { role: 'given-by', ref: revision },
          { role: 'answered-by', ref: variant.version_ref },
          ...(variant.evaluation === undefined ? [] : [{ role: 'stood-on', ref: variant.evaluation }]),
        ],
      });
    }
    return told;
  },
  async revisions(ctx, refs) {
    const rows = await selectRevisionsById(ctx, refs.map(idOf));
    return new Map(
      rows.map((row) => {
        const endpoint = `endpoint:${row.endpoint_id}`;
        return [
          `revision:${row.id}`,
          {
            facts: { revision: toRevision(row, engine), endpoint },
            from: [{ role: 'part-of', ref: endpoint }],
          },
        ];
      }),
    );
  },
  async endpoints(ctx, refs) {
    const rows = await selectEndpointsById(ctx, refs.map(idOf));
    return new Map(
      rows.map(({ id, name, deleted_at }) => [
        `endpoint:${id}`,
        { facts: { id, name, deleted: deleted_at !== null }, from: [] },
      ]),
    );
  },
});
