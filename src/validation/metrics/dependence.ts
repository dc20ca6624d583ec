/**
 * Rows that belong together say less than as many independent ones. A structure says which do: rows of one entity, or rows in the
 * order of time. From the same contributions of the rows it makes another variance of their sum, and says how many degrees of
 * freedom that has.
 */
export interface Structure {
  kind: 'group' | 'time';
  columns: readonly string[];
  /** The gate names it; else it is one that looks like it, and counts only where correlation is found along it. */
  declared: boolean;
  /** Entities, or moments. */
  units: number;
  variance(each: Float64Array): Robust;
  /** The same of some of the rows: contributions are then in their order. */
  of(rows: Uint32Array): Structure;
}

/** The variance of the sum of contributions. */
export interface Robust {
  variance: number;
  df: number;
  /** The same as if the rows were independent. */
  plain: number;
  /** Entities or moments among the rows that contribute. */
  units: number;
  /** More correlation than independent rows show one time in a hundred. */
  correlated: boolean;
}

/** Chance that independent rows look correlated, as a normal quantile: 1 %. */
const Z99 = 2.3263478740408408;
/** Long series are first added up to so many blocks: that changes nothing at the low frequencies. */
const MOST_BLOCKS = 2048;
/** Fewer blocks do not show a correlation. */
const FEWEST_BLOCKS = 24;
const MOST_COSINES = 64;

/**
 * Rows of one entity. The variance is the cluster-robust one in its jackknife form (CV3: MacKinnon, Nielsen and Webb, 2023),
 *
 *   (G − 1)/G × Σ_g (u_g / (1 − n_g/n))²,
 *
 * where u_g is the sum of the contributions of entity g: for entities of equal size exactly G/(G − 1) × Σ u_g² (Liang and Zeger,
 * 1986). The quantile is Student's with G* − 1 degrees of freedom, where G* = (Σ n_g²)² / Σ n_g⁴ is the effective number of entities (Carter,
 * Schnepel and Steigerwald, 2017): G where they are equally large. `codes` numbers the entity of each row.
 */
export function byGroup(
  codes: Uint32Array,
  units: number,
  columns: readonly string[],
  declared: boolean,
): Structure {
  return {
    kind: 'group',
    columns,
    declared,
    units,
    of: (rows) => byGroup(...renumbered(codes, rows), columns, declared),
    variance(each) {
      const parts = sumsOf(each, codes, units);
      const { sums, sizes, plain, rows, present } = parts;
      let squares = 0;
      let second = 0;
      let fourth = 0;
      for (let g = 0; g < units; g++) {
        const size = sizes[g]!;
        if (size === 0) continue;
        squares += size < rows ? (sums[g]! / (1 - size / rows)) ** 2 : Infinity;
        second += size ** 2;
        fourth += size ** 4;
      }
      const effective = fourth > 0 ? second ** 2 / fourth : 0;
      const df = Math.max(0, Math.floor(effective + 1e-9) - 1);
      return {
        variance: present > 1 ? ((present - 1) / present) * squares : Infinity,
        df,
        plain,
        units: present,
        correlated: together(parts) > chiExcess(Math.max(1, effective - 1)),
      };
    },
  };
}

/**
 * Rows in the order of time; those of one moment are added up first. The variance is the long-run one by equally weighted cosines
 * (Lazarus, Lewis, Stock and Watson, 2018): of the T sums y_t,
 *
 *   1/B × Σ_{j=1…B} 2 × (Σ_t y_t cos(πj(t − ½)/T))²,
 *
 * with Student's quantile of B degrees of freedom, which is exact for normal sums of low frequency, where Newey and West's kernel with a normal quantile covers
 * too little. B is 0.4 × T^⅔, as they advise, and at most so many that an AR(1) series is still flat over the frequencies used: ½ × T(1 − ρ)/(π√ρ), with the
 * plug-in ρ of Andrews (1991) corrected for its bias. It is estimated on the sums, on sums of 2, of 4 and so on, and the least B counts, so that a slow part
 * under much noise is seen, too.
 */
export function byTime(
  codes: Uint32Array,
  units: number,
  columns: readonly string[],
  declared: boolean,
): Structure {
  return {
    kind: 'time',
    columns,
    declared,
    units,
    of: (rows) => byTime(...renumbered(codes, rows), columns, declared),
    variance(each) {
      const parts = sumsOf(each, codes, units);
      const { sums, sizes, plain, present } = parts;
      const series = Float64Array.from(sums.filter((_one, at) => sizes[at]! > 0));
      const blocks = halved(series, Math.ceil(series.length / MOST_BLOCKS));
      const { cosines, correlated } = persistence(series);
      const most = Math.floor(Math.min(MOST_COSINES, 0.4 * present ** (2 / 3), cosines));
      const df = Math.min(present - 1, Math.max(1, most));
      return {
        variance: df > 0 ? longRun(blocks, df) : Infinity,
        df,
        plain,
        units: present,
        correlated: correlated || (present < parts.rows && together(parts) > chiExcess(present - 1)),
      };
    },
  };
}

/** Numbers without gaps, in the same order. */
function renumbered(codes: Uint32Array, rows: Uint32Array): [Uint32Array, number] {
  const picked = Uint32Array.from(rows, (row) => codes[row]!);
  const known = new Map<number, number>();
  for (const code of picked.toSorted()) if (!known.has(code)) known.set(code, known.size);
  return [picked.map((code) => known.get(code)!), known.size];
}

interface Sums {
  sums: Float64Array;
  /** Rows that contribute. */
  sizes: Uint32Array;
  /** Sums of squares and of fourth powers. */
  squares: Float64Array;
  fourths: Float64Array;
  plain: number;
  rows: number;
  present: number;
}

/** Rows that contribute nothing (those outside a slice) are no rows of it. */
function sumsOf(each: Float64Array, codes: Uint32Array, units: number): Sums {
  const sums = new Float64Array(units);
  const sizes = new Uint32Array(units);
  const squares = new Float64Array(units);
  const fourths = new Float64Array(units);
  let plain = 0;
  let rows = 0;
  for (let i = 0; i < each.length; i++) {
    const one = each[i]!;
    if (one === 0) continue;
    const unit = codes[i]!;
    const square = one * one;
    sums[unit]! += one;
    sizes[unit]!++;
    squares[unit]! += square;
    fourths[unit]! += square * square;
    plain += square;
    rows++;
  }
  let present = 0;
  for (const size of sizes) if (size > 0) present++;
  return { sums, sizes, squares, fourths, plain, rows, present };
}

/** How much more the rows of one unit go together than independent ones would, in standard errors of that. */
function together({ sums, squares, fourths }: Sums): number {
  let excess = 0;
  let pairs = 0;
  for (let g = 0; g < sums.length; g++) {
    excess += sums[g]! ** 2 - squares[g]!;
    pairs += squares[g]! ** 2 - fourths[g]!;
  }
  return pairs > 0 ? excess / Math.sqrt(2 * pairs) : 0;
}

/** What a sum of `df` squares of normal numbers exceeds one time in a hundred, in standard errors (Wilson and Hilferty). */
function chiExcess(df: number): number {
  if (df < 1) return Infinity;
  const step = 2 / (9 * df);
  return ((1 - step + Z99 * Math.sqrt(step)) ** 3 - 1) * Math.sqrt(df / 2);
}

/** Sums of `size` neighbours. */
function halved(series: Float64Array, size = 2): Float64Array {
  if (size <= 1) return series;
  const blocks = new Float64Array(Math.ceil(series.length / size));
  for (let i = 0; i < series.length; i++) blocks[Math.floor(i / size)]! += series[i]!;
  return blocks;
}

/** How many cosines the correlation of neighbours leaves, on the scale that leaves the fewest. */
function persistence(series: Float64Array): { cosines: number; correlated: boolean } {
  let cosines = Infinity;
  let correlated = false;
  for (let blocks = series; blocks.length >= FEWEST_BLOCKS; blocks = halved(blocks)) {
    const n = blocks.length;
    const mean = blocks.reduce((sum, one) => sum + one, 0) / n;
    let own = 0;
    let next = 0;
    for (let i = 0; i < n; i++) {
      own += (blocks[i]! - mean) ** 2;
      if (i > 0) next += (blocks[i]! - mean) * (blocks[i - 1]! - mean);
    }
    if (own === 0) break;
    const lag = next / own + 1 / n;
    if (lag * Math.sqrt(n) < 2) continue;
    if (lag * Math.sqrt(n) > 2.8) correlated = true;
    const rho = Math.min(0.99, lag / (1 - 3 / n));
    cosines = Math.min(cosines, (FLAT * n * (1 - rho)) / (Math.PI * Math.sqrt(rho)));
  }
  return { cosines, correlated };
}

const FLAT = 0.5;

function longRun(series: Float64Array, cosines: number): number {
  let sum = 0;
  for (let j = 1; j <= cosines; j++) {
    let wave = 0;
    const step = (Math.PI * j) / series.length;
    for (let t = 0; t < series.length; t++) wave += series[t]! * Math.cos(step * (t + 0.5));
    sum += 2 * wave * wave;
  }
  return sum / cosines;
}
