import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { messageOf } from '../../../platform/errors/index.ts';
import type { Counters } from '../counters.ts';
import type { Answered, Hook } from '../hooks/hook.ts';
import type { Recording, Report } from '../protocol.ts';
import type { TableEndpoint } from '../protocol.ts';
import type { Target } from '../table.ts';
import { Block, type FilledBlock } from './block.ts';
import { fits, keptOf, layoutOf, rowsOf, type Kept, type Layout } from './layout.ts';
import { segmentFile } from '../segment-name.ts';
import { writeAside, type Write } from './write-aside.ts';

export interface SinkOptions {
  /** Where segments lie, by endpoint. */
  folder: string;
  report(report: Report): void;
  /** How segments come to disk; by a thread unless said. */
  aside?: { write: Write; idle(): Promise<void>; close(): void };
  /** ms; `performance.now` unless said. */
  now?: () => number;
}

/**
 * Predictions in memory, those being written included: more are let go and counted. Bytes. What a slow disk does not take must end
 * somewhere, and a plane that runs out of memory answers nobody.
 */
const MOST_HELD = 64 * 1024 * 1024;
/** A prediction larger than this is not kept: a few of them would take the room of thousands of others. */
const LARGEST = 4 * 1024 * 1024;
/**
 * A segment is full at this size before compression. Whoever queries opens every file, so they should not be many; the thread that writes
 * holds a segment several times over as values of JavaScript, and a crash loses what is in no file yet.
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
const LOOK = 5_000;
/** Whoever looks has what is open brought to disk no more often than this, ms: each time is a file. */
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
  readonly endpoint: TableEndpoint;
  readonly target: Target;
  readonly layout: Layout;
  /** On the clock of `performance.now()`. */
  readonly since: number;
  readonly full: FilledBlock[];
  block: Block;
  bytes: number;
  rows: number;
  predictions: number;
  from: number;
  to: number;
}

/**
 * Keeps predictions for whoever looks at them later: into blocks of columns here, and by a thread beside into Parquet files that are
 * announced to the server. It never waits: what does not fit, or cannot be written, is counted.
 */
export class RecordSink implements Hook {
  private readonly folder: string;
  private readonly report: SinkOptions['report'];
  private readonly aside: NonNullable<SinkOptions['aside']>;
  private readonly open = new Map<Counters, Open>();
  /** When what is open was last brought to disk for somebody who looked. */
  private readonly looked = new WeakMap<Counters, number>();
  private readonly maker = randomBytes(4).toString('hex');
  private write: Write;
  private readonly look: NodeJS.Timeout;
  private readonly now: () => number;
  private made = 0;
  private held = 0;
  private complained = Number.NEGATIVE_INFINITY;

  constructor({ folder, report, aside = writeAside(), now = () => performance.now() }: SinkOptions) {
    this.folder = folder;
    this.report = report;
    this.aside = aside;
    this.write = aside.write;
    this.now = now;
    // Not what keeps the process alive: `close` writes what is there.
    this.look = setInterval(() => this.sweep(), LOOK).unref();
  }

  answered(answered: Answered): void {
    const { records = 'none' } = answered.route.endpoint;
    if (records === 'none') return;
    const { counters } = answered.target;
    // The answer is out: an error here would be taken for one of the answer, or end the plane.
    try {
      this.keep(answered, counters, records);
    } catch (error) {
      counters.lost.failed++;
      this.complain('a prediction could not be kept', messageOf(error));
    }
  }

  private keep(answered: Answered, counters: Counters, recording: Recording): void {
    let open = this.open.get(counters);
    const kept = keptOf(answered, open?.layout);
    if (!kept) return;
    if (open && !fits(open.layout, kept, recording)) {
      const young = this.now() - open.since < CHANGE;
      if (young && open.predictions > 0 && open.layout.recording === recording) {
        counters.lost.form++;
        return;
      }
      this.seal(counters, open);
      open = undefined;
      // So far only the first tensor was asked, as the old layout allowed; a new one rests on all of them.
      if (answered.outputs) kept.rows = rowsOf(kept);
    }
    if (!open) this.open.set(counters, (open = begin(answered, kept, recording, this.now())));
    const size = open.block.size(answered, kept);
    if (size > LARGEST) {
      counters.lost.large++;
      return;
    }
    if (this.held + size > MOST_HELD) {
      counters.lost.full++;
      return;
    }
    if (!open.block.takes(kept.rows)) this.nextBlock(open, kept, size);
    open.block.add(answered, kept, size);
    counters.kept++;
    // The same estimate is taken off when it is written: what counted more or less than that would add up until nothing is kept.
    this.held += size;
    open.bytes += size;
    open.rows += Math.max(1, kept.rows);
    open.predictions++;
    if (answered.at < open.from) open.from = answered.at;
    if (answered.at > open.to) open.to = answered.at;
    if (open.bytes >= SEGMENT) this.seal(counters, open);
  }

  private nextBlock(open: Open, kept: Kept, size: number): void {
    if (open.block.predictions > 0) open.full.push(open.block.filled());
    const each = size / Math.max(1, kept.rows);
    const rows = Math.min(MOST_ROWS, Math.max(open.block.capacity * 2, 1), Math.floor(LARGE_BLOCK / each));
    open.block = new Block(open.layout, Math.max(1, rows, kept.rows));
  }

  /** What has been filled for long enough goes to disk. */
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
    }
  }

  /** Somebody looks at the records of an endpoint: resolves when what is open of it is on disk, or cannot come there. */
  async show(endpoint: string): Promise<void> {
    const now = this.now();
    for (const [counters, open] of this.open) {
      if (open.endpoint.id !== endpoint) continue;
      if (now - (this.looked.get(counters) ?? Number.NEGATIVE_INFINITY) < LOOKED) continue;
      this.looked.set(counters, now);
      this.seal(counters, open);
    }
    await this.aside.idle();
  }

  private seal(counters: Counters, open: Open): void {
    this.open.delete(counters);
    if (open.predictions === 0) return;
    if (open.block.predictions > 0) open.full.push(open.block.filled());
    const { endpoint, target, layout, bytes, rows, predictions, from, to } = open;
    const { serial, role, revision, variant } = target;
    const file = segmentFile({
      serial,
      role,
      from,
      to,
      predictions,
      rows,
      maker: `${this.maker}${this.made++}`,
    });
    this.write(
      {
        folder: path.join(this.folder, endpoint.id),
        file,
        revision,
        model: variant.model,
        version: variant.version,
        about: {
          endpoint: endpoint.name,
          workspace: endpoint.workspace,
          revision: String(revision),
          serial: String(serial),
          recording: layout.recording,
        },
        layout,
        blocks: open.full,
      },
      (problem, size) => {
        // Only now: what waits for the disk is still in memory.
        this.held -= bytes;
        if (problem !== undefined) {
          counters.lost.failed += predictions;
          return this.complain('a segment of predictions could not be written', problem);
        }
        this.report({ type: 'segment', endpoint: endpoint.id, file, bytes: size });
      },
    );
  }

  private complain(message: string, problem: string): void {
    const now = this.now();
    if (now - this.complained < QUIET) return;
    this.complained = now;
    this.report({ type: 'log', level: 'error', message, fields: { problem, folder: this.folder } });
  }

  /**
   * Writes what is there: here, because nobody is answered any more, and the thread beside may get no time for long. Resolves when it
   * is on disk; what that thread was told before is waited for a few seconds.
   */
  async close(): Promise<void> {
    clearInterval(this.look);
    if (this.open.size > 0) {
      const { writeSegment } = await import('./segment-file.ts');
      this.write = (order, done) => {
        let bytes: number;
        try {
          bytes = writeSegment(order);
        } catch (error) {
          return done(messageOf(error), 0);
        }
        done(undefined, bytes);
      };
    }
    for (const [counters, open] of this.open) this.seal(counters, open);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, PATIENCE)));
    await Promise.race([this.aside.idle(), late]);
    clearTimeout(timer);
    this.aside.close();
  }
}

function begin(answered: Answered, kept: Kept, recording: Recording, since: number): Open {
  const layout = layoutOf(answered, kept, recording);
  const first = new Block(layout, 1);
  const each = first.size(answered, kept) / Math.max(1, kept.rows);
  const rows = Math.max(1, kept.rows, Math.min(MOST_ROWS, Math.floor(SMALL_BLOCK / each)));
  return {
    endpoint: answered.route.endpoint,
    target: answered.target,
    layout,
    since,
    full: [],
    block: new Block(layout, rows),
    bytes: 0,
    rows: 0,
    predictions: 0,
    from: Number.POSITIVE_INFINITY,
    to: 0,
  };
}
