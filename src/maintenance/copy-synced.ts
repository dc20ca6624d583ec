import { constants } from 'node:fs';
import { chmod, copyFile, open } from 'node:fs/promises';

/** A copy for its owner alone, on disk when this resolves but for the name in its folder; `fresh` overwrites nothing. */
export async function copySynced(
  from: string,
  to: string,
  { fresh = false }: { fresh?: boolean } = {},
): Promise<void> {
  await copyFile(from, to, fresh ? constants.COPYFILE_EXCL : 0);
  await chmod(to, 0o600);
  const handle = await open(to, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
