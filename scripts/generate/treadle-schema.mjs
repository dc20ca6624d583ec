// docs/schema/treadle.schema.json, the JSON Schema of treadle.yaml, from the one statement in src/pipelines/file/schema.ts.
// --check writes nothing and fails when the file would differ.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileSchema } from '../../src/pipelines/file/json-schema.ts';

const file = join(import.meta.dirname, '..', '..', 'docs', 'schema', 'treadle.schema.json');
const text = `${JSON.stringify(fileSchema(), null, 2)}\n`;

function read() {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

if (process.argv.includes('--check')) {
  if (read() !== text) {
    console.error('docs/schema/treadle.schema.json is not what src/pipelines/file/schema.ts says');
    process.exitCode = 1;
  }
} else {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  console.log('wrote docs/schema/treadle.schema.json');
}
