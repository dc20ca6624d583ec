import assert from 'node:assert/strict';
import test from 'node:test';
import { describeText, isText, readVocabulary, vocabularyMaker } from './text.ts';

const learnt = (...texts: string[]): ReadonlySet<number> => {
  const maker = vocabularyMaker();
  for (const text of texts) maker.add(text);
  return readVocabulary({ kind: 'text', vocabulary: maker.made() });
};

test('a text in numbers', () => {
  const vocabulary = learnt('The room was very clean.', 'Bed 12 is not');
  const { numbers, language } = describeText('The ROOM wasn’t clean, 12 €!', vocabulary);
  assert.deepEqual(numbers, {
    characters: 28,
    words: 5,
    'letters per word': (3 + 4 + 6 + 5 + 2) / 5,
    letters: 17 / 28,
    digits: 2 / 28,
    punctuation: 4 / 28,
    'non-ASCII': 2 / 28,
    'unknown words': 1 - 4 / 5,
  });
  assert.equal(language, 'en');
});

test('characters are those that people see as one number, and long texts are looked at from their beginning', () => {
  const none = learnt();
  assert.equal(describeText('a😀b', none).numbers.characters, 3);
  const long = describeText(`${'word '.repeat(4000)}${'😀'.repeat(10_000)}`, none).numbers;
  assert.deepEqual([long.characters, long.words, long['non-ASCII']], [30_000, 4000, 0]);
  assert.ok(Number.isNaN(describeText('!?', none).numbers['unknown words']));
});

test('the language is told by letters and by words that no sentence does without', () => {
  const said = {
    en: 'I would not recommend this place to anybody, the staff was rude.',
    de: 'Das Zimmer war sauber, aber wir würden nicht wieder in dieses Hotel gehen.',
    fr: 'La chambre était propre et le personnel est très gentil avec les enfants.',
    es: 'La comida estaba muy buena, pero el servicio es un poco lento.',
    it: 'La camera era pulita e il personale è molto gentile con i bambini.',
    pt: 'O quarto estava limpo e os funcionários são muito simpáticos, não há do que reclamar.',
    nl: 'De kamer was schoon en het personeel is erg vriendelijk voor de kinderen.',
    ru: 'Номер был чистый, и персонал очень вежливый, но завтрак мне не понравился.',
    uk: 'Номер був чистий, і персонал дуже ввічливий, але сніданок мені не сподобався.',
    ja: 'この部屋はとてもきれいでした。',
    zh: '房间很干净,服务也很好。',
    ko: '방이 매우 깨끗했습니다.',
    el: 'Το δωμάτιο ήταν πολύ καθαρό.',
    other: 'Berlin Hamburg München',
    none: '12:30 — 14:45',
  };
  for (const [language, text] of Object.entries(said))
    assert.equal(describeText(text, new Set()).language, language, text);
});

test('texts are several words each, and hardly one like another; names, codes and answers are none', () => {
  const many = (make: (i: number) => string): string[] => Array.from({ length: 50 }, (_one, i) => make(i));
  assert.equal(isText(many((i) => `order ${i} came late and cold`)), true);
  assert.equal(isText(many((i) => `第${i}个房间很干净服务也很好`)), true);
  assert.equal(isText(many((i) => `very long answer of a form, number ${i % 5}`)), false);
  assert.equal(isText(many((i) => `a1b2-${i}`)), false);
  assert.equal(isText(many((i) => `New York ${i}`)), false);
  assert.equal(isText(many((i) => `order ${i} came late and cold`).slice(0, 10)), false, 'too few to say');
});
