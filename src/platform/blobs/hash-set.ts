/**
 * A set of hashes by their first 64 bits, in 16 bytes an entry: tens of millions fit. Two hashes of equal beginnings would be
 * taken for one, so it may only be asked where "is there" is the harmless answer: a blob too many is kept.
 * It is of many parts, by the first digits, so that it never grows as a whole: that would hold the loop for seconds.
 */
export class HashSet {
  readonly #parts = new Map<string, Part>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(hash: string): boolean {
    return this.#parts.get(partOf(hash))?.has(hash) === true;
  }

  /** Says whether it is new. */
  add(hash: string): boolean {
    const name = partOf(hash);
    let part = this.#parts.get(name);
    if (!part) this.#parts.set(name, (part = new Part()));
    const fresh = part.add(hash);
    if (fresh) this.#size++;
    return fresh;
  }
}

const partOf = (hash: string): string => hash.slice(0, 2);

class Part {
  #slots = new Uint32Array(2 * 16);
  #size = 0;

  has(hash: string): boolean {
    return this.#find(this.#slots, high(hash), low(hash)) < 0;
  }

  add(hash: string): boolean {
    const [first, second] = [high(hash), low(hash)];
    const at = this.#find(this.#slots, first, second);
    if (at < 0) return false;
    this.#slots[at] = first;
    this.#slots[at + 1] = second;
    this.#size++;
    if (this.#size * 4 > this.#slots.length) this.#grow();
    return true;
  }

  /** The free place of an entry, or -1 when it is there. */
  #find(slots: Uint32Array, first: number, second: number): number {
    const mask = slots.length / 2 - 1;
    for (let i = (first ^ second) & mask; ; i = (i + 1) & mask) {
      const at = i * 2;
      if (slots[at] === 0 && slots[at + 1] === 0) return at;
      if (slots[at] === first && slots[at + 1] === second) return -1;
    }
  }

  #grow(): void {
    const before = this.#slots;
    const slots = new Uint32Array(before.length * 2);
    for (let at = 0; at < before.length; at += 2) {
      const [first, second] = [before[at]!, before[at + 1]!];
      if (first === 0 && second === 0) continue;
      const to = this.#find(slots, first, second);
      slots[to] = first;
      slots[to + 1] = second;
    }
    this.#slots = slots;
  }
}

const high = (hash: string): number => Number.parseInt(hash.slice(0, 8), 16);
/** Never 0, which marks a free place. */
const low = (hash: string): number => Number.parseInt(hash.slice(8, 16), 16) || 1;
