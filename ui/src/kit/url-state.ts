/** Every view is a link: what a page shows is read from its address and written back to it. Pure. */

export type RawSearch = Record<string, string | string[]>;

/** `a=1&cols=x&cols=y` → `{a: '1', cols: ['x', 'y']}`. */
export function parseSearch(text: string): RawSearch {
  const search: RawSearch = Object.create(null) as RawSearch;
  for (const [key, value] of new URLSearchParams(text.startsWith('?') ? text.slice(1) : text)) {
    const before = search[key];
    search[key] = before === undefined ? value : Array.isArray(before) ? [...before, value] : [before, value];
  }
  return { ...search };
}

/** The way back; `undefined`, `false` and empty lists leave no trace, so a default view has a bare address. */
export function stringifySearch(search: Record<string, unknown>): string {
  const parts: string[] = [];
  const add = (key: string, value: unknown) => {
    if (typeof value === 'string' || typeof value === 'number')
      parts.push(`${encodeURIComponent(key)}=${readable(String(value))}`);
    else if (value === true) parts.push(`${encodeURIComponent(key)}=1`);
  };
  for (const [key, value] of Object.entries(search)) {
    if (Array.isArray(value)) for (const item of value) add(key, item);
    else add(key, value);
  }
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
}

/** Escapes what an address must escape and leaves the rest legible: `metrics.loss<0.5` is a filter that people read. */
function readable(text: string): string {
  return encodeURIComponent(text).replace(/%(2F|3A|2C|40|3C|3E|3D|24|5B|5D|7C)/gi, (code) =>
    code.toUpperCase() === '%3D' ? '=' : decodeURIComponent(code),
  );
}

/** One field of a page's address: reads what it finds, or says nothing. */
export type Field<T> = (value: string | string[] | undefined) => T | undefined;

const first = (value: string | string[] | undefined) => (Array.isArray(value) ? value[0] : value);

export const field = {
  text: ((value) => first(value) || undefined) satisfies Field<string>,
  list: ((value) =>
    value === undefined ? undefined : Array.isArray(value) ? value : [value]) satisfies Field<string[]>,
  flag: ((value) => (first(value) === '1' ? true : undefined)) satisfies Field<boolean>,
  number:
    (min = -Infinity, max = Infinity): Field<number> =>
    (value) => {
      const text = first(value);
      const number = text === undefined || text.trim() === '' ? NaN : Number(text);
      return Number.isFinite(number) && number >= min && number <= max ? number : undefined;
    },
  choice:
    <const T extends string>(...options: readonly T[]): Field<T> =>
    (value) =>
      options.find((option) => option === first(value)),
};

type Fields = Record<string, Field<unknown>>;
export type SearchOf<F extends Fields> = { [K in keyof F]?: NonNullable<ReturnType<F[K]>> | undefined };

/** Makes the reader of a page's address. Fields that are absent, unknown or senseless are left out. */
export function searchOf<F extends Fields>(fields: F): (raw: Record<string, unknown>) => SearchOf<F> {
  return (raw) => {
    const found: Record<string, unknown> = {};
    for (const [name, read] of Object.entries(fields)) {
      const value = raw[name];
      // Links made in code hold numbers and booleans where an address holds text.
      const text = Array.isArray(value)
        ? value.map(String)
        : value === true
          ? '1'
          : value == null || value === false
            ? undefined
            : String(value as string | number);
      const parsed = read(text);
      if (parsed !== undefined) found[name] = parsed;
    }
    return found as SearchOf<F>;
  };
}
