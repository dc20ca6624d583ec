import { route, type Route } from '../platform/http/index.ts';
import { getCiReport } from './contract.ts';
import { toJunit } from './junit.ts';
import { makeReport } from './make-report.ts';
import { toMarkdown } from './markdown.ts';

export { makeReport } from './make-report.ts';
export { toMarkdown } from './markdown.ts';
export { unjudged } from './unjudged.ts';

export interface Ci {
  routes: Route[];
  /** Where this server is found, once it listens. */
  listening(url: string): void;
}

/** The room with what it needs handed in. `publicUrl`: where people find the server, for the links of a report. */
export function openCi({ publicUrl }: { publicUrl?: string | undefined }): Ci {
  let url = '';
  return {
    routes: [
      route(getCiReport, async (ctx, { params, query }) => {
        const report = await makeReport(ctx, params.execution, { ...query, url: publicUrl ?? url });
        return { report, markdown: toMarkdown(report), junit: toJunit(report) };
      }),
    ],
    listening: (at) => void (url = at),
  };
}
