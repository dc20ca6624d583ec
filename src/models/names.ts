import { invalid } from '../platform/errors/index.ts';
import { requirePlainName } from '../platform/scripts/index.ts';

/** Control characters, and the marks that turn text around on the screen: a name must look like what it is. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
const LONGEST_NAME = 256;
/** A name may come as megabytes: from here on it is too long in any spelling, and nobody spells all of it anew. */
const ENDLESS = 10_000;
const spelled = (text: string): string => (text.length > ENDLESS ? text : text.normalize('NFC'));

/** A model's name in its one spelling (NFC). It goes into URLs and `models:/` addresses, so it holds none of their marks. */
export function modelName(text: string, field = 'name'): string {
  const name = spelled(text);
  const wrong = (what: string) =>
    invalid(`Invalid model name '${shown(name)}': ${what}`, {
      field,
      hint: 'use letters, digits, spaces, dots, dashes and underscores',
    });
  if (name.trim() === '')
    throw invalid('the name of the model is missing', { field, hint: 'give it one, such as flight-delay' });
  if (name.length > LONGEST_NAME)
    throw wrong(`it is ${name.length} characters long, and may have ${LONGEST_NAME}`);
  if (/[/:\\%]/.test(name)) throw wrong("it may not hold '/', ':', '%' or a backslash");
  if (HIDDEN.test(name)) throw wrong('it may not hold characters that cannot be seen');
  if (name === '.' || name === '..') throw wrong('it means a folder');
  return name;
}

/** A logged model's name: MLflow's rule. */
export function loggedModelName(text: string): string {
  const name = spelled(text);
  const wrong = (what: string) =>
    invalid(`Invalid model name '${shown(name)}': ${what}`, {
      field: 'name',
      hint: 'use letters, digits, spaces, dashes and underscores',
    });
  if (name === '') throw wrong('it may not be empty');
  if (name.length > 500) throw wrong(`it is ${name.length} characters long, and may have 500`);
  if (/[/:.%"'\\]/.test(name)) throw wrong('it may not hold any of / : . % " \' \\');
  if (HIDDEN.test(name)) throw wrong('it may not hold characters that cannot be seen');
  return name;
}

/** An alias that can be set. `latest` and `v7` would read as something else in `models:/m@…`. */
export function newAlias(alias: string): string {
  checkAlias(alias);
  const reserved = (what: string) =>
    invalid(`the alias '${alias}' is reserved: ${what}`, {
      field: 'alias',
      hint: 'use a name such as champion',
    });
  if (alias.toLowerCase() === 'latest') throw reserved('it always means the newest version');
  if (/^v\d+$/i.test(alias)) throw reserved('it reads as a version number');
  // What a policy guards is guarded by name: another that looks the same would be the way past it.
  requirePlainName('alias', alias, 'alias');
  return alias;
}

/** An alias that can be asked for. */
export function checkAlias(alias: string): string {
  const wrong = (what: string) =>
    invalid(`Invalid alias name '${shown(alias)}': ${what}`, {
      field: 'alias',
      hint: 'use letters, digits, dashes and underscores',
    });
  if (alias === '') throw wrong('it is empty');
  if (alias.length > 255) throw wrong(`it is ${alias.length} characters long, and may have 255`);
  if (!/^[\p{L}\p{N}_-]+$/u.test(alias))
    throw wrong('only letters, digits, dashes and underscores may stand in it');
  return alias;
}

/** The registry's limits for tags, and MLflow's alphabet for keys. */
export function checkTag(key: string, value: string, longest = 100_000): void {
  checkTagKey(key);
  checkText(value, 'value', longest);
}

/** As many tags as one request may set. */
const MOST_TAGS = 1000;

export function checkTags(tags: Readonly<Record<string, string>>): void {
  const entries = Object.entries(tags);
  if (entries.length > MOST_TAGS)
    throw invalid(`at most ${MOST_TAGS} tags may be set at once, not ${entries.length}`, {
      field: 'tags',
      hint: 'set some now and the others afterwards',
    });
  for (const [key, value] of entries) checkTag(key, value);
}

/** Tags and params of logged models: MLflow's server takes keys of any text, and clients send whole signatures as values. */
export function checkFree(pairs: Readonly<Record<string, string>>, field: 'params' | 'tags'): void {
  const entries = Object.entries(pairs);
  if (entries.length > MOST_TAGS)
    throw invalid(`at most ${MOST_TAGS} ${field} may be set at once, not ${entries.length}`, {
      field,
      hint: 'set some now and the others afterwards',
    });
  for (const [key, value] of entries) {
    if (key === '') throw invalid(`a key in '${field}' is empty`, { field });
    checkText(key, `the key '${shown(key)}' in ${field}`, 250);
    checkText(value, `${field}.${shown(key)}`, 100_000);
  }
}

export function checkTagKey(key: string): void {
  const wrong = (what: string) =>
    invalid(`Invalid tag name '${shown(key)}': ${what}`, {
      field: 'key',
      hint: 'use letters, digits, dashes, dots, spaces, colons, slashes and underscores',
    });
  if (key === '') throw wrong('it is empty');
  if (key.length > 250) throw wrong(`it is ${key.length} characters long, and may have 250`);
  if (!/^[\p{L}\p{N}_.\-/ :]+$/u.test(key)) throw wrong('it holds other characters than names may have');
  // As MLflow: a key must be its own normal form as a relative path.
  if (key.split('/').some((part) => part === '' || part === '.' || part === '..'))
    throw wrong("it may not hold '..' or empty parts");
}

/** No database keeps a NUL in text in the same way. */
export function checkText(text: string | undefined, field: string, longest: number): void {
  if (text === undefined) return;
  if (text.includes('\u0000'))
    throw invalid(`'${field}' holds a NUL character`, { field, hint: 'log bytes as an artifact' });
  if (text.length > longest)
    throw invalid(`'${field}' is ${text.length} characters long, and may have ${longest}`, {
      field,
      hint: 'log long text as an artifact',
    });
}

export function checkDescription(text: string | undefined): void {
  checkText(text, 'description', 100_000);
}

const shown = (text: string): string =>
  (text.length > 80 ? `${text.slice(0, 80)}…` : text).replaceAll(/\p{Cc}/gu, '?');
