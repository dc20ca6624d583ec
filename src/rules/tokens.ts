import { RuleFault } from './fault.ts';

export type Token =
  | { kind: 'number'; value: number; text: string; at: number }
  | { kind: 'word'; text: string; at: number }
  | { kind: 'text'; text: string; at: number }
  | { kind: 'sign'; text: string; at: number }
  | { kind: 'end'; text: ''; at: number };

/** Longest rule, characters: longer than any that a person reads, short enough to read on every request. */
export const LONGEST = 1000;

const PATTERN =
  /(?<space>\s+)|(?<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)|(?<word>\p{L}[\p{L}\p{N}_]*|_[\p{L}\p{N}_]*)|(?<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?<sign>>=|<=|==|!=|[-+*/()<>.=,])/uy;

/** Signs of other languages, and what is written here instead. */
const FOREIGN: Readonly<Record<string, string>> = {
  '&': 'write `and`',
  '|': 'write `or`',
  '!': 'write `not`',
  '≥': 'write `>=`',
  '≤': 'write `<=`',
  '≠': 'write `!=`',
  '%': 'write a share: 0.05 for 5 %',
  '"': 'close the quotation mark',
  "'": 'close the quotation mark',
};

export function tokens(rule: string): Token[] {
  if (rule.length > LONGEST)
    throw new RuleFault(`a rule has at most ${LONGEST} characters, this one ${rule.length}`, LONGEST);
  const found: Token[] = [];
  const pattern = new RegExp(PATTERN);
  let at = 0;
  while (at < rule.length) {
    pattern.lastIndex = at;
    const match = pattern.exec(rule);
    if (!match?.groups) {
      const sign = String.fromCodePoint(rule.codePointAt(at)!);
      throw new RuleFault(`'${sign}' means nothing here`, at, FOREIGN[sign]);
    }
    const { number, word, text, sign } = match.groups;
    if (number !== undefined) {
      const value = Number(number);
      if (!Number.isFinite(value)) throw new RuleFault(`the number ${number} is too large`, at);
      found.push({ kind: 'number', value, text: number, at });
    } else if (word !== undefined) found.push({ kind: 'word', text: word, at });
    else if (text !== undefined)
      found.push({ kind: 'text', text: text.slice(1, -1).replaceAll(/\\(.)/gsu, '$1'), at });
    else if (sign !== undefined) found.push({ kind: 'sign', text: sign, at });
    at = pattern.lastIndex;
  }
  found.push({ kind: 'end', text: '', at: rule.length });
  return found;
}
