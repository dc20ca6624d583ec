import type { Ended, ResourceSample } from '../../platform/processes/index.ts';
import type { StepResources } from '../contract.ts';

interface Spread {
  min: number;
  max: number;
  sum: number;
  count: number;
}

/** Points kept for the charts of one run; a longer step is thinned out, its peaks kept in the summary. */
const MOST_POINTS = 600;

export interface SamplePoint {
  time: number;
  /** Seconds since the step began: the step of the metric. */
  second: number;
  cpuPercent: number;
  memory: number;
}

/** Gathers what the sampler sees of one step: points for charts, and least, mean and greatest of all samples. */
export function createSamples(began: number) {
  let points: SamplePoint[] = [];
  let every = 1;
  let seen = 0;
  let lastSecond = -1;
  const cpu: Spread = { min: Infinity, max: 0, sum: 0, count: 0 };
  const memory: Spread = { min: Infinity, max: 0, sum: 0, count: 0 };
  return {
    add(sample: ResourceSample): void {
      take(cpu, sample.cpuPercent);
      take(memory, sample.rss);
      const second = Math.floor((sample.time - began) / 1000);
      if (second === lastSecond || seen++ % every !== 0) return;
      lastSecond = second;
      points.push({ time: sample.time, second, cpuPercent: sample.cpuPercent, memory: sample.rss });
      if (points.length <= MOST_POINTS) return;
      points = points.filter((_point, i) => i % 2 === 0);
      every *= 2;
    },
    points: (): readonly SamplePoint[] => points,
    summary(ended: Ended): StepResources {
      const cpuMs = ended.cpu ? ended.cpu.userMs + ended.cpu.systemMs : 0;
      return {
        wall_ms: ended.wallMs,
        cpu_ms: cpuMs,
        ...(cpu.count === 0 ? {} : { cpu_percent: spread(cpu), memory_bytes: spread(memory) }),
        peak_memory_bytes: ended.peakRss,
        read_bytes: ended.readBytes,
        written_bytes: ended.writtenBytes,
      };
    },
  };
}

function take(spread: Spread, value: number): void {
  spread.min = Math.min(spread.min, value);
  spread.max = Math.max(spread.max, value);
  spread.sum += value;
  spread.count++;
}

const spread = ({ min, max, sum, count }: Spread) => ({
  min,
  mean: Math.round((sum / count) * 10) / 10,
  max,
});
