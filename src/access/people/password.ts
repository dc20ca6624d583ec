import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { invalid } from '../../platform/errors/index.ts';

/** OWASP's floor for argon2id: 19 MiB, two passes. */
const COST = { memory: 19_456, passes: 2, parallelism: 1 } as const;
const BYTES = 32;
const SHORTEST = 12;
const LONGEST = 1024;

const derive = promisify(argon2);

/** What the database keeps of a password: a PHC string, so that the cost can rise without a change to what is stored. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const hash = await of(password, salt, COST);
  const { memory, passes, parallelism } = COST;
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${bare(salt)}$${bare(hash)}`;
}

export async function passwordMatches(password: string, stored: string): Promise<boolean> {
  const [, memory, passes, parallelism, salt, hash] =
    /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(stored) ?? [];
  if (salt === undefined || hash === undefined)
    throw new Error('the database holds a password of no known form');
  const expected = Buffer.from(hash, 'base64');
  const cost = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) };
  const found = await of(password, Buffer.from(salt, 'base64'), cost);
  return found.length === expected.length && timingSafeEqual(found, expected);
}

/** Length is what counts; what it is made of is nobody's business. */
export function requirePassword(password: string, name: string): void {
  const { length } = Array.from(password);
  if (length < SHORTEST)
    throw invalid(`a password has ${SHORTEST} characters or more, and this one ${length}`, {
      field: 'password',
      hint: 'a few words that nobody says together are easy to keep',
    });
  if (password.length > LONGEST)
    throw invalid(`a password has ${LONGEST} characters at most`, { field: 'password' });
  if (password.toLowerCase().includes(name) && length < SHORTEST + name.length)
    throw invalid('the password is little more than the name', {
      field: 'password',
      hint: 'choose one that does not hold the name',
    });
  if (new Set(password).size < 5)
    throw invalid('the password repeats a few characters', { field: 'password', hint: 'choose another' });
}

const of = (
  password: string,
  nonce: Buffer,
  cost: { memory: number; passes: number; parallelism: number },
): Promise<Buffer> =>
  // The same characters are the same password, whatever keyboard sent them.
  derive('argon2id', { message: password.normalize('NFC'), nonce, tagLength: BYTES, ...cost });

const bare = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');
