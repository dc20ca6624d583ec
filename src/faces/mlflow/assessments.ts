import type { Route } from '../../platform/http/index.ts';
import * as traces from '../../traces/index.ts';
import { assessment, assessmentFields, valueOf } from './assessment-words.ts';
import { call } from './call.ts';
import { message, need, text, type Reader } from './message.ts';
import { toAssessmentWords } from './trace-words.ts';

const about = [{ kind: 'trace', in: 'message', field: 'trace_id' }] as const;
const named = { trace_id: need(text), assessment_id: need(text) };
const one = message(named);
const creation = message({ trace_id: need(text), assessment: need(assessment) });
const path = '/mlflow/traces/:trace_id/assessments/:assessment_id';

/** Names of fields, as protobuf's JSON lists them: `assessmentName,feedback`. */
const mask: Reader<string[]> = (value, field) => {
  const paths = typeof value === 'object' && value !== null && 'paths' in value ? value.paths : value;
  const names = Array.isArray(paths) ? paths.map(String) : (text(paths, field) ?? '').split(',');
  return names
    .map((name) => name.trim().replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`))
    .filter((name) => name !== '');
};

const change = message({ ...named, assessment: need(assessmentFields), update_mask: need(mask) });

export const assessmentRoutes: Route[] = [
  ...call({
    method: 'POST',
    version: '3.0',
    path: '/mlflow/traces/:trace_id/assessments',
    action: 'run:write',
    about,
    summary: 'Say what a trace is worth, or what it should have been',
    request: creation,
    async answer(ctx, { trace_id, assessment: made }) {
      return { assessment: toAssessmentWords(await traces.createAssessment(ctx, trace_id, made), trace_id) };
    },
  }),
  ...call({
    method: 'GET',
    version: '3.0',
    path,
    action: 'run:read',
    about,
    summary: 'Show an assessment',
    request: one,
    answer: async (ctx, { trace_id, assessment_id }) => ({
      assessment: toAssessmentWords(await traces.getAssessment(ctx, trace_id, assessment_id), trace_id),
    }),
  }),
  ...call({
    method: 'PATCH',
    version: '3.0',
    path,
    action: 'run:write',
    about,
    summary: 'Change an assessment',
    request: change,
    async answer(ctx, { trace_id, assessment_id, assessment: given, update_mask }) {
      const has = (field: string): boolean => update_mask.includes(field);
      const changed = await traces.updateAssessment(ctx, trace_id, assessment_id, {
        name: has('assessment_name') ? given.assessment_name : undefined,
        value: has('feedback') || has('expectation') ? valueOf(given, 'assessment') : undefined,
        rationale: has('rationale') ? (given.rationale ?? '') : undefined,
        metadata: has('metadata') ? given.metadata : undefined,
      });
      return { assessment: toAssessmentWords(changed, trace_id) };
    },
  }),
  ...call({
    method: 'DELETE',
    version: '3.0',
    path,
    action: 'run:write',
    about,
    summary: 'Take an assessment back',
    request: one,
    async answer(ctx, { trace_id, assessment_id }) {
      await traces.deleteAssessment(ctx, trace_id, assessment_id);
    },
  }),
];
