/**
 * Eight hues told apart by people with any of the common colour blindnesses, each at 3:1 or more against its background,
 * and a dash for when they run out: never colour alone.
 */
const PALETTE: readonly { light: string; dark: string }[] = [
  { light: '#0066a8', dark: '#5fb0ec' },
  { light: '#c94f06', dark: '#f28e4f' },
  { light: '#008062', dark: '#3fc79c' },
  { light: '#ad3a84', dark: '#ea96cb' },
  { light: '#8a6900', dark: '#dab640' },
  { light: '#4f3fae', dark: '#a797f5' },
  { light: '#463e35', dark: '#ddd5c6' },
  { light: '#2f8fd0', dark: '#a5e0f7' },
];
const DASHES: readonly number[][] = [[], [8, 4], [2, 3], [10, 3, 2, 3]];

export interface SeriesStyle {
  light: string;
  dark: string;
  dash: number[];
  /** Says the style in words, for legends read aloud and the table view. */
  name: string;
}

const NAMES = ['blue', 'vermilion', 'green', 'purple', 'ochre', 'violet', 'ink', 'sky blue'];
const DASH_NAMES = ['', 'dashed ', 'dotted ', 'dash-dotted '];

/** FNV-1a: small, fast, and the same everywhere. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/**
 * A style for each id. It follows from the id's hash, so a run keeps its colour from page to page;
 * within one set two ids never share a style while styles are left.
 */
export function seriesStyles(ids: readonly string[]): Map<string, SeriesStyle> {
  const styles = new Map<string, SeriesStyle>();
  const taken = new Set<number>();
  const size = PALETTE.length * DASHES.length;
  // In the order of the ids themselves, so that the order of selection changes no colour.
  for (const id of [...new Set(ids)].sort()) {
    // Once all are given away they are given again, evenly.
    if (taken.size === size) taken.clear();
    const color = hashText(id) % PALETTE.length;
    let slot = color;
    for (let step = 0; step < size; step++) {
      // First another colour, then another dash.
      slot = Math.floor(step / PALETTE.length) * PALETTE.length + ((color + step) % PALETTE.length);
      if (!taken.has(slot)) break;
    }
    taken.add(slot);
    const hue = slot % PALETTE.length;
    const dash = Math.floor(slot / PALETTE.length);
    styles.set(id, { ...PALETTE[hue]!, dash: DASHES[dash]!, name: `${DASH_NAMES[dash]}${NAMES[hue]}` });
  }
  return styles;
}
