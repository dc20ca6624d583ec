import { question } from '../../tables/index.ts';

/** What the pixels of images are. */
export const PIXELS = question<PixelsRequest, readonly PixelsFound[]>('pixels');

export interface PixelsRequest {
  /** Names in the question's folder. */
  files: readonly string[];
}

/** Of one image, in the order of the request. */
export type PixelsFound =
  /** As they are stored, and as the camera says that they are to be shown where that is another way. */
  | { digests: readonly string[] }
  /** Why they are not known. */
  | { problem: string };

/** The largest file that is decoded, bytes. */
export const MOST_BYTES = 64 * 1024 * 1024;
/** The largest image that is decoded, width times height: what its header says is looked at first. */
export const MOST_PIXELS = 64 * 1024 * 1024;

/** Endings of images whose pixels are read; what a file is its bytes say. */
export const hasPixels = (path: string): boolean => /\.(png|jpe?g|webp|gif|bmp|tiff?)$/i.test(path);
