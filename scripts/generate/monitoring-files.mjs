// examples/monitoring: rules of Prometheus and dashboards of Grafana, as `treadle monitor export` writes them.
// --check writes nothing and fails when a file would differ.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { exportedFiles } from '../../src/monitoring/export/files.ts';

const folder = join(import.meta.dirname, '..', '..', 'examples', 'monitoring');

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

for (const { path, text } of exportedFiles()) {
  const file = join(folder, path);
  if (!process.argv.includes('--check')) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    console.log(`wrote examples/monitoring/${path}`);
  } else if (read(file) !== text) {
    console.error(`examples/monitoring/${path} is not what src/monitoring/export says`);
    process.exitCode = 1;
  }
}
