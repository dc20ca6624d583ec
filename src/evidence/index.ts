export { latencyBucket, LATENCY_EDGES } from './latency.ts';
export {
  planCanary,
  readCanary,
  startCanary,
  stepCanary,
  type Answers,
  type CanaryMetric,
  type CanaryPlan,
  type CanaryState,
} from './sequential-ab.ts';
