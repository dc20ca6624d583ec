import assert from 'node:assert/strict';
import test from 'node:test';
import { fc } from '../../test/property.ts';
import { formOf, isExact, join, typeOf } from './spelling.ts';

const typeOfAll = (...cells: string[]): string => typeOf(cells.map(formOf).reduce(join));

test('a type is given only where each cell can be told again from its value', () => {
  const cases: ReadonlyArray<[type: string, ...cells: string[]]> = [
    ['BIGINT', '1', '-5', '0', '9007199254740993', '9223372036854775807'],
    ['HUGEINT', '1', '9223372036854775808'],
    ['HUGEINT', '-18446744073709551616'],
    ['VARCHAR', '1234567890123456789012345678901234567890'],
    ['DOUBLE', '1', '1.0', '2.50'],
    ['DOUBLE', '1e5', '1'],
    ['DOUBLE', '.5', '5.', '-0'],
    ['DOUBLE', '0.30000000000000004', '0.10000000000000001', '1.000000000000000056e-01'],
    ['DOUBLE', '1.5', 'nan', '-inf'],
    ['VARCHAR', '0.1234567890123456789'],
    ['VARCHAR', '1e400'],
    ['VARCHAR', '4e-400'],
    ['VARCHAR', '00501', '1'],
    ['VARCHAR', '+1'],
    ['VARCHAR', '1_000'],
    ['VARCHAR', '0x10'],
    ['VARCHAR', ' 1'],
    ['VARCHAR', '1', 'NA'],
    ['BIGINT', '', '1', ''],
    ['VARCHAR', '', ''],
    ['BOOLEAN', 'true', 'false'],
    ['BOOLEAN', 'True', 'False', ''],
    ['VARCHAR', 'true', 'True'],
    ['VARCHAR', 'true', '1'],
    ['DATE', '2024-01-31', '2024-02-29'],
    ['VARCHAR', '2024-01-31', '2023-02-29'],
    ['VARCHAR', '2024-01-01', '2024-01-05 13:45:00'],
    ['VARCHAR', '01/02/2024'],
    ['TIMESTAMP', '2024-01-05 10:00:00', '2024-01-05 10:00:00.123456'],
    ['TIMESTAMP', '2024-01-05T10:00:00'],
    ['TIMESTAMP', '2024-01-05 10:00'],
    ['VARCHAR', '2024-01-05 10:00', '2024-01-05 10:00:00'],
    ['VARCHAR', '2024-01-05 10:00:00.123456789'],
    ['TIMESTAMP WITH TIME ZONE', '2024-01-05T10:00:00Z'],
    ['VARCHAR', '2024-01-05T10:00:00+01:00', '2024-07-05T10:00:00+02:00'],
    ['TIME', '10:00:00', '23:59:59.5'],
    ['VARCHAR', '24:00:00'],
    ['VARCHAR', '0000-01-01'],
  ];
  for (const [type, ...cells] of cases) assert.equal(typeOfAll(...cells), type, cells.join(' | '));
});

test('every double that a program prints is told from more digits than a double keeps', () => {
  fc.assert(
    fc.property(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.integer({ min: 1, max: 40 }),
      (x, places) => {
        assert.ok(isExact(String(x)), String(x));
        assert.ok(isExact(x.toExponential(16)), x.toExponential(16));
        assert.ok(isExact(x.toPrecision(Math.max(17, places))), x.toPrecision(Math.max(17, places)));
      },
    ),
  );
  for (const lost of ['9007199254740993', '0.12345678901234567891', '1e309', '1e-330'])
    assert.ok(!isExact(lost), lost);
});
