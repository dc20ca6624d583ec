import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { messageOf } from '../../../platform/errors/index.ts';
import { columnHash, isSampled, type ColumnHash } from '../../record-rules.ts';
import type { Counters } from '../counters.ts';
import type { Answered, Hook } from '../hooks/hook.ts';
import type { Report } from '../protocol.ts';
import type { TableEndpoint } from '../protocol.ts';
import { journalFile } from '../segment-name.ts';
import type { Target } from '../table.ts';
import { Block } from './block.ts';
import { convertAside, type ConvertAside, type Ended } from './convert-aside.ts';
import { Journal } from './journal.ts';
import { fits, keptOf, layoutOf, rowsOf, type Kept, type Layout } from './layout.ts';

export interface SinkOptions {
  /** Where segments lie, by endpoint. */
  folder: string;
  /** Of prediction ids: what is hashed is hashed with a key that is made of it. */
  key: string;
  /** Names its files; made up unless said. */
  run?: string | undefined;
  report(report: Report): void;
  /** What makes segments; threads unless said. */
  aside?: ConvertAside;
  /** ms; `performance.now` unless said. */
  now?: () => number;
}

/**
 * Predictions in memory, those on their way to disk included: more are let go and counted. Bytes. What a slow disk does not take must end
 * somewhere, and a plane that runs out of memory answers nobody.
 */
const MOST_HELD = 64 * 1024 * 1024;
/** Bytes of journals, which wait for idle time: some tens of seconds of all that a core can answer. */
const MOST_WAITING = 1024 * 1024 * 1024;
/** A prediction larger than this is not kept: a few of them would take the room of thousands of others. */
const LARGEST = 4 * 1024 * 1024;
/**
 * A segment is full at this size before compression. Whoever queries opens every file, so they should not be many; the thread that makes
 * it holds it several times over as values of JavaScript.
 */
const SEGMENT = 16 * 1024 * 1024;
/** The first block of a variant: most endpoints are asked little, and there may be hundreds. Each further one is twice as large. */
const SMALL_BLOCK = 16 * 1024;
const LARGE_BLOCK = 1024 * 1024;
const MOST_ROWS = 8192;
/** A segment is written after this time, ms; sooner when it has enough in it for a file of its own. */
const LONGEST = 600_000;
const ENOUGH = { after: 60_000, rows: 1000 };
/** Answers of one variant that keep changing their form make segments no faster than this, ms. */
const CHANGE = 1_000;
/** What is in memory goes to its journal so often, ms: the end of a process that nobody ordered costs no more than that. */
const LOOK = 5_000;
/** Whoever just looks has what is open brought to disk no more often than this, ms: each time is a file. */
const LOOKED = 10_000;
/** Complaints about the disk come no closer than this, ms. */
const QUIET = 60_000;
/** Longest that the end of the process waits for what is being written, ms. */
const PATIENCE = 4_000;

/**
 * What is being filled for one variant of one revision. It is found by its counters, which are made anew with each revision: predictions of
 * two revisions can never come into one file, whose name says one.
 */
interface Open {
  /** What it says is recorded. */
  endpoint: TableEndpoint;
  readonly target: Target;
  readonly layout: Layout;
  readonly hash: ColumnHash;
  /** On the clock of `performance.now()`. */
  readonly since: number;
  readonly journal: Journal;
  block: Block;
  /**
   * Those whose content is on disk. Two that are filled in turn, from segment to segment, make no garbage: memory beside the heap that is
   * thrown away by the megabyte makes the engine collect all of it every second or two, and answers wait for that.
   */
  readonly spares: Block[];
  /** Those in the journal included. */
  bytes: number;
  rows: number;
  predictions: number;
}

/**
 * Keeps predictions for whoever looks at them later: in blocks of columns here, these as they are in journals on disk, and of journals, in
 * time that nobody else wants, threads make Parquet files that are announced to the server. It never waits: what does not fit, or cannot
 * be written, is counted.
 */
export class RecordSink implements Hook {
  private readonly folder: string;
  private readonly report: SinkOptions['report'];
  private readonly aside: ConvertAside;
  private readonly open = new Map<Counters, Open>();
  /** When what is open was last brought to disk for somebody who looked. */
  private readonly looked = new WeakMap<Counters, number>();
  private readonly run: string;
  /** Journals that have their last block and are still being written. */
  private readonly ending = new Set<Promise<void>>();
  private readonly look: NodeJS.Timeout;
  private readonly now: () => number;
  private readonly key: string;
  /** By workspace. */
  private readonly hashes = new Map<string, ColumnHash>();
  private made = 0;
  private held = 0;
  /** Of journals that are open or being ended. */
  private journaled = 0;
  private complained = Number.NEGATIVE_INFINITY;
  private closed = false;

  constructor({
    folder,
    key,
    run = randomBytes(4).toString('hex'),
    report,
    aside = convertAside(),
    now = () => performance.now(),
  }: SinkOptions) {
    this.folder = folder;
    this.key = key;
    this.run = run;
    this.report = report;
    this.aside = aside;
    this.now = now;
    // Not what keeps the process alive: `close` writes what is there.
    this.look = setInterval(() => this.sweep(), LOOK).unref();
  }

  answered(answered: Answered): void {
    const { endpoint } = answered.route.line;
    const { records = 'none', sample = 1 } = endpoint;
    if (records === 'none') return;
    // A shadow's answer goes with the one that it is compared with.
    if (sample < 1 && !isSampled(answered.copyOf?.prediction ?? answered.prediction, sample)) return;
    const { counters } = answered.target;
    // The answer is out: an error here would be taken for one of the answer, or end the plane.
    try {
      this.keep(answered, counters, endpoint);
    } catch (error) {
      counters.lost.failed++;
      this.complain('a prediction could not be kept', messageOf(error));
    }
  }

  private keep(answered: Answered, counters: Counters, endpoint: TableEndpoint): void {
    let open = this.open.get(counters);
    if (open && open.endpoint !== endpoint) {
      if (alike(open.endpoint, endpoint)) open.endpoint = endpoint;
      else {
        this.seal(counters, open);
        open = undefined;
      }
    }
    const kept = keptOf(answered, open?.layout, endpoint.columns);
    if (!kept) return;
    if (open && !fits(open.layout, kept)) {
      const young = this.now() - open.since < CHANGE;
      if (young && open.predictions > 0) {
        counters.lost.form++;
        return;
      }
      this.seal(counters, open);
      open = undefined;
      // So far only the first tensor was asked, as the old layout allowed; a new one rests on all of them.
      if (answered.outputs) kept.rows = rowsOf(answered.inputs, answered.outputs);
    }
    if (!open) this.open.set(counters, (open = this.begin(answered, kept, endpoint)));
    const size = open.block.size(answered, kept);
    if (size > LARGEST) {
      counters.lost.large++;
      return;
    }
    if (this.held + size > MOST_HELD || this.journaled + this.aside.waiting > MOST_WAITING) {
      counters.lost.full++;
      return;
    }
    if (!open.block.takes(kept.rows)) this.nextBlock(counters, open, kept, size);
    open.block.add(answered, kept, size);
    // The same estimate is taken off when it is written: what counted more or less than that would add up until nothing is kept.
    this.held += size;
    open.bytes += size;
    open.rows += Math.max(1, kept.rows);
    open.predictions++;
    if (open.bytes < SEGMENT) return;
    this.seal(counters, open);
    this.open.set(counters, this.openAgain(open));
  }

  private nextBlock(counters: Counters, open: Open, kept: Kept, size: number): void {
    this.spill(counters, open);
    const each = size / Math.max(1, kept.rows);
    const rows = Math.min(MOST_ROWS, Math.max(open.block.capacity * 2, 1), Math.floor(LARGE_BLOCK / each));
    open.block = freshBlock(open, Math.max(1, rows, kept.rows));
  }

  /** What is in memory goes to the journal; the block is done with. */
  private spill(counters: Counters, open: Open): void {
    const { block, journal } = open;
    const { predictions, bytes } = block;
    if (predictions === 0) return;
    const before = journal.bytes;
    const written = journal.append(block.filled());
    this.journaled += journal.bytes - before;
    void written.then((problem) => {
      // Only now: what waits for the disk is still in memory.
      this.held -= bytes;
      block.clear();
      if (open.spares.length < 2) open.spares.push(block);
      if (problem === undefined) {
        counters.kept += predictions;
        return;
      }
      counters.lost.failed += predictions;
      this.complain('predictions could not be recorded', problem);
      // The next one gets another journal, which may fare better.
      if (this.open.get(counters) === open) this.seal(counters, open);
    });
  }

  /** What is in memory goes to disk; what has been filled for long enough becomes a segment. */
  sweep(): void {
    const now = this.now();
    for (const [counters, open] of this.open) {
      const age = now - open.since;
      if (
        age >= LONGEST ||
        (age >= ENOUGH.after && open.rows >= ENOUGH.rows) ||
        counters.retired !== undefined // nothing more will come, so waiting for company is in vain
      )
        this.seal(counters, open);
      else if (open.block.predictions > 0) {
        this.spill(counters, open);
        open.block = freshBlock(open, open.block.capacity);
      }
    }
  }

  /**
   * Somebody looks at the records of an endpoint: resolves when what is open of it lies in segments, or cannot come there. Nothing may be missing of what was
   * answered longer ago than `ago`, ms, where that is said.
   */
  async show(endpoint: string, ago?: number): Promise<void> {
    const now = this.now();
    const must = ago === undefined ? Number.NEGATIVE_INFINITY : now - ago;
    for (const [counters, open] of this.open) {
      if (open.endpoint.id !== endpoint) continue;
      const looked = this.looked.get(counters) ?? Number.NEGATIVE_INFINITY;
      const missed = looked < must && open.since < must;
      if (now - looked < LOOKED && !missed) continue;
      this.looked.set(counters, now);
      this.seal(counters, open);
    }
    await Promise.all(this.ending);
    await this.aside.hurry();
  }

  private seal(counters: Counters, open: Open): void {
    this.open.delete(counters);
    this.spill(counters, open);
    const ending = this.end(open.journal, open.endpoint.id).finally(() => this.ending.delete(ending));
    this.ending.add(ending);
  }

  private async end(journal: Journal, endpoint: string): Promise<void> {
    const there = await journal.end();
    this.journaled -= journal.bytes;
    if (!there) return;
    const done: Ended['done'] = (made) => {
      if ('problem' in made) this.complain('a segment of predictions could not be made', made.problem);
      else if (made.segment) this.report({ type: 'segment', endpoint, ...made.segment });
    };
    if (this.closed) await convertHere(journal.file, done);
    else this.aside.convert({ journal: journal.file, bytes: journal.bytes, done });
  }

  private complain(message: string, problem: string): void {
    const now = this.now();
    if (now - this.complained < QUIET) return;
    this.complained = now;
    this.report({ type: 'log', level: 'error', message, fields: { problem, folder: this.folder } });
  }

  /**
   * What was open becomes segments here: nobody is answered any more, and the threads beside may get no time for long. What these were told
   * before is waited for a few seconds; the rest stays in its journals for the next start.
   */
  async close(): Promise<void> {
    clearInterval(this.look);
    this.closed = true;
    for (const [counters, open] of this.open) this.seal(counters, open);
    await Promise.all(this.ending);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, PATIENCE)));
    await Promise.race([this.aside.hurry(), late]);
    clearTimeout(timer);
    this.aside.close();
  }

  private begin(answered: Answered, kept: Kept, endpoint: TableEndpoint): Open {
    const { workspace, records = 'none', columns: rules } = endpoint;
    const layout = layoutOf(answered, kept, { recording: records, rules });
    const hash = this.hashes.get(workspace) ?? columnHash(this.key, workspace);
    this.hashes.set(workspace, hash);
    const first = new Block(layout, 1, hash);
    const each = first.size(answered, kept) / Math.max(1, kept.rows);
    const rows = Math.max(1, kept.rows, Math.min(MOST_ROWS, Math.floor(SMALL_BLOCK / each)));
    return this.openWith({
      endpoint,
      target: answered.target,
      layout,
      hash,
      block: new Block(layout, rows, hash),
      spares: [],
    });
  }

  /** The same again, when a segment is full. */
  private openAgain(open: Open): Open {
    return this.openWith({ ...open, block: freshBlock(open, open.block.capacity) });
  }

  private openWith(of: Pick<Open, 'endpoint' | 'target' | 'layout' | 'hash' | 'block' | 'spares'>): Open {
    const { endpoint, target, layout, hash, block, spares } = of;
    const { serial, revision, variant } = target;
    const number = this.made++;
    return {
      endpoint,
      target,
      layout,
      hash,
      since: this.now(),
      journal: new Journal(path.join(this.folder, endpoint.id, journalFile(this.run, number)), {
        serial,
        revision,
        model: variant.model,
        version: variant.version,
        maker: `${this.run}${number}`,
        about: {
          endpoint: endpoint.name,
          workspace: endpoint.workspace,
          revision: String(revision),
          serial: String(serial),
          recording: layout.recording,
        },
        layout,
      }),
      block,
      spares,
      bytes: 0,
      rows: 0,
      predictions: 0,
    };
  }
}

function freshBlock({ spares, layout, hash }: Pick<Open, 'spares' | 'layout' | 'hash'>, rows: number): Block {
  const spare = spares.pop();
  return spare !== undefined && spare.capacity >= rows ? spare : new Block(layout, rows, hash);
}

/** Whether two tables say the same of what is recorded. */
const alike = (a: TableEndpoint, b: TableEndpoint): boolean =>
  a.records === b.records && JSON.stringify(a.columns) === JSON.stringify(b.columns);

async function convertHere(journal: string, done: Ended['done']): Promise<void> {
  const { convert } = await import('./convert.ts'); // of no use to a plane that answers
  try {
    done({ segment: convert(journal) });
  } catch (error) {
    done({ problem: messageOf(error) });
  }
}
