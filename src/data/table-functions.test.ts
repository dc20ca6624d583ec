import assert from 'node:assert/strict';
import test from 'node:test';
import { findCalls, readCall, type TableFunction } from './table-functions.ts';

const functions: readonly TableFunction[] = [
  {
    name: 'predictions',
    usage: "it is predictions('ENDPOINT', last 7 days)",
    open: () => assert.fail('nothing is opened here'),
  },
];
const calls = (query: string): string[] =>
  findCalls(query, functions).map((found) => {
    assert.match(query.slice(found.start, found.end), /^predictions\s*\(.*\)$/is);
    return found.args;
  });

test('a call is found where it is one', () => {
  assert.deepEqual(
    calls("select * from predictions('a') p join Predictions ( 'b', last 7 days ) using (time)"),
    ["'a'", " 'b', last 7 days "],
  );
  assert.deepEqual(calls("from predictions('it''s (odd)')"), ["'it''s (odd)'"]);
  for (const none of [
    "select 'predictions(''a'')'",
    "-- predictions('a')\nselect 1",
    "/* predictions('a') */ select 1",
    "select $$ predictions('a') $$",
    `select "predictions('a')"`,
    "select my_predictions('a'), main.predictions('a')",
    'with predictions(a, b) as (select 1, 2) select * from predictions',
    "select * from predictions('a'",
  ])
    assert.deepEqual(calls(none), [], none);
});

test('what is called is a name, and a time back from now', () => {
  const read = (args: string) => readCall(findCalls(`from predictions(${args})`, functions)[0]!, 'p');
  assert.deepEqual(read("'flight-delay'"), {
    subject: 'flight-delay',
    last: undefined,
    text: "predictions('flight-delay')",
    prefix: 'p',
  });
  assert.equal(read("'a', last 7 days").last, 7 * 86_400_000);
  assert.equal(read('"a" , LAST 1 Hour').last, 3_600_000);
  assert.equal(read("'a',last  07 days").text, "predictions('a', last 7 days)");
  for (const wrong of [
    '',
    'a',
    "'a', 7 days",
    "'a', last days",
    "'a', last 0 days",
    "'a', last 7 years",
    "'a', 'b'",
  ])
    assert.throws(() => read(wrong), { kind: 'invalid', field: 'query', hint: functions[0]!.usage }, wrong);
});
