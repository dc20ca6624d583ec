import { outwardMessageOf } from '../../platform/errors/index.ts';
import type { LoadedModel, ModelPlace } from '../../runtimes/index.ts';
import { Lane } from './lane.ts';
import { speakSpec, type Report } from './protocol.ts';

interface Holder {
  /** Undefined while it is loading. */
  lane: Lane | undefined;
  /** A table, or its `keep`, names it. */
  wanted: boolean;
}

/** The models of a plane by key: loaded once, whoever asks, and closed after their last answer. */
export class Holders {
  private readonly held = new Map<string, Holder>();
  private readonly open: (place: ModelPlace) => Promise<LoadedModel>;
  private readonly report: (report: Report) => void;

  constructor(open: (place: ModelPlace) => Promise<LoadedModel>, report: (report: Report) => void) {
    this.open = open;
    this.report = report;
  }

  lane(key: string): Lane | undefined {
    return this.held.get(key)?.lane;
  }

  lanes(): Lane[] {
    return [...this.held.values()].flatMap(({ lane }) => lane ?? []);
  }

  /** Loads it, or says at once that it is there. Loading twice at the same time is loading once. */
  load(place: ModelPlace): void {
    const there = this.held.get(place.key);
    if (there) {
      there.wanted = true;
      if (there.lane) this.say(place.key, there.lane.model);
      return;
    }
    const holder: Holder = { lane: undefined, wanted: true };
    this.held.set(place.key, holder);
    void this.bring(place, holder);
  }

  /** Closes what neither names nor keeps. */
  want(keys: ReadonlySet<string>): void {
    for (const [key, holder] of this.held) {
      holder.wanted = keys.has(key);
      if (!holder.wanted && holder.lane) void this.drop(key, holder, holder.lane);
    }
  }

  async close(): Promise<void> {
    const lanes = this.lanes();
    this.held.clear();
    await Promise.all(lanes.map((lane) => lane.close(() => false)));
  }

  private async bring(place: ModelPlace, holder: Holder): Promise<void> {
    const { key } = place;
    try {
      const model = await this.open(place);
      if (this.held.get(key) !== holder || !holder.wanted) {
        if (this.held.get(key) === holder) this.held.delete(key);
        this.report({ type: 'failed', key, problem: 'given up: no revision asks for it any more' });
        await model.close();
        return;
      }
      const lane = new Lane(model, (error) =>
        this.report({
          type: 'log',
          level: 'error',
          message: 'an answer could not be handed on',
          fields: { key, error: error instanceof Error ? (error.stack ?? error.message) : String(error) },
        }),
      );
      holder.lane = lane;
      model.onCrash((crash) => this.report({ type: 'crashed', key, ...crash }));
      this.say(key, model);
    } catch (error) {
      if (this.held.get(key) === holder) this.held.delete(key);
      this.report({ type: 'failed', key, problem: outwardMessageOf(error) });
    }
  }

  private async drop(key: string, holder: Holder, lane: Lane): Promise<void> {
    try {
      await lane.close(() => {
        if (holder.wanted) return true;
        // Taken out in the same turn as it is closed: whoever asks for it now loads it anew.
        if (this.held.get(key) === holder) this.held.delete(key);
        return false;
      });
    } catch (error) {
      this.report({
        type: 'log',
        level: 'warn',
        message: 'a model did not close cleanly',
        fields: { key, error: outwardMessageOf(error) },
      });
    }
  }

  private say(key: string, { spec, loaded }: LoadedModel): void {
    this.report({
      type: 'loaded',
      key,
      spec: speakSpec(spec),
      ms: loaded.ms,
      sample_ms: loaded.sample_ms,
    });
  }
}
