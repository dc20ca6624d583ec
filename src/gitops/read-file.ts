import { Compile } from 'typebox/compile';
import type { RolloutWish } from '../pipelines/contract.ts';
import { invalid, TreadleError } from '../platform/errors/index.ts';
import { planRollout } from '../releases/index.ts';
import { plainValue, readYamlAside, type YamlLimits } from '../platform/yaml/index.ts';
import { DesiredState } from './contract.ts';

const LIMITS: YamlLimits = { length: 1_000_000, parts: 100_000 };
const shape = Compile(DesiredState);

/** What a file of the repository says; what is wrong with it is said by its path. */
export async function readDesired(text: string, environment: string): Promise<DesiredState> {
  const read = await readYamlAside(text, LIMITS);
  if ('fault' in read) {
    const line = text.slice(0, read.fault.at).split('\n').length;
    throw invalid(`line ${line}: ${read.fault.message}`, { field: 'file' });
  }
  const value = plainValue(read.root);
  if (value === null) throw invalid(`it is empty: begin with environment: ${environment}`, { field: 'file' });
  if (!shape.Check(value)) {
    const [first] = shape.Errors(value);
    const at = first?.instancePath.replaceAll('/', '.').replace(/^\./, '') ?? '';
    throw invalid(`${at === '' ? 'the file' : at}: ${wrongAt(at, first?.message ?? '')}`, {
      field: 'file',
      hint: 'see docs/schema/desired-state.schema.json',
    });
  }
  const said = { models: value.models ?? {}, endpoints: value.endpoints ?? {} };
  for (const [kind, wishes] of Object.entries(said))
    for (const [name, wish] of Object.entries(wishes))
      if (typeof wish === 'object' && wish.rollout) requireRollout(wish.rollout, `${kind}.${name}.rollout`);
  if (value.environment !== environment)
    throw invalid(`the file is about environment '${value.environment}', and '${environment}' follows it`, {
      field: 'file',
    });
  return value;
}

/** What the schema says of a value, in words of the file: it knows forms, and not which of them was meant. */
function wrongAt(at: string, message: string): string {
  const [top = '', , ...rest] = at.split('.');
  if (message === 'schema is false')
    return `nothing is called so here${at.includes('.') ? '' : '; there are environment, models and endpoints'}`;
  if (top === 'models' && rest.length === 0 && at !== top)
    return 'write which version by its number, as 7, by the digest over its files, or as { version: 7, rollout: false }';
  if (top === 'endpoints' && rest.length === 0 && at !== top)
    return 'write which version of which model, as flights@7 or { model: flights, version: 7 }';
  return message === 'must be object' ? 'must be keys with values, as environment: production' : message;
}

function requireRollout(wish: RolloutWish, at: string): void {
  try {
    planRollout(wish, at);
  } catch (error) {
    throw error instanceof TreadleError
      ? invalid(`${at}: ${error.message}`, { field: 'file', cause: error })
      : error;
  }
}
