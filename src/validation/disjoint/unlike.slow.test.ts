import assert from 'node:assert/strict';
import test from 'node:test';
import type { DisjointAnswer, Suspicion } from '../data/protocol.ts';
import { openWorkshop } from './fixture.suite.ts';
import { warningsOf } from './warnings.ts';

const rows = (from: number, n: number, x: string, carrier: string): string =>
  `select i as id, ${x} as distance, ${carrier} as carrier, i % 2 as late from range(${from}, ${from + n}) t(i)`;
const TRAIN = rows(0, 2000, '(i * 37 % 2000)::double + 0.5', "['AA', 'DL', 'UA'][i % 3 + 1]");
const LATER = rows(5000, 400, '(i * 91 % 2000)::double + 0.5', "['AA', 'DL', 'UA'][i % 3 + 1]");
const KILOMETRES = rows(5000, 400, '((i * 91 % 2000) + 0.5) * 1.609', "['AA', 'DL', 'UA'][i % 3 + 1]");
const BROKEN = rows(
  5000,
  400,
  'case when i % 4 > 0 then (i * 91 % 2000)::double + 0.5 end',
  "['AA', 'DL', 'Delta'][i % 3 + 1]",
);

const of = (answer: DisjointAnswer): Array<[string, string, number]> =>
  answer.against
    .flatMap(({ tables }) => tables.flatMap(({ suspicions }): Suspicion[] => suspicions))
    .filter(({ kind }) => kind !== 'group' && kind !== 'time')
    .map(({ kind, column, share }) => [kind, column, Math.round(share * 100)]);

test('data that is not like what training read is named: missing values, another unit, new words', async () => {
  await using shop = await openWorkshop();
  for (const ending of ['parquet', 'csv']) {
    const train = await shop.make(`train.${ending}`, TRAIN);
    const compare = async (name: string, sql: string, against = [train]) =>
      shop.compare(await shop.make(`${name}.${ending}`, sql), against, { label: 'late' });
    assert.deepEqual(of(await compare('later', LATER)), [], `${ending}: new rows of the same kind, new ids`);
    const units = of(await compare('kilometres', KILOMETRES));
    assert.deepEqual(
      units.map(([kind, column]) => [kind, column]),
      [['outside', 'distance']],
      ending,
    );
    assert.ok(units[0]![2] > 30 && units[0]![2] < 45);
    assert.deepEqual(of(await compare('broken', BROKEN)), [
      ['missing', 'distance', 25],
      ['unseen', 'carrier', 34],
    ]);
    // Of two tables one has seen it.
    const wide = await shop.make(`wide.${ending}`, rows(9000, 2000, '(i * 37 % 9000)::double', "'Delta'"));
    const both = await compare('again', KILOMETRES, [train, wide]);
    const source = (label: string) => ({ ref: label, label, files: [] }) as never; // only its label is read
    assert.deepEqual(
      warningsOf(both, [source('a'), source('b')]).filter((text) => text.includes('distance')),
      [],
    );
    const alone = warningsOf({ ...both, against: both.against.slice(0, 1) }, [source('flights@v1')]);
    assert.ok(
      alone.some((text) =>
        /^3\d(\.\d)? % of the gate’s values of 'distance' lie outside 0\.5 to 2000, all that training read of it in flights@v1: another unit/.test(
          text,
        ),
      ),
      alone.join('\n'),
    );
  }
});
