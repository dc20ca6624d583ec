import { invalid } from '../../../platform/errors/index.ts';
import type { ParamSpec } from '../../../runtimes/index.ts';
import { isObject, kindOf } from '../shared/json.ts';

/** The settings of a call, by the signature's types, with its defaults for what is not said; what it does not name is left out, as MLflow does. */
export function readParams(given: unknown, specs: readonly ParamSpec[]): Record<string, unknown> | undefined {
  if (specs.length === 0) return undefined;
  if (given !== undefined && given !== null && !isObject(given))
    throw invalid(`Parameters must be a dictionary. Got ${kindOf(given)}.`, {
      field: 'params',
      code: 'schema',
    });
  const entries: Array<[string, unknown]> = [];
  for (const { name, type, default: preset } of specs) {
    const said = given && Object.hasOwn(given, name) ? given[name] : undefined;
    const value = said === undefined ? preset : said;
    if (value === undefined) continue;
    const problem = value === null ? undefined : wrong(value, type);
    if (problem !== undefined)
      throw invalid(`Invalid parameters found: '${name}' ${problem}`, {
        field: `params.${name}`,
        code: 'schema',
      });
    entries.push([name, typeof value === 'bigint' ? Number(value) : value]);
  }
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** Why a value is not of the type; numbers are widened, never narrowed. */
function wrong(value: unknown, type: string): string | undefined {
  const [, element] = /^Array\((\w+)\)$/i.exec(type) ?? [];
  if (element !== undefined) {
    if (!Array.isArray(value)) return `must be a list, got ${kindOf(value)}`;
    return value.map((one: unknown) => wrong(one, element)).find((problem) => problem !== undefined);
  }
  const whole = typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value));
  const fits: Readonly<Record<string, boolean>> = {
    string: typeof value === 'string',
    boolean: typeof value === 'boolean',
    integer: whole && Math.abs(Number(value)) <= 2 ** 31,
    long: whole,
    float: typeof value === 'number' || typeof value === 'bigint',
    double: typeof value === 'number' || typeof value === 'bigint',
    datetime: typeof value === 'string' && !Number.isNaN(Date.parse(value)),
  };
  if (fits[type] === false)
    return `can not safely be converted to ${type}: it is ${kindOf(value)} (${short(value)})`;
  return undefined;
}

const short = (value: unknown): string =>
  (typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? '')).slice(0, 60);
