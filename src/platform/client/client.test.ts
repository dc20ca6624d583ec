import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { Type } from 'typebox';
import { endpoint } from '../http/contract.ts';
import { addressOf, createCaller, type Request, type Told } from './index.ts';

const show = endpoint({
  method: 'GET',
  path: '/api/v1/runs/:run',
  action: 'run:read',
  summary: 'Show a run',
  params: Type.Object({ run: Type.String() }),
  query: Type.Object({ keys: Type.Optional(Type.Array(Type.String())) }),
  response: Type.Object({ id: Type.String() }),
});
const note = endpoint({
  method: 'PATCH',
  path: '/api/v1/runs/:run',
  action: 'run:write',
  summary: 'Write a note',
  params: Type.Object({ run: Type.String() }),
  body: Type.Object({ note: Type.String() }),
  response: 'text',
});
const upload = endpoint({
  method: 'PUT',
  path: '/api/v1/blobs',
  action: 'dataset:write',
  summary: 'Upload',
  body: 'bytes',
  response: 'bytes',
});

interface Small {
  body: Uint8Array;
  bytes: Uint8Array;
  reply: { status: number; text: string };
}

class Refused extends Error {
  readonly status: number;
  readonly told: Told;

  constructor(status: number, told: Told) {
    super('refused');
    this.status = status;
    this.told = told;
  }
}

/** A server that gives one answer, and what it was asked. */
function answering(status: number, text: string) {
  const asked: Array<Request<Uint8Array>> = [];
  const caller = createCaller<Small>({
    send(request) {
      asked.push(request);
      return Promise.resolve({ status, text });
    },
    status: (reply) => reply.status,
    text: (reply) => Promise.resolve(reply.text),
    bytes: (reply) => Promise.resolve(Buffer.from(reply.text)),
    refused: (code, told) => new Refused(code, told),
    notJson: (cause) => new Error('not JSON', { cause }),
  });
  return { asked, ...caller };
}

test('params are escaped into the path, the rest keeps its slashes, absent query fields vanish', () => {
  assert.equal(
    addressOf(
      { path: '/api/v1/runs/:run/artifacts/*' },
      { run: 'a/b', '*': 'plots/über 1.png' },
      { limit: 5, page: undefined, key: ['x', 'y&z'] },
    ),
    '/api/v1/runs/a%2Fb/artifacts/plots/%C3%BCber%201.png?limit=5&key=x&key=y%26z',
  );
  assert.equal(addressOf({ path: '/api/v1/me' }), '/api/v1/me');
});

test('a call becomes the request that its endpoint says, and its answer what that promises', async () => {
  const shown = answering(200, '{"id":"a"}');
  const { signal } = new AbortController();
  assert.deepEqual(
    await shown.call(
      show,
      { params: { run: 'a' }, query: { keys: ['x'] } },
      { signal, headers: { range: 'r' } },
    ),
    { id: 'a' },
  );
  assert.deepEqual(shown.asked, [
    { method: 'GET', address: '/api/v1/runs/a?keys=x', headers: { range: 'r' }, signal },
  ]);
  const noted = answering(200, 'kept');
  assert.equal(await noted.call(note, { params: { run: 'a' }, body: { note: 'ü' } }), 'kept');
  assert.equal(noted.asked[0]?.json, '{"note":"ü"}');
  assert.equal(noted.asked[0]?.bytes, undefined);
  const sent = answering(201, 'abc');
  const body = Buffer.from([1, 2]);
  assert.deepEqual(await sent.call(upload, { body }), Buffer.from('abc'));
  assert.equal(sent.asked[0]?.bytes, body);
  assert.equal(sent.asked[0]?.json, undefined);
});

test('a refusal is told in the words of the server, or of whoever stands before it', async () => {
  const error = { kind: 'missing', message: 'there is no run a', hint: 'look', request_id: 'r' };
  const refused = answering(404, JSON.stringify({ error }));
  await assert.rejects(refused.call(show, { params: { run: 'a' } }), { status: 404, told: error });
  await assert.rejects(refused.send(upload, { body: Buffer.of() }), { status: 404, told: error });
  for (const text of ['<html>', '', 'null', '"error"', '{"error":null}', '[]'])
    await assert.rejects(answering(502, text).call(show, { params: { run: 'a' } }), {
      status: 502,
      told: {},
    });
});

test('an answer that is no JSON where JSON was promised is no answer', async () => {
  await assert.rejects(answering(200, '<html>').call(show, { params: { run: 'a' } }), /not JSON/);
  assert.equal(
    await answering(200, '<html>').call(note, { params: { run: 'a' }, body: { note: '' } }),
    '<html>',
  );
});

test('CLI and UI write no address of the API by hand', () => {
  let read = 0;
  for (const folder of ['src/faces/cli', 'ui/src']) {
    const root = path.join(import.meta.dirname, '../../..', folder);
    for (const file of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
      if (!/(?<!\.test)\.tsx?$/.test(file)) continue;
      read++;
      const found = /['"`]\/(?:api\/v1|health|ready)\b[^'"`]*/.exec(
        readFileSync(path.join(root, file), 'utf8'),
      );
      assert.equal(found?.[0], undefined, `${folder}/${file} takes its addresses from a contract`);
    }
  }
  assert.ok(read > 200, `only ${read} files were read`);
});
