import assert from 'node:assert/strict';
import test from 'node:test';
import { fc, runs } from '../../../test/property.ts';
import { mixedWord, requirePlainName } from './index.ts';

test('a word of one script is fine, and words of several side by side', () => {
  for (const name of [
    'champion',
    'champion_2-b.old',
    'чемпион',
    'чемпион_v2',
    'πρωταθλητής',
    'équipe-bleue',
    'Größe',
    'e\u0301quipe',
    '東京モデル',
    'モデルA',
    'データv2',
    '모델A한자漢字',
    'จำลอง',
    'मॉडल',
    'نموذج',
    'model чемпион',
    'ﬁnal', // a ligature, of Latin letters
    '12-34_5',
    '',
  ])
    assert.equal(mixedWord(name), undefined, name);
});

test('a letter of another script in a word is named, with the one beside it', () => {
  for (const [name, word] of [
    ['сhampion', 'сhampion'],
    ['champiоn-2', 'champiоn'],
    ['prod v2.αlpha', 'αlpha'],
    ['v2модель', 'v2модель'],
    ['rеview', 'rеview'],
    ['東αб', '東αб'],
    ['aᚠ', 'aᚠ'], // runes are in no list
  ] as const)
    assert.equal(mixedWord(name)?.word, word, name);
  assert.throws(() => requirePlainName('alias', 'сhampion', 'alias'), {
    kind: 'invalid',
    field: 'alias',
    message: "alias 'сhampion' mixes scripts in the word 'сhampion': 'с' is Cyrillic, 'h' is Latin",
  });
  assert.throws(
    () => requirePlainName('group', 'ad\u200bmins', 'name'),
    /holds a character that cannot be seen/,
  );
  assert.doesNotThrow(() => requirePlainName('group', 'Équipe du matin (2)', 'name'));
});

test('whatever Latin word gets one Cyrillic letter is refused, and nothing of one script is', () => {
  const latin = fc.string({
    unit: fc.constantFrom(...Array.from('abcdefghijklmnopqrstuvwxyz0123')),
    minLength: 1,
    maxLength: 12,
  });
  const cyrillic = fc.constantFrom(...Array.from('абвгдежзиклмнопрстуфхцчшэюя'));
  fc.assert(
    fc.property(latin, cyrillic, fc.nat(11), (word, letter, at) => {
      assert.equal(mixedWord(word), undefined);
      const mixed = `${word.slice(0, at)}${letter}${word.slice(at)}`;
      assert.equal(mixedWord(mixed) !== undefined, /[a-z]/.test(word), mixed);
    }),
    { numRuns: runs(500) },
  );
});
