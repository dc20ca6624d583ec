import { createHmac, randomInt, timingSafeEqual } from 'node:crypto';
import type { Role } from './plane/protocol.ts';

/** Names an answer for ever: which revision and variant gave it, when, and a check that this server made the name. */
export interface PredictionIds {
  next(serial: number, role: Role): string;
  /** What `next` made last, for records that keep numbers rather than texts; one object, changed by every `next`. */
  readonly made: { at: number; counter: number };
  /** The id of such a record. */
  again(serial: number, role: Role, made: { at: number; counter: number }): string;
  /** Undefined for what this server did not make. */
  read(id: string): { serial: number; role: Role; at: number } | undefined;
}

const ROLES: readonly Role[] = ['champion', 'canary', 'shadow'];
const LETTERS = 'abc';
/** Digits of base 36: time in ms, then a letter for the role, then serial, process and counter; then 48 bits of check in hex. */
const TIME = 9;
const SERIAL = 6;
const MAKER = 4;
const COUNTER = 3;
const CHECK = 12;
const PLAIN = TIME + 1 + SERIAL + MAKER + COUNTER;
const FORM = new RegExp(`^[0-9a-z]{${TIME}}[${LETTERS}][0-9a-z]{${PLAIN - TIME - 1}}[0-9a-f]{${CHECK}}$`);
const base36 = (value: number, digits: number): string => value.toString(36).padStart(digits, '0');
const COUNTERS = Array.from({ length: 4096 }, (_, index) => base36(index, COUNTER));
const HEX = Array.from({ length: 4096 }, (_, index) => index.toString(16).padStart(3, '0'));
/** Ids of one variant within this time share a secret, ms. */
const SPAN = 1000;

/**
 * Ids sort by time. Nothing is stored for them: what they name is read from the id itself, and a keyed check keeps a caller from
 * naming what never was: each second of each variant has a secret of its own, an HMAC of the key, and the check is drawn from it.
 * Whoever could work a second's secret out from its ids could only name further ones of that second and variant, whose story is
 * the same. `maker` tells processes with one key apart.
 */
export function makeIds(
  key: string | Uint8Array,
  {
    now = Date.now,
    maker = base36(randomInt(36 ** MAKER), MAKER),
  }: { now?: () => number; maker?: string } = {},
): PredictionIds {
  const secretOf = (at: number, tail: string): Int32Array => {
    const digest = createHmac('sha256', key)
      .update(`${Math.floor(at / SPAN)} ${tail}`)
      .digest();
    return new Int32Array(digest.buffer, digest.byteOffset, 4);
  };
  const tailOf = (serial: number, role: Role, by: string): string =>
    LETTERS[ROLES.indexOf(role)]! + base36(serial, SERIAL) + by;
  interface Series {
    at: number;
    /** Role, serial and maker. */
    tail: string;
    prefix: string;
    counter: number;
    secret: Int32Array;
  }
  const series = new Map<number, Series>();
  const made = { at: 0, counter: 0 };

  return {
    next(serial, role) {
      const number = serial * 3 + ROLES.indexOf(role);
      let one = series.get(number);
      if (one === undefined) {
        if (series.size > 10_000) series.clear(); // revisions long gone; time and maker still keep ids apart
        const tail = tailOf(serial, role, maker);
        series.set(number, (one = { at: -1, tail, prefix: '', counter: 0, secret: new Int32Array(4) }));
      }
      const at = now();
      if (at > one.at || one.counter === COUNTERS.length) {
        // A clock that was set back, and more ids than a millisecond names, go on with the next millisecond.
        const before = one.at;
        one.at = Math.max(at, before + 1);
        one.counter = 0;
        one.prefix = base36(one.at, TIME) + one.tail;
        if (Math.floor(before / SPAN) !== Math.floor(one.at / SPAN)) one.secret = secretOf(one.at, one.tail);
      }
      made.at = one.at;
      made.counter = one.counter;
      const check = checkOf(one.secret, one.at, one.counter);
      return one.prefix + COUNTERS[one.counter++]! + check;
    },
    made,
    again(serial, role, { at, counter }) {
      const tail = tailOf(serial, role, maker);
      return base36(at, TIME) + tail + COUNTERS[counter]! + checkOf(secretOf(at, tail), at, counter);
    },
    read(id) {
      if (id.length !== PLAIN + CHECK || !FORM.test(id)) return undefined;
      const at = Number.parseInt(id.slice(0, TIME), 36);
      const counter = Number.parseInt(id.slice(PLAIN - COUNTER, PLAIN), 36);
      const tail = id.slice(TIME, PLAIN - COUNTER);
      const right = checkOf(secretOf(at, tail), at, counter);
      if (!timingSafeEqual(Buffer.from(right), Buffer.from(id.slice(PLAIN)))) return undefined;
      return {
        serial: Number.parseInt(id.slice(TIME + 1, TIME + 1 + SERIAL), 36),
        role: ROLES[LETTERS.indexOf(id[TIME]!)]!,
        at,
      };
    },
  };
}

/**
 * What the column of a table says where it holds ids, as DuckDB's SQL: whether a text has the form of one, its time in ms and its
 * revision's serial, and whether a shadow answered. The keyed check is not looked at there: the key stays in the server.
 */
export function predictionIdSql(column: string): {
  formed: string;
  time: string;
  serial: string;
  shadow: string;
} {
  const digit = (place: number): string =>
    `(strpos('0123456789abcdefghijklmnopqrstuvwxyz', substr(${column}, ${place}, 1)) - 1)`;
  const number = (from: number, digits: number): string =>
    `(${Array.from({ length: digits }, (_, at) => `${digit(from + at)} * ${36 ** (digits - 1 - at)}::bigint`).join(' + ')})`;
  return {
    formed: `regexp_full_match(${column}, '${FORM.source.slice(1, -1)}')`,
    time: number(1, TIME),
    serial: number(TIME + 2, SERIAL),
    shadow: `substr(${column}, ${TIME + 1}, 1) = '${LETTERS[ROLES.indexOf('shadow')]}'`,
  };
}

/** 48 bits that hang on the secret, the millisecond and the counter, in hex. */
function checkOf(secret: Int32Array, at: number, counter: number): string {
  const place = (at % SPAN) * COUNTERS.length + counter;
  const left = mix(place ^ secret[0]!, secret[1]!);
  const right = mix(place ^ secret[2]!, secret[3]!);
  return (
    HEX[left & 0xfff]! + HEX[(left >>> 12) & 0xfff]! + HEX[right & 0xfff]! + HEX[(right >>> 12) & 0xfff]!
  );
}

function mix(value: number, secret: number): number {
  let hash = Math.imul(value ^ (value >>> 15), secret | 1);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35) + secret;
  return hash ^ (hash >>> 16);
}
