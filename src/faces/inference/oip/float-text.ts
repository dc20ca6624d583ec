/** Ten to the power of the index. */
const TENS = Array.from({ length: 23 }, (_, power) => 10 ** power);
const ZEROS = ['', '0', '00', '000', '0000', '00000', '000000'];
const view = new DataView(new ArrayBuffer(4));

/**
 * The shortest decimal that reads back as this float32, as JSON; `null` for what JSON does not have. JavaScript's own text of a
 * widened float32 has 17 digits where 6 to 9 do. Works in doubles: values from 1e-6 up to 1e9 scale by an exact power of ten with
 * one rounding, and whatever comes too close to the edge of the float's interval takes the slow way.
 */
export function floatText(value: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const size = Math.abs(value);
  if (size >= 1e-6 && size < 1e9) {
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
      const up = above * TENS[shift]! * 0.999999;
      const down = below * TENS[shift]! * 0.999999;
      for (let cut = 9; cut >= 0; cut--) {
        const unit = TENS[cut]!;
        const near = Math.round(scaled / unit) * unit;
        const off = near - scaled;
        if (off <= up && -off <= down) return written(value < 0, near / unit, cut - shift);
      }
    }
  }
  return slowly(value);
}

/** `digits · 10^power` without an exponent. */
function written(negative: boolean, digits: number, power: number): string {
  const sign = negative ? '-' : '';
  let text = String(digits);
  if (power >= 0) return sign + text + '0'.repeat(power);
  const before = text.length + power;
  if (before > 0) {
    return `${sign}${text.slice(0, before)}.${text.slice(before)}`;
  }
  text = (ZEROS[-before] ?? '0'.repeat(-before)) + text;
  return `${sign}0.${text}`;
}

function slowly(value: number): string {
  if (!Number.isFinite(value)) return 'null';
  for (let digits = 1; digits < 9; digits++) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return String(Number(text));
  }
  return String(Number(value.toPrecision(9)));
}
