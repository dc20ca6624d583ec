/** Foreign JSON, read field by field: what is not as expected is as if it were not there. */

export type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const fields = (value: unknown): Fields => (isFields(value) ? value : {});

export const list = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? (value as unknown[]) : [];

/** A text; numbers as they are printed. */
export function text(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean'
    ? String(value)
    : undefined;
}

/** A number, also one that is written as a text. */
export function number(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  const read = Number(value);
  return Number.isNaN(read) && value !== 'NaN' ? undefined : read;
}

export function parse(source: string): unknown {
  try {
    return JSON.parse(source);
  } catch {
    return undefined;
  }
}

/** `[{key, value}]`, MLflow's way to write a map. */
export const pairsOf = (value: unknown): Array<readonly [string, string]> =>
  list(value).flatMap((one) => {
    const { key, value: said } = fields(one);
    return typeof key === 'string' ? [[key, text(said) ?? ''] as const] : [];
  });
