/** The head of a plain request, as the fast path understands it. */
export interface Head {
  method: 'GET' | 'POST';
  /** Without the query. */
  path: string;
  query: string;
  names: readonly string[];
  values: readonly string[];
  /** Bytes of the body. */
  length: number;
  /** The caller asked to end the connection after this answer. */
  close: boolean;
}

const REQUEST_LINE = /^(GET|POST) (\/[\x21-\x7e]*) HTTP\/1\.1$/;
/** RFC 9110 §5: a name of token characters, the colon right after it, and a value of visible ASCII, blank and tab. */
const FIELD = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*((?:[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?)?)[ \t]*$/;
const LENGTH = /^[0-9]{1,15}$/;
/** What changes how the rest of the connection is to be read. */
const UNUSUAL = new Set([
  'transfer-encoding',
  'expect',
  'upgrade',
  'te',
  'trailer',
  'http2-settings',
  'proxy-connection',
  'keep-alive',
]);

/**
 * Reads a head, all of it up to and with its empty line. Undefined means: not plain. Such a request is no error here; node:http's
 * parser decides it. The rule that keeps two readers from seeing two different requests in the same bytes is that this one
 * knows few forms and reads those exactly: anything folded, doubled, chunked, padded or spelt oddly is not among them.
 */
export function readHead(text: string): Head | undefined {
  const lines = text.slice(0, -4).split('\r\n');
  const request = REQUEST_LINE.exec(lines[0]!);
  if (!request) return undefined;
  const names: string[] = [];
  const values: string[] = [];
  let length = 0;
  let close = false;
  for (let index = 1; index < lines.length; index++) {
    const field = FIELD.exec(lines[index]!);
    if (!field) return undefined;
    const name = field[1]!.toLowerCase();
    const value = field[2]!;
    if (UNUSUAL.has(name) || names.includes(name)) return undefined;
    if (name === 'content-length') {
      if (!LENGTH.test(value)) return undefined;
      length = Number(value);
    } else if (name === 'connection') {
      const wish = value.toLowerCase();
      if (wish === 'close') close = true;
      else if (wish !== 'keep-alive') return undefined;
    }
    names.push(name);
    values.push(value);
  }
  if (!names.includes('host')) return undefined;
  const method = request[1] === 'POST' ? 'POST' : 'GET';
  if (method === 'GET' && length > 0) return undefined;
  const target = request[2]!;
  const mark = target.indexOf('?');
  return {
    method,
    path: mark === -1 ? target : target.slice(0, mark),
    query: mark === -1 ? '' : target.slice(mark + 1),
    names,
    values,
    length,
    close,
  };
}
