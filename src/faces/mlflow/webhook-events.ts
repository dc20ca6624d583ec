import { getModel, getVersion, PROMPT_TAG } from '../../models/index.ts';
import type { Tx } from '../../platform/ctx/index.ts';
import { TreadleError } from '../../platform/errors/index.ts';
import { signatureOf, type DeliveredEvent, type WebhookForm } from '../../platform/events/index.ts';

/** MLflow's webhooks: its names of events, what it says of each, and its signature (HMAC-SHA256 with the secret's own bytes). */

type Tags = Readonly<Record<string, string>>;
type Payload = Record<string, unknown>;

/** What tells a prompt and its kind; and, of a version, its text, which MLflow sends by itself. */
const INTERNAL = new Set([PROMPT_TAG, '_mlflow_prompt_type']);
const TEXT = 'mlflow.prompt.text';

const example = { name: 'example_model', description: 'An example registered model' };
const prompt = { name: 'example_prompt', description: 'An example prompt' };
const tags = { example_key: 'example_value' };
const tag = { key: 'example_key', value: 'example_value' };
const alias = { alias: 'example_alias' };
const version = '1';

/** An example of each event that can be asked for. */
const EXAMPLES: Readonly<Record<string, Payload>> = {
  'registered_model.created': { ...example, tags },
  'model_version.created': {
    name: example.name,
    version,
    source: 'models:/123',
    run_id: 'abcd1234abcd5678',
    tags,
    description: 'An example model version',
  },
  'model_version_tag.set': { name: example.name, version, ...tag },
  'model_version_tag.deleted': { name: example.name, version, key: tag.key },
  'model_version_alias.created': { name: example.name, ...alias, version },
  'model_version_alias.deleted': { name: example.name, ...alias },
  'prompt.created': { ...prompt, tags },
  'prompt_version.created': {
    name: prompt.name,
    version,
    template: 'Hello {{name}}!',
    tags,
    description: 'An example prompt version',
  },
  'prompt_tag.set': { name: prompt.name, ...tag },
  'prompt_tag.deleted': { name: prompt.name, key: tag.key },
  'prompt_version_tag.set': { name: prompt.name, version, ...tag },
  'prompt_version_tag.deleted': { name: prompt.name, version, key: tag.key },
  'prompt_alias.created': { name: prompt.name, ...alias, version },
  'prompt_alias.deleted': { name: prompt.name, ...alias },
};

/** What the registry's events carry. */
interface Carried {
  name: string;
  version?: number;
  key?: string;
  alias?: string;
}

export const mlflowWebhooks: WebhookForm = {
  types: Object.keys(EXAMPLES),
  async tell(tx, event) {
    const said = await translate(tx, event);
    return said && { type: said.type, body: message(said.type, tx.workspace, event.time, said.payload) };
  },
  example: (type, workspace, time) => message(type, workspace, time, EXAMPLES[type] ?? {}),
  headers(secret, id, time, body) {
    const seconds = String(Math.floor(time / 1000));
    const headers = { 'x-mlflow-delivery-id': id, 'x-mlflow-timestamp': seconds };
    if (secret === '') return headers;
    return { ...headers, 'x-mlflow-signature': signatureOf(secret, id, seconds, body) };
  },
};

function message(type: string, workspace: string, time: number, data: Payload): string {
  const [entity, action] = type.split('.');
  const timestamp = new Date(time).toISOString().replace('Z', '+00:00');
  return JSON.stringify({ entity, action, timestamp, data, workspace });
}

const HEARD = /^model(_version)?\.(created|tag_set|tag_deleted|alias_set|alias_deleted)$/;

/** Values are those of now, a moment after the event: what was deleted meanwhile is not told of. */
async function translate(
  tx: Tx,
  event: DeliveredEvent,
): Promise<{ type: string; payload: Payload } | undefined> {
  const [, ofVersion, what] = HEARD.exec(event.type) ?? [];
  if (what === undefined) return undefined;
  const { name, version: number, key, alias: label } = event.data as Carried;
  try {
    const model = await getModel(tx, name);
    const isPrompt = model.tags[PROMPT_TAG] === 'true';
    const noun = isPrompt ? 'prompt' : 'model';
    const named = { name, ...(number === undefined ? {} : { version: String(number) }) };
    if (what === 'alias_set' || what === 'alias_deleted')
      return {
        type: `${isPrompt ? 'prompt' : 'model_version'}_alias.${what === 'alias_set' ? 'created' : 'deleted'}`,
        payload: { ...named, alias: label },
      };
    const found = ofVersion === undefined ? undefined : await getVersion(tx, name, String(number));
    const all: Tags = found?.tags ?? model.tags;
    if (what === 'created') {
      const { description = null } = found ?? model;
      const shown = isPrompt ? told(all) : all;
      if (!found)
        return {
          type: isPrompt ? 'prompt.created' : 'registered_model.created',
          payload: { name, tags: shown, description },
        };
      return {
        type: `${noun}_version.created`,
        payload: isPrompt
          ? { ...named, template: all[TEXT] ?? null, tags: shown, description }
          : { ...named, source: found.source, run_id: found.run_id ?? null, tags: shown, description },
      };
    }
    // MLflow has no event for tags of a model that is no prompt.
    if (!found && !isPrompt) return undefined;
    const tagged = `${found ? `${noun}_version` : noun}_tag`;
    if (what === 'tag_deleted') return { type: `${tagged}.deleted`, payload: { ...named, key } };
    const value = key === undefined ? undefined : all[key];
    return value === undefined ? undefined : { type: `${tagged}.set`, payload: { ...named, key, value } };
  } catch (error) {
    if (error instanceof TreadleError && error.kind === 'missing') return undefined;
    throw error;
  }
}

const told = (all: Tags): Tags =>
  Object.fromEntries(Object.entries(all).filter(([key]) => !INTERNAL.has(key) && key !== TEXT));
