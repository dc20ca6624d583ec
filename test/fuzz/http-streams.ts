import type { Random } from './random.ts';

/** Bytes of a connection that speaks HTTP/1.1, more or less: one to three requests, most of them with something odd. */
export function httpStream(random: Random, mark: string): Buffer {
  const count = random.pick([1, 1, 1, 2, 2, 3]);
  const parts: Buffer[] = [];
  for (let n = 0; n < count; n++) parts.push(request(random, `${mark}-${n}`));
  return mutated(random, Buffer.concat(parts));
}

/** The same bytes in pieces. */
export function pieces(random: Random, bytes: Buffer): Buffer[] {
  const cut: Buffer[] = [];
  let rest = bytes;
  while (rest.length > 0 && cut.length < 4 && random.chance(0.6)) {
    const at = 1 + random.below(rest.length);
    cut.push(rest.subarray(0, at));
    rest = rest.subarray(at);
  }
  if (rest.length > 0) cut.push(rest);
  return cut;
}

const EXTRA = [
  'Accept: */*',
  'X-Odd: a, b',
  'X-Odd:\tx\t',
  'X-Odd: a\r\n b',
  'X-Odd : y',
  ' X-Odd: z',
  'X-Odd: \x80\xff',
  'X-Odd: a\x00b',
  'X-Odd: a\rb',
  'X-Odd\x0b: a',
  '__proto__: x',
  'constructor: x',
  'Expect: 100-continue',
  'Expect: something',
  'Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__',
  'Upgrade: websocket\r\nConnection: Upgrade',
  'TE: trailers',
  'Trailer: X-Last',
  'Keep-Alive: timeout=5',
  'Proxy-Connection: keep-alive',
  'Connection: close',
  'Connection: keep-alive',
  'Connection: Keep-Alive, TE',
  'Connection: Host',
  'Connection: Content-Length',
  'Connection: Authorization, close',
  'Connection: X-Forwarded-For',
  'Connection: close\r\nConnection: keep-alive',
  'Content-Type: application/json',
  'Content-Type: nonsense',
  'Content-Type: text/plain\r\nContent-Type: application/json',
  'X-HTTP-Method-Override: DELETE',
  'Host: 127.0.0.1',
  'Host: evil.example',
  'Origin: http://evil.example',
  'Content-Encoding: identity',
  'Authorization: Bearer x',
];

function request(random: Random, mark: string): Buffer {
  const hidden = `GET /v2/hidden-${mark} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`;
  const text = random.pick([`body of ${mark}`, hidden, '', '{"id":"' + mark + '"}', 'x'.repeat(3000) + mark]);
  const method = random.chance(0.93)
    ? random.pick(['GET', 'POST', 'POST', 'POST', 'HEAD'])
    : random.pick([
        'PUT',
        'DELETE',
        'OPTIONS',
        'get',
        'P OST',
        'CONNECT',
        'TRACE',
        'PRI',
        'QUERY',
        '\x00GET',
      ]);
  const path = `/v2/models/${mark}`;
  const target = random.chance(0.9)
    ? random.pick([path, `${path}?a=b`, `${path}/infer`])
    : random.pick([
        `http://127.0.0.1${path}`,
        `http://evil.example${path}`,
        '*',
        `/${path}`,
        `${path}#x`,
        `${path}?a=%zz`,
        `${path}/%2e%2e/x`,
        `${path}\xe9`,
        `${path} x`,
        `${path}\t`,
        `${path}\x0c`,
        `${path}"<>\\^\`{|}`,
        'evil.example:80',
        '',
      ]);
  const version = random.chance(0.97)
    ? 'HTTP/1.1'
    : random.pick(['HTTP/1.0', 'HTTP/1.2', 'HTTP/2.0', 'http/1.1', 'HTTP/1.1 ', 'HTTP/01.1', '']);
  const headers = random.chance(0.98)
    ? ['Host: 127.0.0.1']
    : random.pick([[], ['Host:'], ['host: 127.0.0.1:80']]);
  for (let n = random.pick([0, 0, 0, 1, 1, 2]); n > 0; n--)
    headers.splice(random.below(headers.length + 1), 0, random.pick(EXTRA));
  const [framing, body] = framed(random, method, text);
  headers.splice(random.below(headers.length + 1), 0, ...framing);
  if (random.chance(0.01)) headers.push(`X-Long: ${'x'.repeat(17_000)}`);
  if (random.chance(0.005)) headers.push(...Array.from({ length: 2100 }, (_, n) => `X-${n}: y`));
  const end = random.chance(0.98) ? '\r\n' : random.pick(['\n', '\r', '\r\n ', '\r\r\n']);
  const head = [`${method} ${target} ${version}`, ...headers].join(end) + '\r\n\r\n';
  return Buffer.from(head + body, 'latin1');
}

function framed(random: Random, method: string, text: string): [string[], string] {
  const chunk = (extension = '', size = text.length.toString(16)): string =>
    (text === '' ? '' : `${size}${extension}\r\n${text}\r\n`) + '0\r\n\r\n';
  if (method === 'GET' && random.chance(0.6)) return [[], ''];
  if (random.chance(0.55)) return [[`Content-Length: ${text.length}`], text];
  if (random.chance(0.4)) return [['Transfer-Encoding: chunked'], chunk()];
  return random.pick<() => [string[], string]>([
    () => [[], text],
    () => [[`Content-Length: ${text.length + 7}`], text],
    () => [[`Content-Length: ${Math.max(0, text.length - 7)}`], text],
    () => [[`Content-Length: +${text.length}`], text],
    () => [[`Content-Length: 0${text.length}`], text],
    () => [[`Content-Length: ${text.length}, ${text.length}`], text],
    () => [[`Content-Length: ${text.length}`, `Content-Length: ${text.length}`], text],
    () => [[`Content-Length: 0`, `Content-Length: ${text.length}`], text],
    () => [[`Content-Length: 0x${text.length.toString(16)}`], text],
    () => [[`Content-Length: ${'9'.repeat(30)}`], text],
    () => [['Content-Length:'], text],
    () => [[`Content-Length : ${text.length}`], text],
    () => [[`Content-Length: ${text.length}`, 'Transfer-Encoding: chunked'], chunk()],
    () => [['Transfer-Encoding: chunked', `Content-Length: ${text.length}`], chunk()],
    () => [['Transfer-Encoding: identity'], text],
    () => [['Transfer-Encoding: gzip, chunked'], chunk()],
    () => [['Transfer-Encoding: chunked, identity'], chunk()],
    () => [['Transfer-Encoding: Chunked'], chunk()],
    () => [['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], chunk()],
    () => [['Transfer-Encoding : chunked'], chunk()],
    () => [['Transfer-Encoding:\x0bchunked'], chunk()],
    () => [['Transfer-Encoding: xchunked'], chunk()],
    () => [['Transfer-Encoding: chunked'], chunk(';name=value')],
    () => [['Transfer-Encoding: chunked'], chunk(';a="\r\n"')],
    () => [['Transfer-Encoding: chunked'], chunk(' ')],
    () => [['Transfer-Encoding: chunked'], chunk('', `0${text.length.toString(16)}`)],
    () => [['Transfer-Encoding: chunked'], chunk('', `0x${text.length.toString(16)}`)],
    () => [['Transfer-Encoding: chunked'], chunk('', (text.length + 1).toString(16))],
    () => [
      ['Transfer-Encoding: chunked'],
      chunk().replace(/0\r\n\r\n$/, '0\r\nX-Last: y\r\nContent-Length: 5\r\n\r\n'),
    ],
    () => [['Transfer-Encoding: chunked'], chunk().replaceAll('\r\n', '\n')],
    () => [['Transfer-Encoding: chunked'], text],
  ])();
}

/** Now and then a few bytes are other ones, missing, there twice, or the end does not come. */
function mutated(random: Random, bytes: Buffer): Buffer {
  if (random.chance(0.8) || bytes.length < 4) return bytes;
  const at = random.below(bytes.length);
  const length = 1 + random.below(8);
  const before = bytes.subarray(0, at);
  switch (random.below(5)) {
    case 0:
      return before;
    case 1:
      return Buffer.concat([before, bytes.subarray(at + length)]);
    case 2:
      return Buffer.concat([before, bytes.subarray(at, at + length), bytes.subarray(at)]);
    case 3: {
      const odd = Buffer.from(
        random.pick(['\r', '\n', '\0', ' ', '\t', ':', '\x80', '\r\n', '\r\n\r\n']),
        'latin1',
      );
      return Buffer.concat([before, odd, bytes.subarray(at)]);
    }
    default: {
      const other = Buffer.from(bytes);
      other[at] = random.below(256);
      return other;
    }
  }
}
