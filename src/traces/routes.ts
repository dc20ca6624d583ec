import type { Ctx } from '../platform/ctx/index.ts';
import { route, type Route } from '../platform/http/index.ts';
import { createAssessment, deleteAssessment, updateAssessment, getAssessment } from './assess.ts';
import * as contract from './contract.ts';
import { deleteTrace } from './delete-traces.ts';
import { getTraceInfo, toInfos, viewTrace } from './read-traces.ts';
import { searchTraces } from './search-traces.ts';
import { removeTag, setTags } from './start-trace.ts';

export const traceRoutes: Route[] = [
  route(contract.searchTraces, async (ctx, { body: { limit = 100, ...search } }) => {
    const { rows, next } = await searchTraces(ctx, { ...search, limit });
    return { items: await toInfos(ctx, rows), ...(next === undefined ? {} : { next }) };
  }),
  route(contract.getTrace, (ctx, { params }) => viewTrace(ctx, params.trace)),
  route(contract.tagTrace, async (ctx, { params, body: { set = {}, remove = [] } }) => {
    if (Object.keys(set).length > 0) await setTags(ctx, params.trace, Object.entries(set));
    for (const key of remove) await removeTag(ctx, params.trace, key);
    return getTraceInfo(ctx, params.trace);
  }),
  route(contract.deleteTrace, async (ctx, { params }) => ({ deleted: await deleteTrace(ctx, params.trace) })),
  route(contract.createAssessment, (ctx, { params, body: { by, ...body } }) =>
    createAssessment(ctx, params.trace, { ...body, ...asserter(ctx, by) }),
  ),
  route(contract.updateAssessment, async (ctx, { params, body: { value, ...body } }) => {
    const { kind } = await getAssessment(ctx, params.trace, params.assessment);
    return updateAssessment(ctx, params.trace, params.assessment, {
      ...body,
      ...(value === undefined ? {} : { value: { kind, value } }),
    });
  }),
  route(contract.deleteAssessment, async (ctx, { params }) => ({
    deleted: await deleteAssessment(ctx, params.trace, params.assessment),
  })),
];

/** Who says so: a person, unless a program asks. */
const asserter = ({ actor }: Ctx, by: string | undefined) => ({
  sourceType: by === undefined && actor.kind === 'token' && actor.user === undefined ? 'CODE' : 'HUMAN',
  sourceId: by ?? actor.name,
});
