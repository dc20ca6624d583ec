// Prints what a browser must fetch before the first page shows: the scripts of index.html and all they import at once.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const BUDGET = 250 * 1024;
const dist = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist');
const manifest = JSON.parse(readFileSync(join(dist, '.vite', 'manifest.json'), 'utf8'));

/** The entry, the page that is opened, and everything they import statically. */
export function firstLoad(page = 'src/home/home-page.tsx') {
  const files = new Set();
  const visit = (key) => {
    const chunk = manifest[key];
    if (!chunk || files.has(chunk.file)) return;
    files.add(chunk.file);
    for (const next of chunk.imports ?? []) visit(next);
  };
  visit('index.html');
  visit(page);
  return [...files].map((file) => {
    const bytes = readFileSync(join(dist, file));
    return { file, size: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length };
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const files = firstLoad(process.argv[2]);
  const total = files.reduce((sum, { gzip }) => sum + gzip, 0);
  for (const { file, gzip } of files.toSorted((a, b) => b.gzip - a.gzip))
    console.log(`${String((gzip / 1024).toFixed(1)).padStart(8)} KB  ${file}`);
  console.log(
    `${String((total / 1024).toFixed(1)).padStart(8)} KB  first load of JavaScript, gzip (budget ${BUDGET / 1024} KB)`,
  );
  process.exitCode = total <= BUDGET ? 0 : 1;
}
