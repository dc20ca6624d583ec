import { existsSync } from 'node:fs';
import path from 'node:path';

/** uv from PATH, or the one that the set-up of a checkout has put beside this code. */
export function findUv(): string | undefined {
  const onPath = (process.env['PATH'] ?? '')
    .split(path.delimiter)
    .filter((one) => one !== '')
    .map((one) => path.join(one, 'uv'));
  const beside: string[] = [];
  for (let at = import.meta.dirname; path.dirname(at) !== at; at = path.dirname(at))
    beside.push(path.join(at, '.setup', 'uv', 'bin', 'uv'), path.join(at, '.venv', 'bin', 'uv'));
  return [...onPath, ...beside].find((file) => existsSync(file));
}
