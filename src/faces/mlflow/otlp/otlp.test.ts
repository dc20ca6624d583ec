import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { otlpRequest } from '../../../../bench/traces/otlp.ts';
import { TreadleError } from '../../../platform/errors/index.ts';
import { readJsonRequest } from './json.ts';
import { partialSuccess, readProtobuf } from './protobuf.ts';
import { MalformedError } from './reader.ts';

const traceId = '5b8efff798038103d269b633813fc60c';

const asJson = {
  resourceSpans: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'bot' } }] },
      scopeSpans: [
        {
          scope: { name: 'lib' },
          spans: [
            {
              traceId,
              spanId: 'eee19b7ec3c1b174',
              parentSpanId: 'eee19b7ec3c1b173',
              name: 'Grüße',
              kind: 2,
              startTimeUnixNano: '1544712660000000000',
              endTimeUnixNano: '1544712661000000001',
              attributes: [
                { key: 'text', value: { stringValue: 'x' } },
                { key: 'flag', value: { boolValue: true } },
                { key: 'whole', value: { intValue: '9223372036854775807' } },
                { key: 'small', value: { intValue: 3 } },
                { key: 'double', value: { doubleValue: 1 } },
                { key: 'list', value: { arrayValue: { values: [{ stringValue: 'a' }, {}] } } },
                {
                  key: 'map',
                  value: { kvlistValue: { values: [{ key: '__proto__', value: { intValue: '1' } }] } },
                },
                { key: 'bytes', value: { bytesValue: 'AQI=' } },
              ],
              events: [{ name: 'exception', timeUnixNano: '1544712660000000005', attributes: [] }],
              links: [{ traceId, spanId: 'eee19b7ec3c1b174' }],
              status: { code: 2, message: 'broke' },
            },
          ],
        },
      ],
    },
  ],
};

test('JSON says the same as it means: ids, numbers of every kind, events, links', async () => {
  const { batches, rooted } = await readJsonRequest(asJson);
  assert.deepEqual(rooted, []);
  const [batch] = batches;
  assert.equal(batch?.trace, `tr-${traceId}`);
  assert.deepEqual(batch.resource, { 'service.name': 'bot' });
  const [span] = batch.spans;
  const { map, ...attributes } = span!.attributes;
  assert.deepEqual(Object.entries(map as object), [['__proto__', 1]]);
  assert.deepEqual(attributes, {
    text: 'x',
    flag: true,
    whole: { '\u0000i': '9223372036854775807' },
    small: 3,
    double: { '\u0000d': '1' },
    list: ['a', null],
    bytes: { '\u0000b': 'AQI=' },
    'mlflow.traceRequestId': `tr-${traceId}`,
  });
  assert.deepEqual(
    [
      span!.start,
      span!.end,
      span!.status,
      span!.message,
      span!.parent,
      span!.events?.length,
      span!.links?.length,
    ],
    ['1544712660000000000', '1544712661000000001', 'error', 'broke', 'eee19b7ec3c1b173', 1, 1],
  );
});

test('protobuf: spans of several traces in one request', async () => {
  const { batches, rooted } = await readProtobuf(otlpRequest(0, 3, 20, 1_800_000_000_000));
  assert.equal(batches.length, 3);
  assert.equal(rooted.length, 3);
  const [root, second] = batches[0]!.spans;
  assert.deepEqual(
    [root?.parent, root?.name, second?.parent, second?.name],
    [null, 'answer', root?.id, 'retrieve 1'],
  );
  assert.equal((root!.attributes['mlflow.spanInputs'] as { k: number }).k, 5);
  assert.equal(batches[0]!.spans.length, 20);
});

test('whatever is sent is read or refused', async () => {
  const whole = otlpRequest(0, 1, 3, 1_800_000_000_000);
  const tried = async (reading: () => Promise<unknown>): Promise<void> => {
    try {
      await reading();
    } catch (error) {
      assert.ok(error instanceof MalformedError || error instanceof TreadleError, String(error));
    }
  };
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length), async (at, byte, end) => {
      const bytes = Buffer.from(whole.subarray(0, Math.max(at + 1, end)));
      bytes[at] = byte;
      await tried(() => readProtobuf(bytes));
    }),
    { numRuns: 2000 },
  );
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), (bytes) =>
      tried(() => readProtobuf(Buffer.from(bytes))),
    ),
  );
  const json = JSON.stringify(asJson);
  await fc.assert(
    fc.asyncProperty(
      fc.nat(json.length - 1),
      fc.constantFrom('1', '"', 'null', '[]', '{', 'x'),
      async (at, put) => {
        let body: unknown;
        try {
          body = JSON.parse(json.slice(0, at) + put + json.slice(at + 1));
        } catch {
          return;
        }
        await tried(() => readJsonRequest(body));
      },
    ),
    { numRuns: 2000 },
  );
});

test('values nested without end are refused', async () => {
  let value: object = { stringValue: 'x' };
  for (let i = 0; i < 200; i++) value = { arrayValue: { values: [value] } };
  const spans = [{ traceId, spanId: 'eee19b7ec3c1b174', attributes: [{ key: 'k', value }] }];
  await assert.rejects(
    async () => readJsonRequest({ resourceSpans: [{ scopeSpans: [{ spans }] }] }),
    /nested more than/,
  );
});

test('an answer says how many spans were not taken', () => {
  const answer = Buffer.from(partialSuccess(20_001, 'full'));
  assert.equal(answer.toString('hex'), '0a0a08a19c01120466756c6c');
});

test('a time that 64 bits do not hold is refused, and a whole number that has zeros before it is one', async () => {
  const request = (startTimeUnixNano: string, intValue: string): unknown => ({
    resourceSpans: [
      {
        scopeSpans: [
          {
            spans: [
              {
                traceId,
                spanId: 'eee19b7ec3c1b174',
                startTimeUnixNano,
                attributes: [{ key: 'k', value: { intValue } }],
              },
            ],
          },
        ],
      },
    ],
  });
  await assert.rejects(readJsonRequest(request('18446744073709551616', '1')), /no time in nanoseconds/);
  const { batches } = await readJsonRequest(request('18446744073709551615', '0009223372036854775'));
  assert.deepEqual(batches[0]?.spans[0]?.attributes['k'], { '\u0000i': '9223372036854775' });
});
