import assert from 'node:assert/strict';
import test from 'node:test';
import type { TraceInfo } from '../../traces/contract.ts';
import { INTEGER, type Attributes, type Span } from '../../traces/index.ts';
import { toFileSpan, toTrace } from './trace-words.ts';

const spanOf = (attributes: Attributes): Span => ({
  id: '00000000000000a1',
  parent: null,
  name: 'answer',
  start: '1',
  end: '2',
  status: 'ok',
  attributes,
});
const info: TraceInfo = {
  id: `tr-${'0'.repeat(31)}1`,
  experiment: '1',
  status: 'OK',
  started_at: 0,
  tags: {},
  metadata: {},
  runs: [],
  prompts: [],
  spans: 1,
  assessments: [],
};

test('a number that 64 bits do not hold, and an object that looks like one of ours, spoil no list of traces', () => {
  const spans = [
    spanOf({
      large: { [INTEGER]: '9223372036854775807' },
      larger: { [INTEGER]: '9223372036854775808' },
      huge: 1e308,
      negative: -1e25,
      made: { [INTEGER]: 'abc' },
      octal: { [INTEGER]: '007' },
      bytes: { '\u0000b': 'no base64!' },
      double: { '\u0000d': '00.5' },
      length: { '\u0000b': 'abcde' },
      beyond: { '\u0000d': '1e999' },
      '\ud800key': ['\udfff'],
    }),
  ];
  const text = JSON.stringify(toTrace({ info, spans, complete: true }));
  assert.match(text, /"large","value":\{"int_value":9223372036854775807\}/);
  assert.match(text, /"larger","value":\{"double_value":922337203685477\d+\}/);
  assert.match(text, /"huge","value":\{"double_value":1e\+308\}/);
  assert.match(text, /"negative","value":\{"double_value":-1e\+25\}/);
  for (const name of ['made', 'octal', 'bytes', 'double', 'length', 'beyond'])
    assert.match(text, new RegExp(`"${name}","value":\\{"kvlist_value"`));
  assert.doesNotMatch(text, /\\ud/);
  assert.match(JSON.stringify(toFileSpan(spans[0]!, info.id)), /abc/);
});
