import { invalid } from '../platform/errors/index.ts';

/** Sizes and spellings, as MLflow's server has them: its clients count on both the refusals and the truncations. */
const KEY = 250;
const PARAM_VALUE = 6000;
const TAG_VALUE = 8000;
/** A name is a tag as well, and MLflow's clients send whole commands as names. */
export const RUN_NAME = TAG_VALUE;
const EXPERIMENT_NAME = 500;
const EXPERIMENT_TAG_VALUE = 20_000;

/** Letters and digits of any script, and `_ - . space : /`. */
const KEY_FORM = /^[/\p{L}\p{N}_.\- :]*$/u;

/** The key of a metric, param or tag; `field` names it in messages. */
export function checkKey(key: string, field: string): void {
  if (key === '')
    throw invalid(`Invalid value "" for parameter '${field}' supplied: A key name must be provided`, {
      field,
    });
  if (key.length > KEY && longerThan(key, KEY)) {
    throw invalid(`'${field}' exceeds the maximum length of ${KEY} characters`, {
      field,
      hint: `shorten '${key.slice(0, 40)}…'`,
    });
  }
  if (!KEY_FORM.test(key)) {
    throw invalid(
      `Invalid value "${key}" for parameter '${field}' supplied: Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colons (:) and slashes (/)`,
      { field },
    );
  }
  if (!isPlainPath(key)) {
    throw invalid(
      `Invalid value "${key}" for parameter '${field}' supplied: Names may be treated as files in certain cases, and must not resolve to other names when treated as such`,
      {
        field,
        hint: 'no leading or doubled slash, no . or .. between slashes',
      },
    );
  }
}

/** Tags whose keys are any text, in their size. */
export function checkFreeTags(tags: ReadonlyArray<readonly [string, string]>): Array<[string, string]> {
  return tags.map(([key, value], i) => {
    if (key === '') throw invalid('a tag needs a key', { field: `tags[${i}].key` });
    checkLength(key, KEY, `tags[${i}].key`);
    return [key, clipTag(value, `tags[${i}].value`)];
  });
}

/** A relative path that is already as short as it can be: no empty, `.` or `..` segment. */
const isPlainPath = (key: string): boolean =>
  key.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..') &&
  !key.startsWith('..');

/** Over-long values are cut, silently, as clients expect. */
export const clipParam = (value: string, field: string): string => clip(clean(value, field), PARAM_VALUE);
export const clipTag = (value: string, field: string): string => clip(clean(value, field), TAG_VALUE);

export function checkExperimentName(name: string): void {
  if (name === '')
    throw invalid('Invalid value "" for parameter \'name\' supplied: an experiment needs a name', {
      field: 'name',
    });
  if (longerThan(name, EXPERIMENT_NAME))
    throw invalid(`'name' exceeds the maximum length of ${EXPERIMENT_NAME} characters`, {
      field: 'name',
      hint: 'use a shorter name',
    });
  clean(name, 'name');
}

/** As many tags as one request may set. */
const MOST_TAGS = 1000;

export function checkExperimentTags(tags: Readonly<Record<string, string>>): void {
  const entries = Object.entries(tags);
  if (entries.length > MOST_TAGS)
    throw invalid(`at most ${MOST_TAGS} tags may be set at once, not ${entries.length}`, {
      field: 'tags',
      hint: 'set some now and the others afterwards',
    });
  for (const [key, value] of entries) checkExperimentTag(key, value);
}

function checkExperimentTag(key: string, value: string): void {
  checkKey(key, 'key');
  if (longerThan(value, EXPERIMENT_TAG_VALUE))
    throw invalid(`'value' exceeds the maximum length of ${EXPERIMENT_TAG_VALUE} characters`, {
      field: 'value',
      hint: 'put long text into an artifact',
    });
  clean(value, 'value');
}

export function checkLength(text: string, limit: number, field: string): void {
  clean(text, field);
  if (longerThan(text, limit))
    throw invalid(`'${field}' exceeds the maximum length of ${limit} characters`, { field });
}

/** No database keeps a NUL in text in the same way. */
export function clean(text: string, field: string): string {
  if (text.includes('\u0000'))
    throw invalid(`'${field}' holds a NUL character`, { field, hint: 'log bytes as an artifact' });
  return text;
}

/** Counts characters, not UTF-16 halves. */
const longerThan = (text: string, limit: number): boolean => endOf(text, limit) < text.length;
const clip = (text: string, limit: number): string => text.slice(0, endOf(text, limit));

/** Where so many characters end. A body may hold a text of megabytes, of which nobody makes a list: it is read as far as it counts. */
function endOf(text: string, limit: number): number {
  if (text.length <= limit) return text.length;
  let end = 0;
  for (let left = limit; left > 0 && end < text.length; left--)
    end += text.codePointAt(end)! > 0xffff ? 2 : 1;
  return end;
}
