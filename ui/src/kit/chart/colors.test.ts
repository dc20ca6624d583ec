import assert from 'node:assert/strict';
import test from 'node:test';
import { hashText, seriesStyles } from './colors.ts';

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const c = parseInt(hex.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}
const contrast = (a: string, b: string) => {
  const [high, low] = [luminance(a), luminance(b)].toSorted((x, y) => y - x);
  return (high! + 0.05) / (low! + 0.05);
};

test('a run keeps its colour whatever order it is chosen in', () => {
  const ids = ['a1', 'b2', 'c3', 'd4', 'e5'];
  const turned = seriesStyles(ids.toReversed());
  for (const [id, style] of seriesStyles(ids)) assert.deepEqual(style, turned.get(id));
  assert.equal(hashText('run-1'), hashText('run-1'));
});

test('no two of thirty-two series look the same', () => {
  const ids = Array.from({ length: 32 }, (_, i) => `run-${i * 7919}`);
  const looks = new Set([...seriesStyles(ids).values()].map((style) => style.name));
  assert.equal(looks.size, 32);
});

test('every hue has 3:1 against both grounds it is drawn on', () => {
  const styles = seriesStyles(Array.from({ length: 8 }, (_, i) => `s${i}`));
  assert.equal(styles.size, 8);
  for (const { light, dark, name } of styles.values()) {
    assert.ok(contrast(light, '#fffefb') >= 3, `${name} ${light} on light: ${contrast(light, '#fffefb')}`);
    assert.ok(contrast(dark, '#1c1b18') >= 3, `${name} ${dark} on dark: ${contrast(dark, '#1c1b18')}`);
  }
});

test('of more lines than styles each style is had by about as many', () => {
  const counts = new Map<string, number>();
  for (const { name } of seriesStyles(Array.from({ length: 64 }, (_, i) => `run-${i}`)).values())
    counts.set(name, (counts.get(name) ?? 0) + 1);
  assert.deepEqual([...counts.values()], Array<number>(32).fill(2));
});
