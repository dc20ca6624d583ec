import { invalid } from '../errors/index.ts';

// Letters that look alike: a name that is told from another by its code points alone lets one thing pass for the other.

/** Scripts whose letters people write words in. A letter of any other script is of one of its own. */
const SCRIPTS = [
  'Latin',
  'Cyrillic',
  'Greek',
  'Armenian',
  'Hebrew',
  'Arabic',
  'Devanagari',
  'Bengali',
  'Tamil',
  'Telugu',
  'Thai',
  'Lao',
  'Georgian',
  'Hangul',
  'Ethiopic',
  'Cherokee',
  'Khmer',
  'Mongolian',
  'Hiragana',
  'Katakana',
  'Han',
  'Bopomofo',
  'Coptic',
  'Gothic',
  'Lisu',
  'Vai',
] as const;
/** Those that are written together in one word, with Latin letters among them: Japanese, Korean, Chinese (UTS 39, Highly Restrictive). */
const TOGETHER: ReadonlyArray<readonly string[]> = [
  ['Latin', 'Han', 'Hiragana', 'Katakana'],
  ['Latin', 'Han', 'Hangul'],
  ['Latin', 'Han', 'Bopomofo'],
];

const BY_SCRIPT = SCRIPTS.map((script) => ({ script, letter: new RegExp(`\\p{scx=${script}}`, 'u') }));
/** What words of every script hold: digits, marks, signs. */
const SHARED = /[\p{sc=Common}\p{sc=Inherited}]/u;
const OTHER = 'of another script';
const PLAIN = /^[\x20-\x7e]*$/;
const WORDS = /[\p{L}\p{M}\p{N}]+/gu;
/** Characters that are not drawn, and those that turn the text around them. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/** The first word whose letters are of several scripts that nobody writes together, and letters that show it, each with its script. */
export function mixedWord(
  name: string,
): { word: string; letters: ReadonlyArray<readonly [letter: string, script: string]> } | undefined {
  if (PLAIN.test(name)) return undefined;
  for (const [word] of name.normalize('NFC').matchAll(WORDS)) {
    if (PLAIN.test(word)) continue;
    const letters = Array.from(word).flatMap((letter) => {
      const scripts = scriptsOf(letter);
      return scripts.length === 0 ? [] : [{ letter, scripts }];
    });
    const goes = (together: readonly string[]): boolean =>
      letters.every(({ scripts }) => scripts.some((script) => together.includes(script)));
    const [first] = letters;
    if (!first || first.scripts.some((script) => goes([script])) || TOGETHER.some(goes)) continue;
    const other = letters.find(({ scripts }) => !scripts.some((script) => first.scripts.includes(script)));
    return {
      word,
      letters: [first, other ?? first].map(({ letter, scripts: [script = OTHER] }) => [letter, script]),
    };
  }
  return undefined;
}

/** None of what every script holds. */
const scriptsOf = (letter: string): readonly string[] => {
  const found = BY_SCRIPT.flatMap(({ script, letter: is }) => (is.test(letter) ? script : []));
  return found.length > 0 || SHARED.test(letter) ? found : [OTHER];
};

/**
 * Refuses a name that a guard or a person would take for another: one whose words mix scripts, as a Cyrillic letter in a Latin word does, or
 * that holds what is not seen. A name wholly in one script is fine, and so are words of different scripts side by side.
 */
export function requirePlainName(what: string, name: string, field: string): void {
  const shown = name.length > 80 ? `${name.slice(0, 80)}…` : name;
  if (UNSEEN.test(name))
    throw invalid(
      `${what} '${shown.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?')}' holds a character that cannot be seen`,
      {
        field,
        hint: 'type the name anew, of letters, digits and dashes',
      },
    );
  const mixed = mixedWord(name);
  if (!mixed) return;
  const [one, other] = mixed.letters;
  const said = one && other ? `: '${one[0]}' is ${one[1]}, '${other[0]}' is ${other[1]}` : '';
  throw invalid(`${what} '${shown}' mixes scripts in the word '${mixed.word.slice(0, 80)}'${said}`, {
    field,
    hint: 'write each word in the letters of one script: those of two may look alike, and people would take one name for another',
  });
}
