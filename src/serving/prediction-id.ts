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
/** Ids that share one HMAC: SHA-512 is long enough for eight checks, and its cost is that of one. */
const TOGETHER = 8;

const base36 = (value: number, digits: number): string => value.toString(36).padStart(digits, '0');
const COUNTERS = Array.from({ length: 4096 }, (_, index) => base36(index, COUNTER));

/**
 * Ids sort by time. Nothing is stored for them: what they name is read from the id itself, and the keyed check (48 bits of
 * HMAC-SHA-512) keeps a caller from naming what never was. `maker` tells processes with one key apart.
 */
export function makeIds(
  key: string | Uint8Array,
  {
    now = Date.now,
    maker = base36(randomInt(36 ** MAKER), MAKER),
  }: { now?: () => number; maker?: string } = {},
): PredictionIds {
  const checks = (group: string): string => createHmac('sha512', key).update(group).digest('hex');
  interface Series {
    at: number;
    prefix: string;
    counter: number;
    checks: string;
  }
  const series = new Map<number, Series>();
  const made = { at: 0, counter: 0 };
  const prefixOf = (at: number, serial: number, role: Role): string =>
    base36(at, TIME) + LETTERS[ROLES.indexOf(role)]! + base36(serial, SERIAL) + maker;

  return {
    next(serial, role) {
      const number = serial * 3 + ROLES.indexOf(role);
      let one = series.get(number);
      if (one === undefined) {
        if (series.size > 10_000) series.clear(); // revisions long gone; time and maker still keep ids apart
        series.set(number, (one = { at: 0, prefix: '', counter: 0, checks: '' }));
      }
      const at = now();
      if (at > one.at || one.counter === COUNTERS.length) {
        // A clock that was set back, and more ids than a millisecond names, go on with the next millisecond.
        one.at = Math.max(at, one.at + 1);
        one.counter = 0;
        one.prefix = prefixOf(one.at, serial, role);
      }
      const place = one.counter % TOGETHER;
      if (place === 0) one.checks = checks(one.prefix + String(one.counter / TOGETHER));
      const check = one.checks.slice(place * CHECK, (place + 1) * CHECK);
      made.at = one.at;
      made.counter = one.counter;
      return one.prefix + COUNTERS[one.counter++]! + check;
    },
    made,
    again(serial, role, { at, counter }) {
      const prefix = prefixOf(at, serial, role);
      const place = counter % TOGETHER;
      const check = checks(prefix + String((counter - place) / TOGETHER));
      return prefix + COUNTERS[counter]! + check.slice(place * CHECK, (place + 1) * CHECK);
    },
    read(id) {
      if (id.length !== PLAIN + CHECK || !FORM.test(id)) return undefined;
      const counter = Number.parseInt(id.slice(PLAIN - COUNTER, PLAIN), 36);
      const place = counter % TOGETHER;
      const group = id.slice(0, PLAIN - COUNTER) + String((counter - place) / TOGETHER);
      const right = checks(group).slice(place * CHECK, (place + 1) * CHECK);
      if (!timingSafeEqual(Buffer.from(right), Buffer.from(id.slice(PLAIN)))) return undefined;
      return {
        serial: Number.parseInt(id.slice(TIME + 1, TIME + 1 + SERIAL), 36),
        role: ROLES[LETTERS.indexOf(id[TIME]!)]!,
        at: Number.parseInt(id.slice(0, TIME), 36),
      };
    },
  };
}
