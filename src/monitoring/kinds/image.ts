/** Where the pixels of an image are: in a tensor of a fixed shape, or in a file's bytes. */
export type ImageRecipe =
  | { kind: 'image'; form: 'bytes' }
  | {
      kind: 'image';
      form: 'tensor';
      height: number;
      width: number;
      channels: number;
      channelsFirst: boolean;
    };

/** Rows from the top, pixels from the left, channels interleaved; a channel beyond three is not looked at. */
export interface Pixels {
  height: number;
  width: number;
  channels: number;
  values: ArrayLike<number>;
}

export interface DescribedPixels {
  /** Mean of the grey values, 0.299 R + 0.587 G + 0.114 B, as ITU-R BT.601 has it. */
  brightness: number;
  /** Their standard deviation. */
  contrast: number;
  /** Variance of their Laplacian, without the edges: what is blurred has little. */
  sharpness: number;
  /** Mean of each of three channels; of grey images none. */
  means: number[];
}

/** Grey of RGB, by its channels. */
const GREY = [0.299, 0.587, 0.114] as const;

export function describePixels({ height, width, channels, values }: Pixels): DescribedPixels {
  const pixels = height * width;
  const colours = channels >= 3 ? 3 : 1;
  const grey = new Float64Array(pixels);
  const sums = new Float64Array(colours);
  for (let at = 0; at < pixels; at++)
    for (let channel = 0; channel < colours; channel++) {
      const value = values[at * channels + channel]!;
      sums[channel]! += value;
      grey[at]! += colours === 1 ? value : GREY[channel]! * value;
    }
  const brightness = grey.reduce((sum, value) => sum + value, 0) / pixels;
  const squares = grey.reduce((sum, value) => sum + (value - brightness) ** 2, 0);
  return {
    brightness,
    contrast: Math.sqrt(squares / pixels),
    sharpness: laplacianVariance(grey, height, width),
    means: colours === 1 ? [] : Array.from(sums, (sum) => sum / pixels),
  };
}

function laplacianVariance(grey: Float64Array, height: number, width: number): number {
  const inner = (height - 2) * (width - 2);
  if (height < 3 || width < 3) return NaN;
  let [sum, squares] = [0, 0];
  for (let y = 1; y < height - 1; y++)
    for (let x = 1; x < width - 1; x++) {
      const at = y * width + x;
      const value = grey[at - 1]! + grey[at + 1]! + grey[at - width]! + grey[at + width]! - 4 * grey[at]!;
      sum += value;
      squares += value ** 2;
    }
  return Math.max(0, squares / inner - (sum / inner) ** 2);
}

/** The values of a tensor with its channels one after the other, interleaved. */
export function interleaved(values: Float64Array, channels: number): Float64Array {
  const pixels = values.length / channels;
  const out = new Float64Array(values.length);
  for (let channel = 0; channel < channels; channel++)
    for (let at = 0; at < pixels; at++) out[at * channels + channel] = values[channel * pixels + at]!;
  return out;
}

/** Pixels of a side that an image has at least: fewer are a table. */
const SIDE = 8;
const CHANNELS: ReadonlySet<number> = new Set([1, 3, 4]);

/** The image that a row of a tensor is by its shape; undefined where it is none. */
export function imageOf(shape: readonly number[]): ImageRecipe | undefined {
  const [a = 0, b = 0, c = 0] = shape;
  if (shape.length !== 3) return undefined;
  if (CHANNELS.has(c) && a >= SIDE && b >= SIDE)
    return { kind: 'image', form: 'tensor', height: a, width: b, channels: c, channelsFirst: false };
  if (CHANNELS.has(a) && b >= SIDE && c >= SIDE)
    return { kind: 'image', form: 'tensor', height: b, width: c, channels: a, channelsFirst: true };
  return undefined;
}

const MAGIC = [/^\x89PNG/, /^\xff\xd8\xff/, /^GIF8/, /^RIFF[\s\S]{4}WEBP/, /^BM/, /^(II\*\0|MM\0\*)/];
/** How the same begins in base64. */
const BASE64 = /^(data:image\/[a-z+.-]+;base64,|iVBORw0KGgo|\/9j\/|R0lGOD|UklGR)/;

/** Whether values are mostly files of images, as bytes or in base64. */
export function areImages(values: ReadonlyArray<string | Uint8Array>): boolean {
  const begins = values.filter((value) =>
    typeof value === 'string'
      ? BASE64.test(value)
      : MAGIC.some((magic) => magic.test(Buffer.from(value.subarray(0, 16)).toString('latin1'))),
  );
  return values.length > 0 && begins.length > values.length / 2;
}

export const bytesOf = (value: string | Uint8Array): Buffer =>
  typeof value === 'string' ? Buffer.from(value.replace(/^data:[^,]*,/, ''), 'base64') : Buffer.from(value);
