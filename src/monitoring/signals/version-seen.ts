import { identifier, quote, type View } from '../../tables/index.ts';

/** The version whose rows a window is about. */
export interface VersionSeen {
  model: string;
  version: number;
  ref: string;
}

/** Its rows in a view of the log, as the view `version`: what shadows answered is nobody's. */
export const ofVersion = (log: string, { model, version }: VersionSeen): View => ({
  name: 'version',
  sql: `select * from ${identifier(log)} where role <> 'shadow' and model = ${quote(model)} and version = ${version}`,
});
