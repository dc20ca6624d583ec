// Runs in a table reader's process: decoders are native code and read what anybody may have written.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { JsColorType, Transformer } from '@napi-rs/image';
import decodeJpeg, { init } from '@jsquash/jpeg/decode.js';
import { imageSize } from 'image-size';
import type { Decoded } from './decoded.ts';
import { decodeGif } from './gif.ts';
import { MOST_PIXELS } from './protocol.ts';

/** Why an image has no pixels here. */
export class Undecodable extends Error {
  override readonly name = 'Undecodable';
}

/** The first picture of an image, after a look at what its header says of the size. */
export async function decodeImage(bytes: Buffer): Promise<Decoded> {
  const { type, width, height, orientation = 1 } = headerOf(bytes);
  if (width * height > MOST_PIXELS)
    throw new Undecodable(
      `its header says ${width} × ${height} pixels, and at most ${MOST_PIXELS / 1024 / 1024} Mi are decoded`,
    );
  const decoded = await decode(bytes, type);
  if (decoded.width !== width || decoded.height !== height)
    throw new Undecodable(
      `its header says ${width} × ${height} pixels, and it has ${decoded.width} × ${decoded.height}`,
    );
  return { ...decoded, orientation };
}

type Header = ReturnType<typeof imageSize>;

function headerOf(bytes: Buffer): Header {
  try {
    return imageSize(bytes);
  } catch {
    throw new Undecodable('it begins like no image');
  }
}

async function decode(bytes: Buffer, type: string | undefined): Promise<Omit<Decoded, 'orientation'>> {
  try {
    if (type === 'gif') return decodeGif(bytes);
    // What libjpeg gives, digit for digit, as most programs save it again; it reads no CMYK, which the other does.
    if (type === 'jpg') return (await byLibjpeg(bytes)) ?? byRust(bytes);
    if (type !== undefined && ['png', 'webp', 'bmp', 'tiff'].includes(type)) return byRust(bytes);
  } catch (error) {
    if (error instanceof Undecodable) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new Undecodable(`it cannot be decoded: ${message.trim().slice(0, 300)}`);
  }
  throw new Undecodable('it is no PNG, JPEG, WebP, GIF, BMP or TIFF');
}

/** Its type names the browser's ImageData, which Node does not have; what comes has these parts of it. */
const toRgba: (jpeg: ArrayBuffer) => Promise<{ width: number; height: number; data: Uint8ClampedArray }> =
  decodeJpeg;

let ready: Promise<void> | undefined;

async function byLibjpeg(bytes: Buffer): Promise<Omit<Decoded, 'orientation'> | undefined> {
  await (ready ??= load());
  try {
    const { width, height, data } = await toRgba(Uint8Array.from(bytes).buffer);
    return { width, height, channels: 4, values: new Uint8Array(data.buffer, data.byteOffset, data.length) };
  } catch {
    ready = undefined; // it left what it held
    return undefined;
  }
}

function load(): Promise<void> {
  const file = fileURLToPath(import.meta.resolve('@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm'));
  const options = { noInitialRun: true, wasmBinary: readFileSync(file) };
  return init(options);
}

function byRust(bytes: Buffer): Omit<Decoded, 'orientation'> {
  const image = new Transformer(bytes);
  const raw = image.rawPixelsSync();
  const { width, height, colorType } = image.metadataSync(); // of what was decoded already
  const layout = LAYOUT.get(colorType);
  if (!layout) throw new Undecodable('its pixels are no whole numbers');
  const [channels, wide] = layout;
  // 16-bit values in the machine's own order; a copy, since they may begin anywhere.
  const values = wide ? new Uint16Array(Uint8Array.from(raw).buffer) : new Uint8Array(raw);
  return { width, height, channels, values };
}

const LAYOUT: ReadonlyMap<JsColorType, readonly [channels: Decoded['channels'], wide: boolean]> = new Map([
  [JsColorType.L8, [1, false]],
  [JsColorType.La8, [2, false]],
  [JsColorType.Rgb8, [3, false]],
  [JsColorType.Rgba8, [4, false]],
  [JsColorType.L16, [1, true]],
  [JsColorType.La16, [2, true]],
  [JsColorType.Rgb16, [3, true]],
  [JsColorType.Rgba16, [4, true]],
] as const);
