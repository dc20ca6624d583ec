/** How the proof says numbers and names. */

export const number = (value: number): string => value.toLocaleString('en-US');
export const count = (value: number, noun: string): string =>
  `${number(value)} ${noun}${value === 1 ? '' : 's'}`;
export const percent = (share: number): string => `${Number((share * 100).toPrecision(2))} %`;
export const list = (names: readonly string[]): string =>
  names.length > 8
    ? `${names.slice(0, 8).join(', ')} and ${names.length - 8} more columns`
    : names.join(', ');
export const listed = (files: readonly string[], all = files.length): string =>
  files.slice(0, 3).join(', ') + (all > 3 ? ` and ${number(all - 3)} more` : '');
export const sentence = (parts: readonly string[]): string => {
  const text = parts.join('; ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
};
