import { limited, unavailable, type TreadleError } from '../errors/index.ts';

const MiB = 1024 * 1024;

/**
 * Bytes that callers' requests hold in memory: of all together, and of each. Without a sum, what one request may hold is no
 * limit at all.
 */
export class Budget {
  private held = 0;
  private readonly byCaller = new Map<string, number>();
  private readonly most: number;
  private readonly mostEach: number;

  constructor(most: number, mostEach: number) {
    this.most = most;
    this.mostEach = mostEach;
  }

  /** Bytes held now. */
  get bytes(): number {
    return this.held;
  }

  /** Throws `unavailable` or `limited` when there is no room; a caller who is alone always gets one request in. */
  take(caller: string, bytes: number): void {
    const own = this.byCaller.get(caller) ?? 0;
    if (own > 0 && own + bytes > this.mostEach) throw tooMany(this.mostEach);
    if (this.held > 0 && this.held + bytes > this.most) throw full(this.most);
    this.held += bytes;
    this.byCaller.set(caller, own + bytes);
  }

  give(caller: string, bytes: number): void {
    const left = (this.byCaller.get(caller) ?? 0) - bytes;
    this.held -= bytes;
    if (left > 0) this.byCaller.set(caller, left);
    else this.byCaller.delete(caller);
  }
}

/** What one request holds of a budget; given back once, however the request ends. */
export class Share {
  private bytes = 0;
  private over = false;
  private readonly budget: Budget;
  private readonly caller: string;

  constructor(budget: Budget, caller: string) {
    this.budget = budget;
    this.caller = caller;
  }

  take(bytes: number): void {
    if (this.over) return;
    this.budget.take(this.caller, bytes);
    this.bytes += bytes;
  }

  end(): void {
    if (this.over) return;
    this.over = true;
    if (this.bytes > 0) this.budget.give(this.caller, this.bytes);
  }
}

const LATER = 'ask again after the time in Retry-After, with fewer or smaller requests at once';

const tooMany = (most: number): TreadleError =>
  limited(`your requests under way may hold ${most / MiB} MiB together, and this one is past it`, {
    hint: LATER,
    code: 'bytes',
  });

const full = (most: number): TreadleError =>
  unavailable(`requests under way hold as much as they may, ${most / MiB} MiB together`, {
    hint: LATER,
    code: 'overloaded',
  });
