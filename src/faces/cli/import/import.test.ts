import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { crc32 } from 'node:zlib';
import { addTo, createSeen, emptyTally, hashOf, sameTally } from './digest.ts';
import { crc32c, masked } from './formats/crc32c.ts';
import { Message } from './formats/protobuf.ts';
import { createNames } from './names.ts';
import { sourceOf } from './mlflow/read.ts';
import { readEvent } from './tensorboard/event.ts';
import { readHParams } from './tensorboard/hparams.ts';
import { recordsOf as eventsOf, type Ended } from './tensorboard/records.ts';
import { recordsOf as logOf, type LogEnd } from './wandb/log.ts';
import { readRecord } from './wandb/record.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');

function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), 'treadle-import-'));
  return work(folder).finally(() => rmSync(folder, { recursive: true, force: true }));
}

test('CRC-32C and its mask are those of TensorFlow', () => {
  assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283);
  assert.equal(crc32c(Buffer.alloc(32)), 0x8a9136aa);
  // Length and its checksum of the first record that TensorBoard 2.21 writes: "brain.Event:2".
  assert.equal(masked(crc32c(hex('1800000000000000'))), hex('a37f4b22').readUInt32LE(0));
});

test('numbers of a message: long ones, negative ones, packed ones', () => {
  const message = new Message(hex('08 ffffffffffffffffff01 10 8080808080808010 1a03 01ac02'));
  assert.ok(message.next());
  assert.equal(message.signed(), -1);
  assert.ok(message.next());
  assert.equal(message.signed(), 2 ** 53);
  assert.ok(message.next());
  const numbers: number[] = [];
  message.integers(numbers);
  assert.deepEqual(numbers, [1, 300]);
  assert.equal(message.next(), false);
  assert.throws(() => {
    const cut = new Message(hex('0a05 61'));
    cut.next();
    cut.bytes();
  }, RangeError);
});

/** As protobuf writes it. */
const field = (number: number, content: Buffer): Buffer =>
  Buffer.concat([Buffer.from([number * 8 + 2, content.length]), content]);
const double = (number: number, value: number): Buffer => {
  const bytes = Buffer.alloc(9);
  bytes[0] = number * 8 + 1;
  bytes.writeDoubleLE(value, 1);
  return bytes;
};
const event = (step: number, ...values: Buffer[]): Buffer =>
  Buffer.concat([
    double(1, 1.5),
    Buffer.from([0x10, step]),
    field(5, Buffer.concat(values.map((one) => field(1, one)))),
  ]);
const tensor = (...parts: Buffer[]): Buffer => field(8, Buffer.concat(parts));
const plugin = (name: string): Buffer => field(9, field(1, field(1, Buffer.from(name))));
const tag = field(1, Buffer.from('t'));

test('values of an event in each of their forms', () => {
  const simple = readEvent(event(3, Buffer.concat([tag, hex('15 0000c03f')])));
  assert.deepEqual(
    [simple.wall, simple.step, simple.values[0]?.tag, simple.values[0]?.simple],
    [1.5, 3, 't', 1.5],
  );
  const asTensor = (...parts: Buffer[]) =>
    readEvent(event(3, Buffer.concat([tag, plugin('scalars'), tensor(...parts)]))).values[0]!;
  assert.deepEqual(asTensor(hex('0801'), hex('2204 0000c03f')).tensor?.numbers, [1.5], 'float, as content');
  assert.deepEqual(asTensor(hex('0801'), hex('2a04 0000c03f')).tensor?.numbers, [1.5], 'float, packed');
  assert.deepEqual(asTensor(hex('0802'), double(6, 2.5)).tensor?.numbers, [2.5], 'double, alone');
  assert.deepEqual(asTensor(hex('0813'), hex('6a02 807c')).tensor?.numbers, [readHalf(0x3e00)], 'half');
  assert.equal(asTensor(hex('0801')).plugin, 'scalars');
  const histogram = readEvent(
    event(
      1,
      Buffer.concat([
        tag,
        field(
          5,
          Buffer.concat([
            double(1, -1),
            double(2, 4),
            double(3, 2),
            field(6, double(0, 4).subarray(1)),
            field(7, double(0, 2).subarray(1)),
          ]),
        ),
      ]),
    ),
  ).values[0]?.histogram;
  assert.deepEqual(
    [histogram?.min, histogram?.max, histogram?.bucket_limit, histogram?.bucket],
    [-1, 4, [4], [2]],
  );
  const image = readEvent(
    event(1, Buffer.concat([tag, field(4, Buffer.concat([hex('0802 1003'), field(4, Buffer.from('png'))]))])),
  ).values[0]?.image;
  assert.deepEqual([image?.height, image?.width, String(image?.bytes)], [2, 3, 'png']);
  const audio = readEvent(
    event(
      1,
      Buffer.concat([
        tag,
        field(
          6,
          Buffer.concat([
            hex('0d 0000fa45 1001 1808'),
            field(4, Buffer.from('wav')),
            field(5, Buffer.from('audio/wav')),
          ]),
        ),
      ]),
    ),
  ).values[0]?.audio;
  assert.deepEqual([audio?.rate, audio?.channels, audio?.frames, audio?.type], [8000, 1, 8, 'audio/wav']);
  const texts = asTensor(hex('0807'), field(8, Buffer.from('a')), field(8, Buffer.from('b'))).tensor;
  assert.deepEqual(texts?.strings.map(String), ['a', 'b']);
  assert.equal(readEvent(Buffer.concat([double(1, 1), hex('1005'), field(7, hex('0801'))])).starts, true);
  assert.equal(readEvent(Buffer.concat([double(1, 1), field(7, hex('0802'))])).starts, false);
});

/** IEEE 754 binary16, by its definition. */
const readHalf = (bits: number): number => (1 + (bits & 1023) / 1024) * 2 ** (((bits >> 10) & 31) - 15);

test('hparams of a session', () => {
  const entry = (key: string, value: Buffer): Buffer =>
    field(1, Buffer.concat([field(1, Buffer.from(key)), field(2, value)]));
  const start = field(
    3,
    Buffer.concat([
      entry('lr', double(2, 0.1)),
      entry('opt', field(3, Buffer.from('adam'))),
      entry('on', hex('2001')),
      field(4, Buffer.from('g')),
    ]),
  );
  assert.deepEqual(readHParams(start), {
    params: [
      ['lr', '0.1'],
      ['opt', 'adam'],
      ['on', 'True'],
    ],
    group: 'g',
  });
  assert.deepEqual(readHParams(field(4, Buffer.concat([hex('0802'), double(2, 7)]))), {
    status: 'failed',
    endedAt: 7000,
  });
});

test('event files end where they are cut off or damaged, and say so', () =>
  inFolder(async (folder) => {
    const file = path.join(folder, 'events.out.tfevents.1');
    const record = (content: string): Buffer => {
      const bytes = Buffer.alloc(content.length + 16);
      bytes.writeUInt32LE(content.length, 0);
      bytes.writeUInt32LE(masked(crc32c(bytes, 0, 8)), 8);
      bytes.write(content, 12);
      bytes.writeUInt32LE(masked(crc32c(Buffer.from(content))), 12 + content.length);
      return bytes;
    };
    const read = async (bytes: Buffer, from = 0): Promise<[string[], Ended]> => {
      writeFileSync(file, bytes);
      const ended: Ended = { at: 0, skipped: 0 };
      const found: string[] = [];
      for await (const some of eventsOf(file, from, bytes.length, ended)) found.push(...some.map(String));
      return [found, ended];
    };
    const [one, two] = [record('one'), record('two')];
    assert.deepEqual(await read(Buffer.concat([one, two])), [['one', 'two'], { at: 38, skipped: 0 }]);
    assert.deepEqual(
      await read(Buffer.concat([one, two]), 19),
      [['two'], { at: 38, skipped: 0 }],
      'from where it was read to',
    );
    assert.deepEqual(await read(Buffer.concat([one, two.subarray(0, 15)])), [
      ['one'],
      { at: 19, skipped: 0, why: 'cut off' },
    ]);
    const wrong = Buffer.from(two);
    wrong[13] = 0;
    assert.deepEqual(
      await read(Buffer.concat([wrong, one])),
      [['one'], { at: 38, skipped: 1 }],
      'a wrong content is left out',
    );
    const lost = Buffer.from(two);
    lost[0] = 9;
    assert.deepEqual(await read(Buffer.concat([one, lost])), [
      ['one'],
      { at: 19, skipped: 0, why: 'damaged' },
    ]);
  }));

test('W&B’s log: records over blocks, padding, a damaged end', () =>
  inFolder(async (folder) => {
    const file = path.join(folder, 'run-x.wandb');
    const chunk = (kind: number, content: Buffer): Buffer => {
      const bytes = Buffer.alloc(7 + content.length);
      bytes.writeUInt16LE(content.length, 4);
      bytes[6] = kind;
      content.copy(bytes, 7);
      bytes.writeUInt32LE(crc32(bytes.subarray(6)), 0);
      return bytes;
    };
    const head = hex('3a572642 e1be 00');
    head.writeUInt16LE(0xbee1, 4);
    const whole = Buffer.alloc(40_000, 5);
    const first = chunk(1, Buffer.from('one'));
    const space = 32_768 - 7 - first.length - 7;
    const file1 = Buffer.concat([
      head,
      first,
      chunk(2, whole.subarray(0, space)),
      chunk(4, whole.subarray(space)),
      chunk(1, Buffer.from('end')),
    ]);
    const read = async (bytes: Buffer): Promise<[number[], LogEnd['why']]> => {
      writeFileSync(file, bytes);
      const end: LogEnd = { at: 0 };
      const lengths: number[] = [];
      for await (const record of logOf(file, end)) lengths.push(record.length);
      return [lengths, end.why];
    };
    assert.deepEqual(await read(file1), [[3, 40_000, 3], undefined]);
    assert.deepEqual(await read(file1.subarray(0, 35_000)), [[3], 'cut off']);
    const damaged = Buffer.from(file1);
    damaged[20] = damaged[20]! ^ 1;
    assert.deepEqual(await read(damaged), [[3], 'damaged']);
    await assert.rejects(read(Buffer.from('something else')), /no file of W&B/);
  }));

test('a line of W&B’s history has nested keys, also flat ones', () => {
  const item = (json: string, ...keys: string[]): Buffer =>
    field(
      1,
      Buffer.concat([
        ...keys.map((key) => field(2, Buffer.from(key))),
        Buffer.from([0x82, 0x01, json.length]),
        Buffer.from(json),
      ]),
    );
  assert.deepEqual(
    readRecord(field(2, Buffer.concat([item('NaN', 'a'), item('1', 'b', 'c'), field(2, hex('0807'))]))),
    {
      kind: 'history',
      step: 7,
      items: [
        { path: ['a'], json: 'NaN' },
        { path: ['b', 'c'], json: '1' },
      ],
    },
  );
  assert.deepEqual(readRecord(hex('9201 04 0801 1064')), { kind: 'exit', code: 1, runtime: 100 });
});

test('sums tell points apart, whatever their order, and repeats are found', () => {
  const points = Array.from({ length: 5000 }, (_point, i) => ({
    step: i % 700,
    time: i,
    value: i % 3 === 0 ? NaN : i / 7,
  }));
  const sum = (list: typeof points) => {
    const tally = emptyTally();
    for (const one of list) addTo(tally, hashOf(one));
    return tally;
  };
  assert.ok(sameTally(sum(points), sum(points.toReversed())));
  assert.ok(!sameTally(sum(points), sum(points.with(17, { step: 17, time: 17, value: 2 }))));
  assert.ok(!sameTally(sum(points), sum(points.slice(1))));
  assert.deepEqual(hashOf({ step: 0, time: 1, value: -0 }), hashOf({ step: -0, time: 1, value: 0 }));
  assert.deepEqual(
    hashOf({ step: 0, time: 1, value: Infinity }),
    hashOf({ step: 0, time: 1, value: Number.MAX_VALUE }),
  );
  const seen = createSeen();
  assert.equal(points.filter((one) => seen.first(0, hashOf(one))).length, 5000);
  assert.equal(points.filter((one) => seen.first(0, hashOf(one))).length, 0);
  assert.equal(
    points.filter((one) => seen.first(1, hashOf(one))).length,
    5000,
    'of another metric they are others',
  );
});

test('names that the server takes stay, others become some that nobody else has', () => {
  const name = createNames();
  assert.equal(name('größe/ü 1'), 'größe/ü 1');
  assert.equal(name('a(b)'), 'a_b_');
  assert.equal(name('a(b)'), 'a_b_');
  assert.match(name('a[b]'), /^a_b_-[0-9a-f]{8}$/);
  assert.equal(name('/a//b/../c'), 'a/b/__/c');
  assert.equal(name('x'.repeat(300)).length, 250);
  assert.notEqual(name(`${'x'.repeat(300)}1`), name('x'.repeat(300)));
});

test('the source of a version is found however its server wrote it', () => {
  const run = 'a'.repeat(32);
  const model = `m-${'b'.repeat(32)}`;
  assert.deepEqual(sourceOf(`runs:/${run}/model`, run, []), { run, path: 'model' });
  assert.deepEqual(sourceOf(`mlflow-artifacts:/1/${run}/artifacts/deep/model`, run, []), {
    run,
    path: 'deep/model',
  });
  assert.deepEqual(sourceOf(`file:///x/mlruns/0/${run}/artifacts`, run, []), { run, path: '' });
  assert.deepEqual(sourceOf(`models:/${model}`, run, []), { loggedModel: model, path: '' });
  assert.deepEqual(sourceOf(`s3://b/1/models/${model}/artifacts/`, run, []), {
    loggedModel: model,
    path: '',
  });
  assert.deepEqual(sourceOf('s3://b/runs/one/model', undefined, [{ uri: 's3://b/runs/one', run }]), {
    run,
    path: 'model',
  });
  assert.deepEqual(sourceOf('s3://else/where', undefined, []), { elsewhere: 's3://else/where' });
});
