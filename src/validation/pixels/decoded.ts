/** Rows from the top, pixels from the left, channels interleaved: grey, grey and alpha, RGB, or RGBA. */
export interface Decoded {
  width: number;
  height: number;
  channels: 1 | 2 | 3 | 4;
  values: Uint8Array | Uint16Array;
  /** How the camera was held, by EXIF: 1–8; 1 where nobody says. */
  orientation: number;
}
