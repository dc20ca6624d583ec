import { statSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { Plugin } from 'vite';

/**
 * The rooms' `contract.ts` hold schemas for validation, documentation and types. The browser needs of them only where an
 * endpoint is and what it answers with: types are checked by TypeScript and are gone by now. So each contract is run here,
 * at build time, and what is bundled is its endpoints as plain data and its constants. It keeps TypeBox and all prose out.
 */
export function contracts(): Plugin {
  return {
    name: 'treadle-contracts',
    enforce: 'pre',
    async load(id) {
      const file = id.split('?')[0]!;
      if (!/\/src\/.*\/contract\.ts$/.test(file)) return null;
      this.addWatchFile(file);
      const module: unknown = await import(`${pathToFileURL(file).href}?at=${statSync(file).mtimeMs}`);
      const lines = Object.entries(module as Record<string, unknown>).flatMap(([name, value]) => {
        const data = forBrowser(value);
        return data === undefined ? [] : [`export const ${name} = ${JSON.stringify(data)};`];
      });
      return { code: lines.join('\n'), map: null };
    },
  };
}

function forBrowser(value: unknown): unknown {
  if (typeof value === 'function') return undefined;
  if (!isObject(value)) return value;
  if (typeof value['method'] === 'string' && typeof value['path'] === 'string' && 'response' in value) {
    const { method, path, body, response } = value;
    return {
      method,
      path,
      body: body === undefined ? 'none' : body === 'bytes' ? 'bytes' : 'json',
      response: typeof response === 'string' ? response : 'json',
    };
  }
  // A schema: TypeBox marks its own.
  if ('~kind' in value) return undefined;
  // A record of endpoints, such as `runs.list`.
  if (Object.values(value).some((inner) => isObject(inner) && ('path' in inner || '~kind' in inner))) {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, forBrowser(inner)]));
  }
  return value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
