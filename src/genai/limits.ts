import { invalid } from '../platform/errors/index.ts';

/** A text of a client in its size. No database keeps a NUL in text in the same way. */
export function checkText(text: string, field: string, longest: number): string {
  if (text.includes('\u0000')) throw invalid(`'${field}' holds a NUL character`, { field });
  if (text.length > longest)
    throw invalid(`'${field}' is ${text.length} characters long, and may have ${longest}`, {
      field,
      hint: 'shorten it',
    });
  return text;
}

/** A name that people read: not empty, and without what cannot be seen. */
export function checkName(text: string, field: string, longest: number): string {
  const name = checkText(text, field, longest).trim();
  if (name === '') throw invalid(`'${field}' may not be empty`, { field, hint: 'give it a name' });
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(name))
    throw invalid(`'${field}' holds characters that cannot be seen`, { field, hint: 'leave them out' });
  return name;
}

const MOST = 1000;

export function checkTags(tags: Readonly<Record<string, string>>): void {
  const entries = Object.entries(tags);
  if (entries.length > MOST)
    throw invalid(`at most ${MOST} tags may be set at once, not ${entries.length}`, { field: 'tags' });
  for (const [key, value] of entries) {
    checkName(key, 'tags', 255);
    checkText(value, `tags.${key.slice(0, 80)}`, 5000);
  }
}
