import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type ClientHttp2Session, type ServerHttp2Stream } from 'node:http2';
import path from 'node:path';
import { createInterface } from 'node:readline';
import test from 'node:test';
import { deflateSync, gzipSync } from 'node:zlib';
import { campaign, random, type Random } from '../../../../test/fuzz/random.ts';
import { Budget } from '../../../platform/limits/index.ts';
import { TreadleError } from '../../../platform/errors/index.ts';
import { failureOf } from '../shared/failure.ts';
import { readInfer, type InferInput, type Parameter } from './messages.ts';
import { Reader, Writer } from './protobuf.ts';
import { answer, codeOf, Inbox, refuse, UNIMPLEMENTED } from './transport.ts';

const python = process.env['TREADLE_CLIENTS_PYTHON'];
const skip = python ? false : 'no Python with grpcio: TREADLE_CLIENTS_PYTHON is not set';

interface Call {
  /** Pieces of the call's bytes, in order. */
  pieces: Buffer[];
  headers: Record<string, string>;
}

interface Outcome {
  code: string;
  said: string;
  message: Buffer;
}

function ask(session: ClientHttp2Session, method: string, { pieces, headers }: Call): Promise<Outcome> {
  const stream = session.request({
    ':method': 'POST',
    ':path': `/oracle/${method}`,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  });
  const outcome = { code: '', said: '' };
  const hear = (given: Record<string, unknown>): void => {
    if (typeof given['grpc-status'] === 'string') outcome.code = given['grpc-status'];
    if (typeof given['grpc-message'] === 'string') outcome.said = given['grpc-message'];
  };
  stream.on('response', hear);
  stream.on('trailers', hear);
  stream.on('error', () => undefined);
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  for (const piece of pieces) stream.write(piece);
  stream.end();
  return new Promise((resolve) => {
    stream.on('close', () => resolve({ ...outcome, message: Buffer.concat(chunks) }));
  });
}

const framed = (message: Buffer, flag = 0, length = message.length): Buffer => {
  const head = Buffer.alloc(5);
  head[0] = flag;
  head.writeUInt32BE(length >>> 0, 1);
  return Buffer.concat([head, message]);
};

/** Frames of a call: mostly one, mostly whole. */
function call(next: Random, message: Buffer): Call {
  const headers: Record<string, string> = {};
  const coding = next.pick(['', '', '', 'gzip', 'deflate', 'identity', 'br', 'GZIP', '']);
  if (coding !== '') headers['grpc-encoding'] = coding;
  const packed = coding === 'deflate' ? deflateSync(message) : gzipSync(message);
  const flag = next.chance(0.85)
    ? /^(gzip|deflate)$/.test(coding) && next.chance(0.7)
      ? 1
      : 0
    : next.pick([0, 1, 2, 255]);
  const body = flag === 1 ? packed : message;
  const spoilt = next.chance(0.15) ? body.subarray(0, next.below(body.length + 1)) : body;
  const length = next.chance(0.85)
    ? spoilt.length
    : next.pick([0, spoilt.length + 1, Math.max(0, spoilt.length - 1), 2 ** 31, 2 ** 32 - 1, 70_000_000]);
  const whole = [framed(spoilt, flag, length)];
  if (next.chance(0.08)) whole.push(framed(message));
  if (next.chance(0.05)) whole.pop();
  const bytes = Buffer.concat(whole);
  const pieces: Buffer[] = [];
  let rest = bytes;
  while (rest.length > 0 && next.chance(0.5)) {
    const at = 1 + next.below(rest.length);
    pieces.push(rest.subarray(0, at));
    rest = rest.subarray(at);
  }
  if (rest.length > 0) pieces.push(rest);
  return { pieces, headers };
}

/** A request as a client writes it, and then perhaps with bytes that none would. */
function message(next: Random): Buffer {
  const word = (): string => next.pick(['m', '', 'ü', 'x'.repeat(200), '1', 'FP32', 'BYTES', '\0']);
  const parameter = (into: Writer): void => {
    into.text(1, word()).message(2, (value) => {
      const kind = next.below(3);
      if (kind === 0) value.bool(1, next.chance(0.5));
      else if (kind === 1) value.uint(2, next.below(2 ** 31));
      else value.text(3, word());
    });
  };
  const writer = new Writer().text(1, word()).text(2, word()).text(3, word());
  for (let n = next.below(3); n > 0; n--) writer.message(4, parameter);
  for (let n = next.below(3); n > 0; n--)
    writer.message(5, (input) => {
      input
        .text(1, word())
        .text(2, word())
        .numbers(
          3,
          Array.from({ length: next.below(4) }, () => next.below(1e6) - 5),
        );
      if (next.chance(0.3)) input.message(4, parameter);
      if (next.chance(0.3))
        input.message(5, (contents) => contents.chunk(next.below(10), Buffer.from(word())));
    });
  for (let n = next.below(2); n > 0; n--) writer.message(6, (output) => output.text(1, word()));
  for (let n = next.below(3); n > 0; n--) writer.chunk(7, Buffer.from(word()));
  const bytes = Buffer.from(writer.finish().subarray(5));
  if (next.chance(0.5) || bytes.length === 0) return bytes;
  const at = next.below(bytes.length);
  switch (next.below(4)) {
    case 0:
      return bytes.subarray(0, at);
    case 1:
      bytes[at] = next.below(256);
      return bytes;
    case 2:
      return Buffer.concat([bytes.subarray(0, at), Buffer.from([next.below(256)]), bytes.subarray(at)]);
    default:
      return Buffer.concat([bytes, bytes.subarray(at)]);
  }
}

const parametersOf = (given: Map<string, Parameter>): Record<string, unknown> =>
  Object.fromEntries(
    [...given].map(([key, value]) => [key, typeof value === 'bigint' ? Number(value) : value]),
  );

function contentsOf({ contents }: InferInput): object | null {
  if (!contents) return null;
  const texts = (list: ReadonlyArray<number | bigint>): string[] => list.map(String);
  return {
    bool: texts(contents.bool_contents),
    int: texts(contents.int_contents),
    int64: texts(contents.int64_contents),
    uint: texts(contents.uint_contents),
    uint64: texts(contents.uint64_contents),
    fp32: contents.fp32_contents.map(() => ''),
    fp64: contents.fp64_contents.map(() => ''),
    bytes: contents.bytes_contents.map((one) => one.toString('hex')),
  };
}

/** How we read a request, in the words of the oracle. */
function parse(bytes: Buffer): object {
  const { model, version, id, parameters, inputs, outputs, raw } = readInfer(new Reader(bytes));
  return {
    model,
    version,
    id,
    parameters: parametersOf(parameters),
    inputs: inputs.map((one) => ({
      name: one.name,
      datatype: one.datatype,
      shape: one.shape,
      parameters: parametersOf(one.parameters),
      contents: contentsOf(one),
    })),
    outputs: outputs.map((one) => ({ name: one.name, parameters: parametersOf(one.parameters) })),
    raw: raw.map((one) => one.toString('hex')),
  };
}

test(
  'whatever bytes come, a call means what gRPC’s own server and protobuf’s own reader take it for',
  { skip },
  async (t) => {
    const oracle = spawn(python!, [path.join(import.meta.dirname, '../../../../test/fuzz/grpc_oracle.py')], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    t.after(() => oracle.stdin.end());
    const [line] = (await once(createInterface({ input: oracle.stdout }), 'line')) as [string];
    const theirs = connect(`http://127.0.0.1:${line}`);

    /** On a connection of its own: what it cannot read as a head may cost it the whole connection. */
    const asked = async (sent: Call): Promise<Outcome> => {
      const alone = connect(`http://127.0.0.1:${line}`);
      alone.on('error', () => undefined);
      const outcome = await ask(alone, 'Echo', sent);
      alone.destroy();
      return outcome;
    };
    const inbox = new Inbox(new Budget(1e9, 1e9));
    const server = createServer();
    server.on('stream', (stream: ServerHttp2Stream, headers) => {
      stream.on('error', () => undefined);
      let whole: Buffer | undefined;
      let wrong = false;
      inbox.receive(
        { stream, headers, unary: true, caller: 'a' },
        {
          message(bytes) {
            if (whole) wrong = true;
            whole = bytes;
          },
          end() {
            if (wrong || !whole) return refuse(stream, 13, 'not one message');
            try {
              answer(
                stream,
                headers[':path'] === '/oracle/Echo'
                  ? framed(whole)
                  : framed(Buffer.from(JSON.stringify(parse(whole)))),
              );
            } catch (error) {
              assert.ok(error instanceof TreadleError);
              refuse(stream, codeOf(failureOf(error)), error.message);
            }
          },
          failed(error) {
            if (error instanceof TreadleError) refuse(stream, codeOf(failureOf(error)), error.message);
            else refuse(stream, UNIMPLEMENTED, error.unimplemented);
          },
        },
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const ours = connect(`http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`);
    t.after(() => {
      theirs.destroy();
      ours.destroy();
      server.close();
    });

    const { seed, count } = campaign(80, 10_000);
    const next = random(seed);
    let accepted = 0;
    let refused = 0;
    let apart = 0;
    for (let n = 0; n < count; n++) {
      const bytes = message(next);
      const sent = call(next, bytes);
      const shown = (): string =>
        `call ${n}: ${JSON.stringify(sent.headers)} ${Buffer.concat(sent.pieces).toString('hex').slice(0, 600)}`;
      const [ourEcho, theirEcho] = await Promise.all([ask(ours, 'Echo', sent), asked(sent)]);
      if (ourEcho.code === '0') {
        accepted++;
        assert.equal(theirEcho.code, '0', `${shown()}: gRPC says ${theirEcho.code} ${theirEcho.said}`);
        assert.deepEqual(ourEcho.message, theirEcho.message, shown());
      } else if (theirEcho.code === '0') refused++;
      const whole = { pieces: [framed(bytes)], headers: {} };
      const [ourParse, theirParse] = await Promise.all([
        ask(ours, 'Parse', whole),
        ask(theirs, 'Parse', whole),
      ]);
      assert.ok(['0', '3'].includes(ourParse.code), `${shown()}: ${ourParse.code} ${ourParse.said}`);
      if (ourParse.code === '0') {
        assert.equal(theirParse.code, '0', `${bytes.toString('hex')}: protobuf says ${theirParse.said}`);
        const { set_apart: setApart, ...read } = JSON.parse(theirParse.message.subarray(5).toString()) as {
          set_apart: boolean;
        };
        if (setApart) apart++;
        else
          assert.deepEqual(JSON.parse(ourParse.message.subarray(5).toString()), read, bytes.toString('hex'));
      }
    }
    assert.ok(accepted > count / 3, `only ${accepted} calls were accepted`);
    assert.ok(apart <= count / 100, `${apart} were not compared`);
    console.log(`${count} calls, ${accepted} accepted by both, ${refused} refused by us alone`);
  },
);
