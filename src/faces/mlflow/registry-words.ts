import { invalid } from '../../platform/errors/index.ts';
import { STAGES, type Model, type ModelVersion, type Stage } from '../../models/contract.ts';
import { message, need, text, type Reader } from './message.ts';

/** Nouns of the models room in MLflow's words, and back. */

const pairs = (tags: Readonly<Record<string, string>>) =>
  Object.entries(tags).map(([key, value]) => ({ key, value }));

export const toModelVersion = (version: ModelVersion) => ({
  name: version.model,
  version: String(version.version),
  creation_timestamp: version.created_at,
  last_updated_timestamp: version.updated_at,
  current_stage: version.stage,
  // What was never said is the empty text to MLflow's clients, and not None.
  description: version.description ?? '',
  source: version.source,
  run_id: version.run_id ?? '',
  run_link: version.run_link ?? '',
  model_id: version.logged_model_id,
  status: 'READY',
  tags: pairs(version.tags),
  aliases: version.aliases,
});

/** `latest`: the newest version of each stage, which MLflow sends along. */
export const toRegisteredModel = (model: Model, latest: readonly ModelVersion[]) => ({
  name: model.name,
  creation_timestamp: model.created_at,
  last_updated_timestamp: model.updated_at,
  description: model.description || undefined,
  latest_versions: latest.map(toModelVersion),
  tags: pairs(model.tags),
  aliases: model.aliases.map(({ alias, version }) => ({ alias, version: String(version) })),
});

/** A tag or param; of two with one key the later counts. */
export const pair = message({ key: need(text), value: text });
export const fromPairs = (
  list: ReadonlyArray<{ key: string; value: string | undefined }>,
): Record<string, string> => Object.fromEntries(list.map(({ key, value }) => [key, value ?? '']));

/** A stage in any case. */
export const stage: Reader<Stage | undefined> = (value, field) => {
  const word = text(value, field);
  if (word === undefined || word === '') return undefined;
  const found = STAGES.find((one) => one.toLowerCase() === word.toLowerCase());
  if (found === undefined)
    throw invalid(
      `Invalid Model Version stage: ${word.slice(0, 80)}. Value must be one of ${STAGES.join(', ')}`,
      { field },
    );
  return found;
};
