import { limited } from '../../platform/errors/index.ts';
import type { LoadedModel } from '../../runtimes/index.ts';
import type { Hooks } from './hooks/hook.ts';
import type { Served } from './plane.ts';
import type { TableEndpoint } from './protocol.ts';
import { targetsOf, type Route, type Target } from './table.ts';

const FULL = limited('a face turned it away unread: its endpoint has as many requests waiting as it may');

/** What faces see of a target; made when the first one asks. */
export function seen(route: Route, target: Target, hooks: Hooks): Served | undefined {
  if (target.served) return target.served;
  const model = (target.lane ?? route.fallback?.lane)?.model;
  return model && (target.served = new Seen(route, target, model, hooks));
}

/** One a target: getters, because what they tell changes while the table does not. */
class Seen implements Served {
  readonly endpoint: TableEndpoint;
  readonly model: LoadedModel;
  readonly spec: LoadedModel['spec'];
  readonly versions: readonly number[];
  private readonly route: Route;
  private readonly target: Target;
  private readonly hooks: Hooks;

  constructor(route: Route, target: Target, model: LoadedModel, hooks: Hooks) {
    this.endpoint = route.endpoint;
    this.model = model;
    this.spec = model.spec;
    this.versions = [...new Set(targetsOf(route).map(({ variant }) => variant.version))];
    this.route = route;
    this.target = target;
    this.hooks = hooks;
  }

  get full(): boolean {
    return this.route.line.waiting >= this.endpoint.queue.most;
  }

  refused(): void {
    this.hooks.failed(this.target, FULL, false);
  }

  get counts(): Served['counts'] {
    const { ok, bad, errors, refused, rows, batches, total, last } = this.target.counters;
    return { ok, failed: bad + errors + refused, rows, batches, ms: total, last };
  }
}
