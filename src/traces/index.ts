export {
  createAssessment,
  deleteAssessment,
  getAssessment,
  updateAssessment,
  type AssessmentChange,
  type NewAssessment,
} from './assess.ts';
export { correlate } from './correlate.ts';
export { deleteTraces, purgeTraces } from './delete-traces.ts';
export { logSpans, type Refused, type SpanBatch } from './log-spans.ts';
export { measureTraces } from './measure.ts';
export {
  getTrace,
  getTraceInfo,
  getTraceInfos,
  readTraces,
  toInfos,
  type TraceWithSpans,
} from './read-traces.ts';
export { traceRoutes } from './routes.ts';
export { migrations } from './schema.ts';
export { searchTraces, type TraceSearch } from './search-traces.ts';
export {
  BYTES,
  INTEGER,
  marked,
  wholeDouble,
  type Attributes,
  type Span,
  type SpanEvent,
  type SpanLink,
  type SpanStatus,
  type Value,
} from './span.ts';
export {
  endTrace,
  linkPrompts,
  linkToRun,
  removeTag,
  setTags,
  startTrace,
  startUnnamedTrace,
  type TraceStart,
} from './start-trace.ts';
export { subjects } from './subjects.ts';
