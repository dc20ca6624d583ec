import { invalid } from '../../platform/errors/index.ts';
import { listed } from '../../platform/http/contract.ts';
import * as genai from '../../genai/index.ts';
import { searchExperiments } from '../../tracking/index.ts';
import { call } from './call.ts';
import { int, list, message, need, text } from './message.ts';
import { experimentId } from './wire.ts';

/** Scorers of `mlflow.genai.scorers`, as an experiment keeps them. */

const SCORERS = '/mlflow/scorers';

const toScorer = (row: genai.ScorerVersionRow) => ({
  experiment_id: row.experiment_id,
  scorer_name: row.name,
  scorer_version: row.version,
  serialized_scorer: row.serialized,
  creation_time: row.created_at,
  scorer_id: row.scorer_id,
});

const registration = message({
  experiment_id: experimentId,
  name: need(text),
  serialized_scorer: need(text),
});
const ofExperiments = message({ experiment_id: text, experiment_ids: list(experimentId) });
const named = message({ experiment_id: experimentId, name: need(text) });
const versioned = message({ experiment_id: experimentId, name: need(text), version: int });

const v3 = { version: '3.0' } as const;
const about = [{ kind: 'experiment', in: 'message', field: 'experiment_id' }] as const;
const read = { ...v3, method: 'GET', action: 'experiment:read', about } as const;
const write = { ...v3, action: 'experiment:write', about } as const;

export const scorerRoutes = [
  ...call({
    ...write,
    method: 'POST',
    path: `${SCORERS}/register`,
    summary: 'Register a version of a scorer',
    request: registration,
    async answer(ctx, { experiment_id: experiment, name, serialized_scorer: serialized }) {
      const row = await genai.registerScorer(ctx, { experiment, name, serialized });
      return {
        version: row.version,
        scorer_id: row.scorer_id,
        experiment_id: String(row.experiment_id),
        name: row.name,
        serialized_scorer: row.serialized,
        creation_time: row.created_at,
      };
    },
  }),
  ...call({
    ...read,
    about: [
      { kind: 'experiment', in: 'message', field: 'experiment_id', optional: true },
      { kind: 'experiment', in: 'message', field: 'experiment_ids', optional: true },
      listed('experiment'),
    ],
    path: `${SCORERS}/list`,
    summary: 'List the newest version of each scorer',
    request: ofExperiments,
    async answer(ctx, { experiment_id: single, experiment_ids: several }) {
      if (single !== undefined && single !== '' && several.length > 0)
        throw invalid("Cannot specify both 'experiment_id' and 'experiment_ids'.", {
          field: 'experiment_ids',
          hint: 'say one of them',
        });
      const experiments =
        single !== undefined && single !== ''
          ? [experimentId(single, 'experiment_id')]
          : several.length > 0
            ? several
            : (await searchExperiments(ctx, { limit: 5000 })).items.map(({ id }) => id);
      return { scorers: (await genai.listScorers(ctx, experiments)).map(toScorer) };
    },
  }),
  ...call({
    ...read,
    path: `${SCORERS}/versions`,
    summary: 'List the versions of a scorer',
    request: named,
    answer: async (ctx, { experiment_id, name }) => ({
      scorers: (await genai.listScorerVersions(ctx, experiment_id, name)).map(toScorer),
    }),
  }),
  ...call({
    ...read,
    path: `${SCORERS}/get`,
    summary: 'Get a scorer',
    request: versioned,
    answer: async (ctx, { experiment_id, name, version }) => ({
      scorer: toScorer(await genai.getScorer(ctx, experiment_id, name, version)),
    }),
  }),
  ...call({
    ...write,
    method: 'DELETE',
    path: `${SCORERS}/delete`,
    summary: 'Delete a version of a scorer, or all of them',
    request: versioned,
    answer: (ctx, { experiment_id, name, version }) => genai.deleteScorer(ctx, experiment_id, name, version),
  }),
  // Nothing scores traces by itself here: no scorer has a rate, and none can be given one.
  ...call({
    ...read,
    about: [listed('experiment')],
    path: `${SCORERS}/online-configs`,
    summary: 'Say at which rate scorers score new traces by themselves: at none',
    request: message({ scorer_ids: list(need(text)) }),
    whole: true,
    answer: () => Promise.resolve({ configs: [] }),
  }),
  ...call({
    ...write,
    method: 'PUT',
    path: `${SCORERS}/online-config`,
    summary: 'Decline that a scorer scores new traces by itself',
    request: message({}),
    answer: () =>
      Promise.reject(
        invalid('Scorers do not score new traces by themselves here', {
          code: 'not-implemented',
          hint: 'run mlflow.genai.evaluate over them',
        }),
      ),
  }),
];
