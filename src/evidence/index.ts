export { edgeOfTail, latencyBucket, LATENCY_EDGES, slower } from './latency.ts';
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
