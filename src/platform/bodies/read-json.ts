import { invalid, messageOf } from '../errors/index.ts';
import { refuseUnkept } from './parse.ts';

/** The value of a body of JSON. No field is called `__proto__`, and no text is one that would not be kept as it came. */
export function readJson(text: string): unknown {
  let value: unknown;
  try {
    // A reviver is called for every value, so that it is asked only where the name may be: as it is, or with letters escaped.
    value = /__proto__|\\u00[567]/.test(text) ? JSON.parse(text, withoutProto) : JSON.parse(text);
  } catch (error) {
    throw invalid(`the body is not JSON: ${messageOf(error)}`, { field: 'body' });
  }
  if (/\\u(?:0000|d[89a-f])/i.test(text)) refuseUnkept(value, 'body'); // JSON spells them in this way alone
  return value;
}

function withoutProto(key: string, value: unknown): unknown {
  if (key === '__proto__') throw new SyntaxError('a field may not be called __proto__');
  return value;
}
