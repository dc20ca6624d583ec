import { invalid, type TreadleError } from '../platform/errors/index.ts';

/** What a version's source text points at. */
export type Source =
  | { kind: 'logged-model'; id: string; path: string }
  | { kind: 'run'; run: string; path: string }
  /** A version of a registered model, by number, alias, stage or `latest`. */
  | { kind: 'version'; model: string; version: string }
  /** Somewhere else. Kept as text; the server never opens it. */
  | { kind: 'outside' };

const LONGEST = 2000;
/** What MLflow's client writes for a prompt, whose text lies in a tag. */
const PLACEHOLDERS = new Set(['dummy-source', 'prompt-template']);
/** Backslashes, control characters, and marks that turn or hide text. */
const TRICKS = /[\\\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
/** How a run's id may look, here or on another server. */
export const RUN_ID = /^[0-9a-zA-Z][0-9a-zA-Z-]{0,63}$/;
/** As MLflow 3.17: a client that loads the version would connect to whatever host its maker wrote there. */
const HOST_ADDRESSED = new Set(['ftp', 'sftp', 'hdfs', 'viewfs', 'http', 'https', 'r2', 'b2', 'abfss']);
const LOGGED_MODEL = /^m-[0-9a-f]{32}$/;

/**
 * Reads a source. It must be one of our own artifacts or a URI of somewhere else. Spellings that have ever led
 * a server to its own files (`file:`, plain paths, `..` in any encoding, backslashes, control characters) are refused
 * whatever else the request says: this server opens no such path, and a client that loads the model later shall not either.
 */
export function parseSource(source: string): Source {
  if (source.length > LONGEST)
    throw bad(source, `it is ${source.length} characters long, and may have ${LONGEST}`);
  if (PLACEHOLDERS.has(source)) return { kind: 'outside' };
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(source)?.[1]?.toLowerCase();
  if (scheme === undefined || scheme.length === 1)
    throw bad(source, 'a path on a disk says nothing to this server');
  if (scheme === 'file') throw bad(source, 'the server opens no files by name');
  refuseTricks(source);
  const rest = source.slice(scheme.length + 1);
  switch (scheme) {
    case 'models':
      return modelSource(source, rest);
    case 'runs': {
      const { first, path } = ownPath(source, rest);
      if (!RUN_ID.test(first)) throw bad(source, `'${first}' is no run id`);
      return { kind: 'run', run: first, path };
    }
    case 'mlflow-artifacts':
      return artifactSource(source, rest);
    default:
      if (!/^\/\/[^/?#\s]+/.test(rest) && !/^\/{1,3}[^/]/.test(rest)) throw bad(source, 'it names no place');
      if (/^\/\/[^/@]*:[^/@]*@/.test(rest))
        throw bad(source.replace(/\/\/[^/@]*@/, '//…@'), 'it holds a password');
      if (HOST_ADDRESSED.has(scheme))
        throw bad(source, `the scheme '${scheme}' lets the source say which host a client then connects to`);
      return { kind: 'outside' };
  }
}

/** Anything that decodes to a step upwards, a backslash or a hidden character, in whichever part of the URI it stands. */
function refuseTricks(source: string): void {
  let text = source;
  for (let depth = 0; ; depth++) {
    if (TRICKS.test(text)) throw bad(source, 'it holds a backslash or characters that cannot be seen');
    if (text.split(/[/?#;&=@:]/).some((part) => /^\.\.+$/.test(part.trim())))
      throw bad(source, "it may not hold '..'");
    // Overlong UTF-8 for '.' and '/', which strict decoders refuse and lenient ones do not.
    if (/%c[01]%|%e0%80|%f0%80/i.test(text)) throw bad(source, 'it holds a malformed encoding');
    const decoded = decode(text);
    if (decoded === text) return;
    if (decoded === undefined || depth === 4) throw bad(source, 'it holds a malformed encoding');
    text = decoded;
  }
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function modelSource(source: string, rest: string): Source {
  if (rest.startsWith('//') && !rest.startsWith('///')) throw bad(source, 'another registry cannot be named');
  const { first, path } = ownPath(source, rest);
  if (LOGGED_MODEL.test(first)) return { kind: 'logged-model', id: first, path };
  const at = /^([^/@]+)@([^/@]+)$/.exec(first);
  if (at && path === '') return { kind: 'version', model: at[1]!, version: `@${at[2]!}` };
  if (path === '' || path.includes('/'))
    throw bad(source, 'it is not models:/m-<id>, models:/<name>/<version> or models:/<name>@<alias>');
  return { kind: 'version', model: first, version: path };
}

/** `mlflow-artifacts:/<experiment>/<run>/artifacts/<path>` or `…/<experiment>/models/<m-id>/artifacts/<path>`: what our own MLflow face hands out. */
function artifactSource(source: string, rest: string): Source {
  const path = rest.startsWith('//') ? rest.slice(2).replace(/^[^/]*/, '') : rest;
  const parts = path.split('/').filter((part) => part !== '');
  const [, second, third, fourth, ...more] = parts;
  if (second === 'models' && third !== undefined && LOGGED_MODEL.test(third) && fourth === 'artifacts')
    return { kind: 'logged-model', id: third, path: more.join('/') };
  if (second !== undefined && RUN_ID.test(second) && third === 'artifacts')
    return {
      kind: 'run',
      run: second,
      path: [fourth, ...more].filter((part) => part !== undefined).join('/'),
    };
  throw bad(source, 'it lies neither under a run nor under a logged model');
}

/** `/first/rest/of/path`: the parts of an address of our own. */
function ownPath(source: string, rest: string): { first: string; path: string } {
  if (!rest.startsWith('/')) throw bad(source, 'the slash after the scheme is missing');
  if (/[?#]/.test(rest)) throw bad(source, "it may not hold '?' or '#'");
  const [first = '', ...parts] = rest
    .replace(/^\/+/, '')
    .split('/')
    .filter((part) => part !== '');
  if (first === '') throw bad(source, 'it names nothing');
  return { first, path: parts.join('/') };
}

function bad(source: string, why: string): TreadleError {
  const shown = (source.length > 200 ? `${source.slice(0, 200)}…` : source).replaceAll(/\p{Cc}/gu, '?');
  return invalid(`Invalid model version source: '${shown}': ${why}`, {
    field: 'source',
    hint: 'log the model and give models:/m-<id> or runs:/<run id>/<path>; a place outside needs a URI such as s3://bucket/key',
    code: 'source',
  });
}
