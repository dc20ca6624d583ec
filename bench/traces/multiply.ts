import { DatabaseSync } from 'node:sqlite';

/**
 * Makes many traces of few in a data folder whose server is stopped: each copy has an id and a number of its own, and lies before the
 * ones it is a copy of. To send a million one by one takes an hour; to search them does not depend on how they came.
 */
export function multiply(file: string, wanted: number): number {
  const db = new DatabaseSync(file);
  db.exec('pragma synchronous = off; pragma cache_size = -400000; pragma temp_store = memory');
  const one = (sql: string): number => Number(db.prepare(sql).get()?.['value']);
  const sent = one('select count(*) as value from trace');
  const first = one('select min(n) as value from trace');
  const range = one('select max(n) - min(n) + 1 as value from trace');
  const span = one('select max(started_at) - min(started_at) + 1000 as value from trace');
  for (let k = 1, there = sent; there < wanted; k++) {
    const most = Math.min(sent, wanted - there);
    const copied = `select n from trace where n < ${first + range} order by n limit ${most}`;
    const shift = k * range;
    const back = k * span;
    db.exec(`begin;
      insert into trace select n + ${shift}, workspace, 'tr-' || printf('%08x', ${k}) || substr(id, 12), experiment_id, started_at - ${back},
        execution_ms, status, name, client_request_id, request_preview, response_preview, tags, metadata, links, total_tokens, total_cost,
        spans, finalized, terms from trace where n in (${copied});
      insert into trace_spans select n + ${shift}, part, data from trace_spans where n in (${copied});
      insert into trace_posting select term, started_at - ${back}, n + ${shift} from trace_posting where n in (${copied});
      commit`);
    there += most;
  }
  const all = one('select count(*) as value from trace');
  db.exec('pragma wal_checkpoint(truncate)');
  db.close();
  return all;
}
