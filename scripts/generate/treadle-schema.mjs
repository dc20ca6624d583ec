// docs/schema: the JSON Schemas of files that people write: treadle.yaml, from the one statement in src/pipelines/file/schema.ts, and the
// desired state of an environment, from src/gitops/contract.ts. --check writes nothing and fails when a file would differ.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { desiredStateSchema } from '../../src/gitops/json-schema.ts';
import { fileSchema } from '../../src/pipelines/file/json-schema.ts';

const folder = join(import.meta.dirname, '..', '..', 'docs', 'schema');
/** @type {Array<{ name: string; schema: object; source: string }>} */
const files = [
  { name: 'treadle.schema.json', schema: fileSchema(), source: 'src/pipelines/file/schema.ts' },
  { name: 'desired-state.schema.json', schema: desiredStateSchema(), source: 'src/gitops/contract.ts' },
];

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

for (const { name, schema, source } of files) {
  const file = join(folder, name);
  const text = `${JSON.stringify(schema, null, 2)}\n`;
  if (process.argv.includes('--check')) {
    if (read(file) !== text) {
      console.error(`docs/schema/${name} is not what ${source} says`);
      process.exitCode = 1;
    }
  } else {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, text);
    console.log(`wrote docs/schema/${name}`);
  }
}
