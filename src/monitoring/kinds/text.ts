import { languageOf } from './language.ts';

/** How the words of a text are compared with those of the reference. */
export interface TextRecipe {
  kind: 'text';
  /** Its most frequent words, as hashes: 32 bits each, little-endian, in base64. */
  vocabulary: string;
}

/** Of longer texts the beginning is looked at, but for their length. */
const LOOKED_AT = 20_000;
const VOCABULARY = 20_000;
/** Words that are counted on the way to it. */
const COUNTED = 500_000;

/** Languages without spaces have a word a letter. */
const WORD =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|[\p{L}\p{N}][\p{L}\p{N}\p{M}]*(?:['’]\p{L}+)*/gu;

export const wordsOf = (text: string): string[] => text.slice(0, LOOKED_AT).toLowerCase().match(WORD) ?? [];

/** Numbers of each text; `unknown words` is learnt from the reference, so it is no measure of texts that were learnt from. */
export const TEXT_NUMBERS = [
  'characters',
  'words',
  'letters per word',
  'letters',
  'digits',
  'punctuation',
  'non-ASCII',
  'unknown words',
] as const;
export type TextNumber = (typeof TEXT_NUMBERS)[number];

export interface DescribedText {
  numbers: Record<TextNumber, number>;
  language: string;
}

/** A text in numbers: its length, shares of its characters, and the share of words that the reference does not have. NaN where it has no word. */
export function describeText(text: string, vocabulary: ReadonlySet<number>): DescribedText {
  const head = text.slice(0, LOOKED_AT);
  const words = wordsOf(text);
  const counts = charactersOf(head);
  const share = (count: number): number => count / Math.max(1, counts.all);
  const known = words.reduce((sum, word) => sum + Number(vocabulary.has(hashOf(word))), 0);
  const beyond = text.length > LOOKED_AT ? lengthOf(text.slice(LOOKED_AT)) : 0;
  return {
    numbers: {
      characters: counts.all + beyond,
      words: words.length,
      'letters per word': words.reduce((sum, word) => sum + word.length, 0) / words.length,
      letters: share(counts.letters),
      digits: share(counts.digits),
      punctuation: share(counts.punctuation),
      'non-ASCII': share(counts.foreign),
      'unknown words': 1 - known / words.length,
    },
    language: languageOf(head, words),
  };
}

function charactersOf(text: string) {
  const counts = { all: 0, letters: 0, digits: 0, punctuation: 0, foreign: 0 };
  for (const letter of text) {
    counts.all++;
    const code = letter.codePointAt(0)!;
    if (code < 128) {
      if ((code | 32) >= 97 && (code | 32) <= 122) counts.letters++;
      else if (code >= 48 && code <= 57) counts.digits++;
      else if (code > 32 && code < 127) counts.punctuation++;
      continue;
    }
    counts.foreign++;
    if (LETTER.test(letter)) counts.letters++;
    else if (DIGIT.test(letter)) counts.digits++;
    else if (PUNCTUATION.test(letter)) counts.punctuation++;
  }
  return counts;
}

const LETTER = /[\p{L}\p{M}]/u;
const DIGIT = /\p{Nd}/u;
const PUNCTUATION = /[\p{P}\p{S}]/u;

/** Characters as people count them, a pair of surrogates once. */
function lengthOf(text: string): number {
  let length = 0;
  for (let at = 0; at < text.length; at++) if ((text.charCodeAt(at) & 0xfc00) !== 0xdc00) length++;
  return length;
}

/** FNV-1a: a word of another that has its hash counts as known, once in some hundred thousand. */
export function hashOf(word: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < word.length; at++) hash = Math.imul(hash ^ word.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

/** Gathers the words of texts, in memory that has an end. */
export function vocabularyMaker(): { add(text: string): void; made(): string } {
  const counts = new Map<number, number>();
  return {
    add(text) {
      for (const word of new Set(wordsOf(text))) {
        const hash = hashOf(word);
        const before = counts.get(hash);
        if (before !== undefined || counts.size < COUNTED) counts.set(hash, (before ?? 0) + 1);
      }
    },
    made() {
      const most = [...counts].toSorted((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, VOCABULARY);
      const bytes = Buffer.alloc(most.length * 4);
      for (const [at, [hash]] of most.entries()) bytes.writeUInt32LE(hash, at * 4);
      return bytes.toString('base64');
    },
  };
}

export function readVocabulary({ vocabulary }: TextRecipe): ReadonlySet<number> {
  const bytes = Buffer.from(vocabulary, 'base64');
  return new Set(Array.from({ length: bytes.length / 4 }, (_one, at) => bytes.readUInt32LE(at * 4)));
}

/** With fewer values nobody can say whether they are texts or categories. */
const FEWEST = 20;
/** Words of a value on average, or letters of languages without spaces. */
const WORDS = 4;

/** Whether values are texts that somebody wrote: several words each, and hardly one like another. */
export function isText(values: readonly string[]): boolean {
  if (values.length < FEWEST || new Set(values).size < values.length / 2) return false;
  const spaces = values.reduce((sum, value) => sum + Math.min(value.split(/\s+/u).length, 50), 0);
  if (spaces >= WORDS * values.length) return true;
  const alone = values.reduce(
    (sum, value) => sum + Math.min(value.slice(0, 1000).match(UNSPACED)?.length ?? 0, 50),
    0,
  );
  return alone >= 2 * WORDS * values.length;
}

const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/gu;
