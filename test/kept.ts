import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import path from 'node:path';

const ROOT = path.join(import.meta.dirname, '..');
const PLACE = path.join(ROOT, '.setup', 'kept');

/**
 * Folders that are made by a script of ours and the packages of the checkout alone, and take seconds to make: each is made once,
 * kept beside the set-up, and copied to whoever wants it. `make` fills a folder with those of `names` that are missing.
 */
export async function copyKept(
  script: string,
  names: readonly string[],
  to: string,
  make: (folder: string, missing: readonly string[]) => Promise<unknown>,
): Promise<void> {
  const made = createHash('sha256');
  for (const file of [script, path.join(ROOT, 'scripts', 'python.lock')]) made.update(readFileSync(file));
  const all = path.join(PLACE, path.basename(script));
  const kept = path.join(all, made.digest('hex').slice(0, 16));
  mkdirSync(kept, { recursive: true });
  const missing = names.filter((name) => !existsSync(path.join(kept, name)));
  if (missing.length > 0) {
    const fresh = mkdtempSync(path.join(kept, '.making-'));
    await make(fresh, missing);
    for (const name of missing) {
      const at = path.join(kept, name);
      try {
        renameSync(path.join(fresh, name), at);
      } catch (error) {
        if (!existsSync(at)) throw error; // another test file has made the same meanwhile
      }
    }
    rmSync(fresh, { recursive: true, force: true });
    for (const old of readdirSync(all))
      if (old !== path.basename(kept)) rmSync(path.join(all, old), { recursive: true, force: true });
  }
  for (const name of names) cpSync(path.join(kept, name), path.join(to, name), { recursive: true });
}
