/** Ten to the power of the index. */
const TENS = Array.from({ length: 23 }, (_, power) => 10 ** power);
const ZEROS = ['', '0', '00', '000', '0000', '00000', '000000'];
/** How far the scaled edges may be from where they are, and much more. */
const EDGE = 1e-6;
const view = new DataView(new ArrayBuffer(4));

/**
 * The shortest decimal that reads back as this float32, as JSON; `null` for what JSON does not have. JavaScript's own text of a
 * widened float32 has 17 digits where 6 to 9 do. Works in doubles: values from 1e-14 up to 1e9 scale by an exact power of ten with
 * one rounding; what comes close to the edge of the float's interval is read back.
 */
export function floatText(value: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0';
  const size = Math.abs(value);
  if (size >= 1e-14 && size < 1e9) {
    if (size < 16_777_216 && Math.trunc(size) === size) return String(value);
    // So that 9 digits stand before the point: nine always tell a float32 from its neighbours.
    let shift = 8;
    let top = 1;
    for (; size >= top * 10; shift--) top *= 10;
    for (; size < top; shift++) top /= 10;
    if (shift <= 22) {
      const scaled = size * TENS[shift]!;
      view.setFloat32(0, size);
      const bits = view.getUint32(0);
      view.setUint32(0, bits + 1);
      const above = (view.getFloat32(0) - size) / 2;
      // At a power of two the float below is half as far.
      const below = (bits & 0x7fffff) === 0 ? above / 2 : above;
      const up = above * TENS[shift]! * (1 + EDGE);
      const down = below * TENS[shift]! * (1 + EDGE);
      // Half of a float's interval is 3 to 60 here, so a shorter decimal within it is a multiple of 100 first of all.
      for (let cut = up > 49 ? 9 : 2; cut >= 0; cut--) {
        const unit = TENS[cut]!;
        let digits = Math.round(scaled / unit);
        const off = digits * unit - scaled;
        if (off > up || -off > down) continue;
        let power = cut - shift;
        for (; digits % 10 === 0 && digits !== 0; power++) digits /= 10;
        const text = written(value < 0, digits, power);
        // At the edge itself the even neighbour gets it, and the scaling may have rounded: read it back.
        const sure = 1 - 4 * EDGE;
        if ((off < up * sure && -off < down * sure) || Math.fround(Number(text)) === value) return text;
      }
    }
  }
  return slowly(value);
}

/** `digits · 10^power`, as JavaScript itself would write it. */
function written(negative: boolean, digits: number, power: number): string {
  const text = String(digits);
  const sign = negative ? '-' : '';
  const before = text.length + power;
  if (power >= 0) return sign + text + '0'.repeat(power);
  if (before > 0) return `${sign}${text.slice(0, before)}.${text.slice(before)}`;
  if (before < -5) return `${sign}${text[0]}${text.length > 1 ? `.${text.slice(1)}` : ''}e${before - 1}`;
  return (negative ? '-0.' : '0.') + ZEROS[-before]! + text;
}

function slowly(value: number): string {
  if (!Number.isFinite(value)) return 'null';
  for (let digits = 1; digits < 9; digits++) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return String(Number(text));
  }
  return String(Number(value.toPrecision(9)));
}
