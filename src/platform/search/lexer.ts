import { invalid, type TreadleError } from '../errors/index.ts';

export interface Token {
  kind: 'word' | 'quoted' | 'operator' | '(' | ')' | ',' | 'end';
  /** Without its quotes. */
  text: string;
  /** For a word such as ``metrics.`a b` ``: what stands before its first dot. */
  prefix?: string;
  /** Character in the text, from 0. */
  at: number;
}

/** Texts past this are refused before any work. */
const LONGEST = 64 * 1024;
const DELIMITERS = ' \t\r\n\f\v()=!<>,\'"`';

/** Cuts a filter or order into tokens, in one pass over its characters. */
export function tokenize(text: string): Token[] {
  if (text.length > LONGEST)
    throw invalid(`the filter is ${text.length} characters long; at most ${LONGEST} are read`, {
      field: 'filter',
    });
  const tokens: Token[] = [];
  let i = 0;
  while (i < text.length) {
    const c = text[i]!;
    if (' \t\r\n\f\v'.includes(c)) {
      i++;
    } else if (c === '(' || c === ')' || c === ',') {
      tokens.push({ kind: c, text: c, at: i++ });
    } else if (c === '=' || c === '<' || c === '>' || c === '!') {
      const two = text.slice(i, i + 2);
      const operator = two === '<=' || two === '>=' || two === '!=' ? two : c;
      if (operator === '!') throw wrong(text, i, "'!' stands alone", 'write != for "is not"');
      tokens.push({ kind: 'operator', text: operator, at: i });
      i += operator.length;
    } else if (c === "'" || c === '"' || c === '`') {
      const quoted = readQuoted(text, i);
      tokens.push({ kind: 'quoted', text: quoted.text, at: i });
      i = quoted.end;
    } else {
      const start = i;
      while (i < text.length && !DELIMITERS.includes(text[i]!)) i++;
      const word = text.slice(start, i);
      const dot = word.indexOf('.');
      const quote = text[i];
      if (word.endsWith('.') && dot > 0 && (quote === '`' || quote === '"' || quote === "'")) {
        const quoted = readQuoted(text, i);
        tokens.push({
          kind: 'word',
          text: word.slice(dot + 1) + quoted.text,
          prefix: word.slice(0, dot),
          at: start,
        });
        i = quoted.end;
      } else if (dot > 0) {
        tokens.push({ kind: 'word', text: word.slice(dot + 1), prefix: word.slice(0, dot), at: start });
      } else {
        tokens.push({ kind: 'word', text: word, at: start });
      }
    }
  }
  tokens.push({ kind: 'end', text: '', at: text.length });
  return tokens;
}

/** A doubled quote inside stands for one. */
function readQuoted(text: string, start: number): { text: string; end: number } {
  const quote = text[start]!;
  const parts: string[] = [];
  let from = start + 1;
  for (;;) {
    const close = text.indexOf(quote, from);
    if (close < 0)
      throw wrong(text, start, `the quote ${quote} is never closed`, 'close it with the same character');
    parts.push(text.slice(from, close));
    if (text[close + 1] !== quote) return { text: parts.join(quote), end: close + 1 };
    from = close + 2;
  }
}

/** An error in a filter, with the place and the words around it. */
export function wrong(text: string, at: number, what: string, hint: string): TreadleError {
  const near = text.slice(at, at + 20).split(/\s+/)[0] ?? '';
  const place = near === '' ? 'at its end' : `at character ${at + 1} ('${near}')`;
  return invalid(`Invalid clause(s) in filter string: ${what} ${place}`, {
    field: 'filter',
    hint,
    code: 'filter',
  });
}
