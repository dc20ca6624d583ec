import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { inPortions } from '../../platform/aside/index.ts';
import { readJson, readJsonAside } from '../../platform/bodies/index.ts';
import { invalid } from '../../platform/errors/index.ts';
import { quoted } from '../paths.ts';
import type { Oid } from './oid.ts';

/** A listing up to this is read where it is; a longer one in a thread. Some 5,000 files. */
const ASIDE = 512 * 1024;
/** As many files as a version may have. */
const MOST = 500_000;

/** DVC writes more besides where it knows more of a file; none of it says what the file holds. */
const Entry = Type.Object({
  md5: Type.String({ pattern: '^[0-9a-f]{32}$' }),
  relpath: Type.String({ minLength: 1 }),
});

/** A file of a directory: where it lies, and the object that holds it. */
export interface Member {
  path: string;
  md5: string;
}

/** What a `.dir` object lists. */
export async function readListing(chunks: readonly Uint8Array[], oid: Oid): Promise<Member[]> {
  const wrong = (what: string): Error =>
    invalid(`the directory ${oid.text} ${what}`, {
      field: 'oid',
      hint: 'it is a JSON array of {"md5", "relpath"}, as DVC writes it',
      code: 'listing',
    });
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  // A thread hands long lists over in pieces, and only those that lie in an object.
  const whole =
    length > ASIDE
      ? await readJsonAside([Buffer.from('{"entries":'), ...chunks, Buffer.from('}')])
      : { entries: readJson(Buffer.concat(chunks).toString('utf8')) };
  const entries = (whole as { entries?: unknown }).entries;
  if (!Array.isArray(entries)) throw wrong('is no list');
  if (entries.length > MOST)
    throw wrong(
      `has ${entries.length.toLocaleString('en')} files; a version has ${MOST.toLocaleString('en')} at most`,
    );
  const members: Member[] = [];
  for await (const portion of inPortions<unknown>(entries, 1000))
    for (const entry of portion) {
      if (!Value.Check(Entry, entry)) throw wrong(`has ${quoted(JSON.stringify(entry) ?? '')} in it`);
      members.push({ path: entry.relpath, md5: entry.md5 });
    }
  return members;
}
