import { deflateSync, gzipSync } from 'node:zlib';
import { bytesOf, http, raw, type Kind } from './kind.ts';

const PATH = '/v2/models/simple/infer';
const SIXTEEN = Array.from({ length: 16 }, (_, index) => index);
const GOOD = JSON.stringify({
  inputs: ['INPUT0', 'INPUT1'].map((name) => ({ name, shape: [1, 16], datatype: 'INT32', data: SIXTEEN })),
});
const head = (lines: readonly string[], path = PATH): string =>
  `POST ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
const sized = (...lines: string[]): string => head(['Host: 127.0.0.1', ...lines]) + GOOD;
const LENGTH = `Content-Length: ${GOOD.length}`;
const inflated = (
  name: string,
  encoding: string,
  body: Buffer,
  names: RegExp,
  status?: readonly number[],
): Kind =>
  http(`HTTP: ${name}`, { path: PATH, headers: { 'Content-Encoding': encoding }, body }, names, status);

export const httpKinds: readonly Kind[] = [
  // Names and versions
  ...[
    'nope',
    '__proto__',
    'constructor',
    '..',
    '%2e%2e%2fetc',
    'a%00b',
    '%F0%9F%92%A9',
    'x'.repeat(200),
    'simple%20',
  ].map((name) =>
    http(
      `path: model ${name.slice(0, 20)}`,
      { path: `/v2/models/${name}/infer`, body: GOOD },
      /model|endpoint|path|name|no such|there is no/i,
    ),
  ),
  ...['2', '0', '-1', '01', '1.0', '1e0', 'v1', 'abc', '%31%00', '99999999999999999999', '__proto__'].map(
    (version) =>
      http(
        `path: version ${version}`,
        { path: `/v2/models/simple/versions/${version}/infer`, body: GOOD },
        /version|no such|there is no/i,
      ),
  ),
  http(
    'path: broken percent-encoding',
    { path: '/v2/models/%zz/infer', body: GOOD },
    /percent|path|model|there is no/i,
  ),
  http(
    'path: percent-encoded garbage',
    { path: '/v2/models/%ff%fe/infer', body: GOOD },
    /percent|path|model|there is no/i,
  ),
  http('path: unknown verb', { path: '/v2/models/simple/inferr', body: GOOD }, /there is no|path|inferr/i),
  http('path: nothing there', { path: '/v3', body: GOOD }, /there is no|path|v3/i),
  http('path: explain', { path: '/v2/models/simple/explain', body: GOOD }, /there is no|path|explain/i),
  http(
    'path: of 20,000 bytes',
    { path: `/${'x'.repeat(20_000)}`, body: GOOD },
    /long|large|path|HTTP|header/i,
  ),
  ...['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD'].map((method) =>
    http(
      `method ${method}`,
      { method, path: PATH, body: method === 'GET' || method === 'HEAD' ? '' : GOOD },
      method === 'HEAD' ? /^/ : /method|POST|there is no|offered/i,
    ),
  ),
  http(
    'method POST for metadata',
    { path: '/v2/models/simple', body: '{}' },
    /method|GET|there is no|offered/i,
  ),
  raw('method BREW', head(['Host: 127.0.0.1', LENGTH]).replace('POST', 'BREW') + GOOD, /method|HTTP|BREW/i),
  // Who asks, and from where
  raw('no Host', head([LENGTH]) + GOOD, /host/i),
  raw('Host of somebody else', head(['Host: evil.example', LENGTH]) + GOOD, /host/i),
  raw('two Hosts', head(['Host: 127.0.0.1', 'Host: evil.example', LENGTH]) + GOOD, /host|HTTP/i),
  raw('Host with a path', head(['Host: 127.0.0.1/x', LENGTH]) + GOOD, /host/i),
  raw('a page of another origin', sized('Origin: http://evil.example', LENGTH), /origin/i),
  raw('Sec-Fetch-Site: cross-site', sized('Sec-Fetch-Site: cross-site', LENGTH), /origin/i),
  raw('Origin: null', sized('Origin: null', LENGTH), /origin/i),
  raw('a token that nobody has', sized(`Authorization: Bearer trd_${'x'.repeat(40)}`, LENGTH), /token/i),
  raw(
    'a name and a password that nobody has',
    sized('Authorization: Basic eDp5', LENGTH),
    /name and password/,
  ),
  raw('an authorization of another kind', sized('Authorization: Digest eDp5', LENGTH), /token|Bearer/i),
  raw('an empty authorization', sized('Authorization: Bearer ', LENGTH), /token|Bearer/i),
  raw('a workspace that is not there', sized('X-Treadle-Workspace: nowhere', LENGTH), /workspace|nowhere/i),
  // Framing
  raw('a length of text', sized('Content-Length: abc'), /HTTP|length/i),
  raw('a negative length', sized('Content-Length: -5'), /HTTP|length/i),
  raw('a length with a sign', sized(`Content-Length: +${GOOD.length}`), /HTTP|length/i),
  raw('two lengths', sized('Content-Length: 5', LENGTH), /HTTP|length/i),
  raw('a list of lengths', sized(`Content-Length: ${GOOD.length}, 5`), /HTTP|length/i),
  raw('length and chunks', sized(LENGTH, 'Transfer-Encoding: chunked'), /HTTP|length|transfer|chunk/i),
  raw('an unknown transfer encoding', sized('Transfer-Encoding: xchunked'), /HTTP|transfer/i),
  raw('chunked twice', sized('Transfer-Encoding: chunked, chunked'), /HTTP|transfer|chunk/i),
  raw(
    'a chunk size of text',
    head(['Host: 127.0.0.1', 'Transfer-Encoding: chunked']) + 'zz\r\nabc\r\n0\r\n\r\n',
    /HTTP|chunk/i,
  ),
  raw(
    'a chunk that is too long',
    head(['Host: 127.0.0.1', 'Transfer-Encoding: chunked']) + '2\r\nabcdef\r\n0\r\n\r\n',
    /HTTP|chunk|JSON/i,
  ),
  raw(
    'a chunk size past 2^64',
    head(['Host: 127.0.0.1', 'Transfer-Encoding: chunked']) + 'fffffffffffffffff\r\nabc',
    /HTTP|chunk|large/i,
  ),
  raw(
    'a body past the limit',
    head(['Host: 127.0.0.1', `Content-Length: ${65 * 1024 * 1024}`]),
    /large|most|limit|bytes/i,
    { status: [413] },
  ),
  raw(
    'a body of petabytes',
    head(['Host: 127.0.0.1', 'Content-Length: 1000000000000000']),
    /large|most|limit|bytes/i,
    { status: [413] },
  ),
  raw(
    'half a body, and the end',
    head(['Host: 127.0.0.1', 'Content-Length: 1000']) + GOOD.slice(0, 100),
    /HTTP|short|cut|body|end/i,
    { half: true },
  ),
  raw(
    'half a head, and the end',
    'POST /v2/models/simple/infer HTTP/1.1\r\nHost: 127.0',
    /HTTP|short|cut|head/i,
    { half: true },
  ),
  raw(
    'half a chunk, and the end',
    head(['Host: 127.0.0.1', 'Transfer-Encoding: chunked']) + 'ff\r\n{"inputs"',
    /HTTP|short|cut|chunk|body/i,
    { half: true },
  ),
  raw(
    'a space before the colon',
    head(['Host: 127.0.0.1', `Content-Length : ${GOOD.length}`]) + GOOD,
    /HTTP|header/i,
  ),
  raw('a folded header', head(['Host: 127.0.0.1', 'X-A: b', ' c', LENGTH]) + GOOD, /HTTP|header/i),
  raw('a header without a colon', head(['Host: 127.0.0.1', 'nonsense', LENGTH]) + GOOD, /HTTP|header/i),
  raw('a header with a NUL', head(['Host: 127.0.0.1', 'X-A: \0', LENGTH]) + GOOD, /HTTP|header/i),
  raw(
    'a header of 100 KiB',
    head(['Host: 127.0.0.1', `X-A: ${'a'.repeat(100_000)}`, LENGTH]) + GOOD,
    /HTTP|header|large/i,
  ),
  raw(
    '5,000 headers',
    head(['Host: 127.0.0.1', ...Array.from({ length: 5000 }, (_, i) => `X-${i}: 1`), LENGTH]) + GOOD,
    /HTTP|header|large/i,
  ),
  raw('HTTP/0.9', 'GET /v2\r\n\r\n', /HTTP/i),
  raw('HTTP/3.0', head(['Host: 127.0.0.1', LENGTH]).replace('HTTP/1.1', 'HTTP/3.0') + GOOD, /HTTP/i),
  raw('no version', head(['Host: 127.0.0.1', LENGTH]).replace(' HTTP/1.1', '') + GOOD, /HTTP/i),
  raw(
    'TLS on a plain port',
    Buffer.from([0x16, 3, 1, 0, 0xa5, 1, 0, 0, 0xa1, 3, 3, ...Buffer.alloc(160, 7)]),
    /HTTP/i,
    { half: true },
  ),
  raw('random bytes', Buffer.from(Array.from({ length: 400 }, (_, i) => (i * 167 + 13) % 256)), /HTTP/i, {
    half: true,
  }),
  // What the body is packed in
  inflated('gzip that is none', 'gzip', Buffer.from(GOOD), /gzip|inflate|encoding/i),
  inflated('gzip cut short', 'gzip', gzipSync(GOOD).subarray(0, 40), /gzip|inflate|encoding|end/i),
  inflated('deflate that is none', 'deflate', Buffer.from(GOOD), /deflate|inflate|encoding/i),
  inflated('brotli', 'br', Buffer.from(GOOD), /encoding|br/i),
  inflated('an unknown encoding', 'snappy', Buffer.from(GOOD), /encoding|snappy/i),
  inflated('gzip of gzip', 'gzip', gzipSync(gzipSync(GOOD)), /JSON|UTF-8/i),
  inflated(
    'a bomb in gzip',
    'gzip',
    gzipSync(Buffer.alloc(80 * 1024 * 1024), { level: 9 }),
    /large|most|limit|bytes/i,
    [413],
  ),
  inflated(
    'a bomb in deflate',
    'deflate',
    deflateSync(Buffer.alloc(80 * 1024 * 1024), { level: 9 }),
    /large|most|limit|bytes/i,
    [413],
  ),
  raw(
    'a good request that goes on with garbage',
    Buffer.concat([bytesOf({ path: '/v2/models/nope/infer', body: GOOD }), Buffer.from('garbage\r\n\r\n')]),
    /model|endpoint|HTTP/i,
  ),
];
