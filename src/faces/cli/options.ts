import { InvalidArgumentError, type Command } from 'commander';

/**
 * Readers of option values. A value that does not fit is a wrong use of the command: commander names the option, and
 * the exit code is 2.
 */

/** A whole number within bounds. */
export function whole(least: number, most: number = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = /^-?\d{1,15}$/.test(text) ? Number(text) : NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(
      most === Number.MAX_SAFE_INTEGER
        ? `Give a whole number, ${least} or more.`
        : `Give a whole number from ${least} to ${most}.`,
    );
  };
}

/** One of a few words. */
export function choice<T extends string>(...words: readonly T[]): (text: string) => T {
  return (text) => {
    const found = words.find((word) => word.toLowerCase() === text.toLowerCase());
    if (found !== undefined) return found;
    throw new InvalidArgumentError(`It must be ${words.slice(0, -1).join(', ')} or ${words.at(-1)}.`);
  };
}

/** `name=value`, given as often as wanted; the later one of a name wins. */
export function pair(
  example: string,
): (text: string, before?: Readonly<Record<string, string>>) => Record<string, string> {
  return (text, before = {}) => {
    const at = text.indexOf('=');
    if (at < 1) throw new InvalidArgumentError(`Write it as ${example}.`);
    return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
  };
}

/** Given as often as wanted. */
export const several = (value: string, before: readonly string[] = []): string[] => [...before, value];

/** A share above 0 and up to 1. */
export function fraction(text: string): number {
  const value = text.trim() === '' ? NaN : Number(text);
  if (value > 0 && value <= 1) return value;
  throw new InvalidArgumentError('Give a share above 0 and up to 1, such as 0.1.');
}

/** A moment, as milliseconds since 1970. */
export function moment(text: string): number {
  const parsed = Date.parse(text);
  if (!Number.isNaN(parsed) && parsed >= 0) return parsed;
  throw new InvalidArgumentError('Write it as 2026-11-23 or 2026-11-23T14:00Z.');
}

/** A number that is not negative. */
export function amount(text: string): number {
  const value = text.trim() === '' ? NaN : Number(text);
  if (value >= 0 && Number.isFinite(value)) return value;
  throw new InvalidArgumentError('Give a number such as 1e-6.');
}

/** A part of something: `5%`, or 0.05; less than all of it. */
export function share(text: string): number {
  const [, number = '', percent = ''] = /^(\d{1,6}(?:\.\d{1,6})?|\.\d{1,6})(%?)$/.exec(text.trim()) ?? [];
  const value = Number(number === '' ? NaN : number) / (percent === '' ? 1 : 100);
  if (value >= 0.000_001 && value < 1) return value;
  throw new InvalidArgumentError('Write it as 5% or 0.05: more than nothing, and less than all.');
}

const SIZES: Readonly<Record<string, number>> = { k: 1, m: 2, g: 3, t: 4 };

/** A size such as 500MB, 20GiB or 1048576, in bytes: MB by thousands, MiB by 1,024. */
export function size(text: string): number {
  const [, number = '', prefix = '', binary = ''] =
    /^(\d{1,15}(?:\.\d{1,6})?) ?(?:([kmgt])?(i)?b)?$/i.exec(text.trim()) ?? [];
  const value = Math.round(
    Number(number) * (binary === '' ? 1000 : 1024) ** (SIZES[prefix.toLowerCase()] ?? 0),
  );
  if (number !== '' && (prefix !== '' || binary === '') && Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError('Write it as 20GiB, 500MB, or a number of bytes.');
}

/** What another reader takes, or the word itself: of null commander makes an empty text. */
export const orNone =
  <T>(read: (text: string) => T): ((text: string) => T | 'none') =>
  (text) =>
    text.toLowerCase() === 'none' ? 'none' : read(text);

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A time such as 90s, 30m, 12h or 7d, in milliseconds; 0 needs no unit. */
export function duration(text: string): number {
  const [, number = '', unit = ''] = /^(\d{1,6})([smhd]?)$/.exec(text) ?? [];
  const value = Number(number) * (UNITS[unit] ?? (Number(number) === 0 ? 1 : NaN));
  if (number !== '' && Number.isFinite(value)) return value;
  throw new InvalidArgumentError('Write it as 30m, 12h or 7d.');
}

/**
 * Refuses options that say nothing without others, or beside another: to pass over one would leave undone what was asked for, and
 * look as if it had been done.
 */
export function needs(
  command: Command,
  options: readonly string[],
  others: readonly string[],
  why: string,
): void {
  const given = options.find((name) => isGiven(command, name));
  const absent = others.filter((name) => !isGiven(command, name));
  if (given !== undefined && absent.length > 0)
    command.error(`error: option '--${given}' needs --${absent.join(' and --')} too: ${why}`);
}

/** Refuses options that mean nothing here; commander's defaults are not what somebody said. */
export function refuse(command: Command, options: readonly string[], why: string): void {
  const given = options.find((name) => isGiven(command, name));
  if (given !== undefined) command.error(`error: option '--${given}' says nothing here: ${why}`);
}

const isGiven = (command: Command, name: string): boolean =>
  command.getOptionValueSource(name.replace(/-(\w)/g, (_dash, letter: string) => letter.toUpperCase())) ===
  'cli';
