import type { BlobUser } from '../platform/blobs/index.ts';
import { deleteInAllWorkspaces } from '../platform/db/index.ts';

/** Evaluations need no blobs; what is known of an image's pixels goes with the image. */
export const blobUser: BlobUser = {
  columns: [],
  remarks: ['image_pixels.hash'],
  // eslint-disable-next-line require-yield
  async *uses() {},
  async forget(db, hashes) {
    await deleteInAllWorkspaces(db, 'image_pixels', 'hash', hashes);
  },
};
