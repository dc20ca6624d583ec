/** Sizes as people type them: `20GiB`, `500 MB`, `1048576`. */
const SIZE = /^(\d{1,15}(?:\.\d{1,6})?) ?(?:([kmgt])?(i)?b)?$/i;
const POWER: Readonly<Record<string, number>> = { '': 0, k: 1, m: 2, g: 3, t: 4 };

/** In bytes; undefined where it is none, null where nothing is typed. */
export function sizeOf(text: string): number | null | undefined {
  if (text.trim() === '') return null;
  const [, number = '', prefix = '', binary = ''] = SIZE.exec(text.trim()) ?? [];
  if (number === '' || (prefix === '' && binary !== '')) return undefined;
  const value = Math.round(
    Number(number) * (binary === '' ? 1000 : 1024) ** (POWER[prefix.toLowerCase()] ?? 0),
  );
  return Number.isSafeInteger(value) ? value : undefined;
}

/** A whole number, its thousands separated or not. */
export function countOf(text: string): number | null | undefined {
  const plain = text.trim().replaceAll(/[, ]/g, '');
  if (plain === '') return null;
  return /^\d{1,15}$/.test(plain) ? Number(plain) : undefined;
}

const UNITS = ['', 'KiB', 'MiB', 'GiB', 'TiB'];

/** Exactly, so that a limit that nobody touched stays what it was. */
export function sizeText(bytes: number): string {
  let unit = 0;
  let value = bytes;
  while (value >= 1024 && value % 1024 === 0 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value}${UNITS[unit] === '' ? '' : ` ${UNITS[unit]}`}`;
}
