import { invalid } from '../../platform/errors/index.ts';
import type { DvcLayout } from '../contract.ts';

/** What DVC calls an object: the MD5 of its content, and `.dir` behind it where it lists a directory. */
export interface Oid {
  layout: DvcLayout;
  /** As in DVC's files: 32 hex digits, with `.dir` behind those of a listing. */
  text: string;
  md5: string;
  listing: boolean;
}

/** An object's name as text, or the error that says what is wrong with it. */
export function readOid(layout: DvcLayout, text: string): Oid {
  const [, md5, dir] = /^([0-9a-f]{32})(\.dir)?$/.exec(text) ?? [];
  if (md5 === undefined)
    throw invalid(`'${text.slice(0, 100)}' is not the name of a DVC object`, {
      field: 'oid',
      hint: 'it is the MD5 of the content in 32 hex digits, with .dir behind it for a directory',
    });
  return { layout, text, md5, listing: dir !== undefined };
}

/** That of a file, which comes alone; a directory comes with its commit. */
export function readFileOid({ layout, oid: text }: { layout: DvcLayout; oid: string }): Oid {
  const oid = readOid(layout, text);
  if (oid.listing)
    throw invalid(`${text} is a directory`, {
      field: 'oid',
      hint: 'send its bytes as `listing` of the commit',
    });
  return oid;
}
