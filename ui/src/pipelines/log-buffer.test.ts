import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { LogBuffer } from './log-buffer.ts';
import { logLines } from './log-view.ts';

test('however a log is cut on its way, its lines are those of the whole', () => {
  const text = fc
    .array(fc.constantFrom('a', 'bc', '\n', '\r', '\n\n', '\u001b[1m', 'x\r100%'), { maxLength: 30 })
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, fc.array(fc.nat(40), { maxLength: 6 }), (whole, cuts) => {
      const buffer = new LogBuffer();
      const places = [
        0,
        ...cuts.filter((cut) => cut <= whole.length).toSorted((a, b) => a - b),
        whole.length,
      ];
      places.slice(1).forEach((to, i) => buffer.add(whole.slice(places[i], to)));
      assert.deepEqual(buffer.lines, logLines(whole));
    }),
  );
});
