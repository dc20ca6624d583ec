import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { invalid } from '../../../../platform/errors/index.ts';
import type { Source } from '../facts.ts';
import { withoutSecrets } from '../names.ts';
import { mlflowDatabase } from './database.ts';
import { mlflowFolder } from './folder.ts';
import { mlflowSource } from './read.ts';
import { mlflowServer } from './server.ts';
import { openPostgres, openSqlite } from './sql.ts';

/** Opens whatever the address names: a server, a database, or a folder. `artifacts`: where `mlflow-artifacts:/` lies on this disk. */
export async function openMlflow(
  uri: string,
  artifacts: string | undefined,
  env: NodeJS.ProcessEnv,
): Promise<Source> {
  if (/^https?:/i.test(uri)) return mlflowSource(await mlflowServer(uri, env));
  if (/^postgres(?:ql)?(?:\+\w+)?:/i.test(uri)) {
    const sql = await openPostgres(uri);
    const place = withoutSecrets(uri);
    return mlflowSource(await mlflowDatabase(sql, { place, base: process.cwd(), artifacts }));
  }
  if (/^(?:mysql|mssql)/i.test(uri))
    throw invalid(`${uri.split(':')[0]} is a database that treadle does not read`, {
      field: 'uri',
      hint: 'start mlflow server on it and import from there: treadle import mlflow http://127.0.0.1:5001',
    });
  const file = fileOf(uri);
  if (!existsSync(file))
    throw invalid(`there is no ${file}`, {
      field: 'uri',
      hint: 'name a tracking server (http://…), a database (sqlite:///mlflow.db, postgresql://…) or an mlruns folder',
    });
  if (statSync(file).isDirectory()) return mlflowSource(mlflowFolder(file, { artifacts }));
  const base = path.dirname(path.resolve(file));
  const beside = path.join(base, 'mlartifacts');
  return mlflowSource(
    await mlflowDatabase(openSqlite(file), {
      place: path.resolve(file),
      base,
      artifacts: artifacts ?? (existsSync(beside) ? beside : undefined),
    }),
  );
}

/** `sqlite:///relative.db`, `sqlite:////absolute.db`, as SQLAlchemy writes them; `file:` or a plain path. */
function fileOf(uri: string): string {
  if (uri.startsWith('sqlite:')) return uri.replace(/^sqlite:\/\/\//, '').replace(/\?.*$/, '');
  return uri.startsWith('file://') ? fileURLToPath(uri) : uri.replace(/^file:/, '');
}
