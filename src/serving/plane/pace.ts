/** Weight that a batch keeps when the next one comes: about the last 50 count. */
const KEEP = 0.98;

/** What a batch of n rows takes, as a·n + b, fitted to the last batches by least squares. */
export class Pace {
  private n = 0;
  private sumRows = 0;
  private sumMs = 0;
  private sumSquares = 0;
  private sumProducts = 0;

  took(rows: number, ms: number): void {
    this.n = this.n * KEEP + 1;
    this.sumRows = this.sumRows * KEEP + rows;
    this.sumMs = this.sumMs * KEEP + ms;
    this.sumSquares = this.sumSquares * KEEP + rows * rows;
    this.sumProducts = this.sumProducts * KEEP + rows * ms;
  }

  /** ms; 0 while nothing is known. */
  of(rows: number): number {
    if (this.n === 0) return 0;
    const spread = this.n * this.sumSquares - this.sumRows * this.sumRows;
    const mean = this.sumMs / this.n;
    // Batches of one size alone say nothing of others.
    if (spread <= 1e-9 * this.sumSquares * this.n) return mean * Math.max(1, rows / (this.sumRows / this.n));
    const slope = (this.n * this.sumProducts - this.sumRows * this.sumMs) / spread;
    const base = (this.sumMs - slope * this.sumRows) / this.n;
    return Math.max(slope * rows + base, 0);
  }
}
