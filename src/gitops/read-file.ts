import { Compile } from 'typebox/compile';
import { invalid } from '../platform/errors/index.ts';
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
  if (!shape.Check(value)) {
    const [first] = shape.Errors(value);
    const at = first?.instancePath.replaceAll('/', '.').replace(/^\./, '') ?? '';
    throw invalid(
      `${at === '' ? 'the file' : at}: ${first === undefined || first.message === 'schema is false' ? 'nothing is called so here' : first.message}`,
      {
        field: 'file',
        hint: 'see docs/schema/desired-state.schema.json',
      },
    );
  }
  if (value.environment !== environment)
    throw invalid(`the file is about environment '${value.environment}', and '${environment}' follows it`, {
      field: 'file',
    });
  return value;
}
