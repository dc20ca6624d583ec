import { chmod, copyFile, open } from 'node:fs/promises';

/** A copy for its owner alone, on disk when this resolves but for the name in its folder. */
export async function copySynced(from: string, to: string): Promise<void> {
  await copyFile(from, to);
  await chmod(to, 0o600);
  const handle = await open(to, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
