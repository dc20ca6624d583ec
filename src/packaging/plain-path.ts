/** A path inside a folder, whatever its author wrote. */
export const isPlainPath = (name: string): boolean =>
  name.length <= 1000 &&
  !/[\p{Cc}\\]/u.test(name) &&
  name.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
