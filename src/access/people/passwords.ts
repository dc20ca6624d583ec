import { createHmac, randomBytes } from 'node:crypto';
import type { Ctx } from '../../platform/ctx/index.ts';
import { unauthenticated, unavailable } from '../../platform/errors/index.ts';
import { Attempts } from './attempts.ts';
import { hashPassword, passwordMatches } from './password.ts';
import { findPerson, type PersonRow } from './store.ts';

/** Each holds 19 MiB and a thread of the pool while it runs. */
const AT_ONCE = 2;
const WAITING = 50;
/** A client of MLflow sends its password with every request; within this time it is not derived again, ms. */
const REMEMBERED = 5 * 60_000;
const MOST = 1_000;

/** Who signs in with a name and a password. */
export interface Passwords {
  /** Throws `unauthenticated`, or `limited` after too many wrong ones. `address`: where they come from. */
  check(ctx: Ctx, name: string, password: string, address: string): Promise<PersonRow>;
  /** A new password ends the wait that wrong ones brought their bearer. */
  forget(name: string): void;
}

export function createPasswords(): Passwords {
  const attempts = new Attempts();
  // By a key of this process: what is remembered is of no use elsewhere. A new password or a new hash is another one.
  const secret = randomBytes(32);
  const right = new Map<string, number>();
  /** A client that begins with many requests at once shows one password, not many. */
  const asking = new Map<string, Promise<boolean>>();
  const turns = createTurns();
  const told = createTold();
  let dummy: Promise<string> | undefined;

  return {
    forget: (name) => attempts.forget(name),
    async check(ctx, given, password, address) {
      const name = given.toLowerCase();
      const person = await findPerson(ctx, name);
      const usable = person?.kind === 'user' && person.disabled_at === null ? person.password : null;
      const now = ctx.clock.now();
      const key = createHmac('sha256', secret)
        .update(`${person?.id ?? ''}\0${usable ?? ''}\0${password}`)
        .digest('base64');
      if (person && usable !== null && (right.get(key) ?? 0) > now) return person;
      let asked = asking.get(key);
      if (!asked) {
        attempts.begin(name, address, now);
        // Whoever guesses names learns nothing from how long it takes.
        dummy ??= hashPassword(randomBytes(16).toString('hex'));
        const stored = usable ?? (await dummy);
        asked = turns(() => passwordMatches(password, stored))
          .then((matches) => {
            const good = matches && usable !== null;
            if (good) attempts.right(name, address);
            return good;
          })
          .finally(() => asking.delete(key));
        asking.set(key, asked);
      }
      if (!(await asked) || !person) {
        // What is typed as a name may be a password: only names that are somebody's are written.
        told(ctx, { name: person?.name ?? 'nobody here', address });
        throw unauthenticated('name and password do not belong together', {
          hint: 'check both for typos, or ask an owner of the server for a new password',
        });
      }
      if (right.size >= MOST) right.clear();
      right.set(key, now + REMEMBERED);
      return person;
    },
  };
}

const LINES = 60;

/** One line for each wrong password, and one for all that are too many for a minute. */
function createTold(): (ctx: Ctx, who: { name: string; address: string }) => void {
  let [since, lines] = [0, 0];
  return (ctx, who) => {
    const now = ctx.clock.now();
    if (now - since >= 60_000) [since, lines] = [now, 0];
    lines++;
    if (lines <= LINES) ctx.log.warn('a password was wrong', who);
    else if (lines === LINES + 1)
      ctx.log.warn('more passwords are wrong than are written of: the next lines in a minute');
  };
}

/** A few at a time, and not too many who wait. */
function createTurns(): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: Array<() => void> = [];
  return async (work) => {
    if (running >= AT_ONCE) {
      if (waiting.length >= WAITING)
        throw unavailable('too many people sign in at once', {
          hint: 'try again after the time in Retry-After',
        });
      await new Promise<void>((resolve) => void waiting.push(resolve));
    }
    running++;
    try {
      return await work();
    } finally {
      running--;
      waiting.shift()?.();
    }
  };
}
