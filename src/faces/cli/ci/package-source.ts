import { existsSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { invalid } from '../../../platform/errors/index.ts';

const HOW = 'npm pack in a checkout of your server’s release makes treadle-VERSION.tgz';

/**
 * What a CI system is to install the command from, as `npm install` reads it there: an address, or a file of the repository, from its
 * top. Never a bare name: what a registry hands out under it is whoever's, and it runs beside the token.
 */
export function packageSource(given: string | undefined, top: string): string {
  if (given === undefined)
    throw invalid('it is not said what the CI system installs the treadle command from', {
      field: 'package',
      hint: `${HOW}; commit it and name it: --package ./treadle-VERSION.tgz, or say where it lies: --package https://…/treadle-VERSION.tgz`,
    });
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(given) ? addressOf(given) : fileOf(given, top);
}

function addressOf(given: string): string {
  const url = URL.parse(given);
  const hint = `write it as https://host/treadle-VERSION.tgz; ${HOW}`;
  if (url?.protocol !== 'https:')
    throw invalid(
      `${given} is no address that begins with https://, and what comes on another way may be changed by others`,
      { field: 'package', hint },
    );
  if (url.username !== '' || url.password !== '')
    throw invalid(
      'the address has a password in it, and the file is for everybody who reads the repository',
      {
        field: 'package',
        hint,
      },
    );
  return safe(url.href);
}

function fileOf(given: string, top: string): string {
  const at = path.resolve(given);
  if (!/\.(?:tgz|tar\.gz)$/.test(at) || !existsSync(at) || !statSync(at).isFile())
    throw invalid(`${given} is no file that npm pack made`, {
      field: 'package',
      hint: `${HOW}; commit it and name it: --package ./treadle-VERSION.tgz`,
    });
  return safe(`./${belowTop(top, realpathSync(at), 'package')}`);
}

/** A path from the top of the repository, with `/`. */
export function belowTop(top: string, at: string, field: string): string {
  const below = path.relative(top, at);
  if (below.startsWith('..') || path.isAbsolute(below))
    throw invalid(`${at} is not in the repository at ${top}`, {
      field,
      hint: 'the CI system has a clone of it and nothing else',
    });
  return safe(below.split(path.sep).join('/'));
}

/** CI systems put values of their own where a text has a dollar sign. */
function safe(text: string): string {
  if (!/[$\p{Cc}]/u.test(text)) return text;
  throw invalid(
    `${JSON.stringify(text)} has a dollar sign or a control character, which CI systems read as their own`,
    {
      hint: 'give it another name',
    },
  );
}
