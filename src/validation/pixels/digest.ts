import { createHash } from 'node:crypto';
import type { Decoded } from './decoded.ts';

/**
 * SHA-256 over the text `pixels1 BITS WIDTH HEIGHT` with a line feed, and RGBA of every pixel, rows from the top. BITS is 8 where every value is
 * one of 8 bits (v in 16 bits is v·257), and 16, big-endian, otherwise. Grey is R = G = B; no alpha is the largest; a pixel
 * that nobody sees (alpha 0) is 0, 0, 0, 0. Colour profiles and gamma change nothing. First of the pixels as stored; then
 * as shown, where EXIF says that the camera was not held upright: it is the same image whether a program turned it or not.
 */
export function digestsOf(image: Decoded): string[] {
  const { orientation } = image;
  return [digest(image, 1), ...(orientation >= 2 && orientation <= 8 ? [digest(image, orientation)] : [])];
}

function digest({ width, height, channels, values }: Decoded, orientation: number): string {
  const [across, down] = orientation >= 5 ? [height, width] : [width, height];
  const wide = values instanceof Uint16Array && values.some((value) => value % 257 !== 0);
  // Values of 8 bits that came in 16.
  const by = values instanceof Uint16Array && !wide ? 257 : 1;
  const most = wide ? 65535 : 255;
  const colours = channels >= 3 ? 3 : 1;
  const alpha = channels === 2 || channels === 4 ? channels - 1 : -1;
  const hash = createHash('sha256').update(`pixels1 ${wide ? 16 : 8} ${across} ${down}\n`);
  const row = Buffer.alloc(across * 4 * (wide ? 2 : 1));
  for (let y = 0; y < down; y++) {
    for (let x = 0; x < across; x++) {
      const from = placeOf(orientation, x, y, width, height) * channels;
      const opaque = alpha < 0 ? most : values[from + alpha]! / by;
      for (let c = 0; c < 4; c++) {
        const value = opaque === 0 ? 0 : c === 3 ? opaque : values[from + (colours === 3 ? c : 0)]! / by;
        if (wide) row.writeUInt16BE(value, (x * 4 + c) * 2);
        else row[x * 4 + c] = value;
      }
    }
    hash.update(row);
  }
  return hash.digest('hex');
}

/** Where a pixel that is shown at x, y is stored, by EXIF's orientation. */
function placeOf(orientation: number, x: number, y: number, width: number, height: number): number {
  const [right, bottom] = [width - 1, height - 1];
  switch (orientation) {
    case 2:
      return y * width + right - x;
    case 3:
      return (bottom - y) * width + right - x;
    case 4:
      return (bottom - y) * width + x;
    case 5:
      return x * width + y;
    case 6:
      return (bottom - x) * width + y;
    case 7:
      return (bottom - x) * width + right - y;
    case 8:
      return x * width + right - y;
    default:
      return y * width + x;
  }
}
