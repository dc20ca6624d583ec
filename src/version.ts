import { readFileSync } from 'node:fs';
import path from 'node:path';

/** The package's own version, from the package.json beside `src` or `dist`. */
export function version(): string {
  const text = readFileSync(path.join(import.meta.dirname, '..', 'package.json'), 'utf8');
  const { version: found } = JSON.parse(text) as { version: string };
  return found;
}
