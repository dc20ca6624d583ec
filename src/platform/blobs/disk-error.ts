import { TreadleError, unavailable } from '../errors/index.ts';

/** A full or broken disk becomes an error that says so; everything else passes through. */
export function diskError(error: unknown): unknown {
  if (error instanceof TreadleError || !(error instanceof Error) || !('code' in error)) return error;
  if (error.code === 'ENOSPC' || error.code === 'EDQUOT') {
    return unavailable('the disk that holds the data folder is full; nothing of this request was kept', {
      hint: 'free some space, then send the request again',
      code: 'disk-full',
      cause: error,
    });
  }
  if (typeof error.code === 'string' && ['EIO', 'EROFS', 'EACCES', 'EPERM'].includes(error.code)) {
    return unavailable('the data folder cannot be written; nothing of this request was kept', {
      hint: 'check the disk and the rights of the data folder, then send the request again',
      cause: error,
    });
  }
  return error;
}
