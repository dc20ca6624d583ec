import type { MonitorWindow, Signal } from '../../../src/monitoring/contract.ts';

/** What a window says of the metric. */
export interface PerformancePoint {
  from: number;
  to: number;
  value: number | undefined;
  low: number | undefined;
  high: number | undefined;
  /** The metric when the version was judged. */
  judged: number | undefined;
  /** Without outcomes. */
  estimate: number | undefined;
  state: Signal['state'];
  reason: string;
  /** The version that began to answer here. */
  deployed: string | undefined;
}

const numberIn = (of: unknown, name: string): number | undefined => {
  const found = typeof of === 'object' && of !== null ? (of as Record<string, unknown>)[name] : undefined;
  return typeof found === 'number' ? found : undefined;
};

/** The windows that were scored, oldest first, of the metric that the newest of them has. */
export function pointsOf(windows: readonly MonitorWindow[]): { metric: string; points: PerformancePoint[] } {
  const scored = windows
    .flatMap((window) => {
      const performance = window.signals.find(({ signal }) => signal === 'performance');
      return performance ? [{ window, performance }] : [];
    })
    .toReversed();
  const metric = scored.findLast(({ performance }) => typeof performance.evidence['metric'] === 'string')
    ?.performance.evidence['metric'];
  let before: string | undefined;
  const points = scored.flatMap(({ window, performance }): PerformancePoint[] => {
    const { evidence } = performance;
    if (evidence['metric'] !== metric) return [];
    const version = window.version === undefined ? undefined : `v${window.version}`;
    const deployed = version !== before ? version : undefined;
    before = version;
    return [
      {
        from: window.from,
        to: window.to,
        value: performance.value,
        low: numberIn(evidence, 'low'),
        high: numberIn(evidence, 'high'),
        judged: numberIn(evidence['judged'], 'value'),
        estimate: numberIn(
          window.signals.find(({ signal }) => signal === 'estimated'),
          'value',
        ),
        state: performance.state,
        reason: performance.reason,
        deployed,
      },
    ];
  });
  return { metric: typeof metric === 'string' ? metric : 'metric', points };
}
