import { ROWS } from '../questions.ts';
import { readTable } from '../read-table.ts';
import { answerer } from '../reader/answer-questions.ts';
import { read } from '../sandbox.ts';
import { takeRows } from './take-rows.ts';

export const rows = answerer(ROWS, async (connection, { table, offset, limit, bytes, count, spelled }) => {
  const { typed, rows: counted } = await readTable(connection, table, spelled);
  const result = await connection.stream(`select * from ${typed} limit ${limit} offset ${offset}`);
  const taken = await takeRows(result, limit, bytes);
  if (counted !== undefined) return { ...taken, total: counted };
  if (!count) return taken;
  const [[total] = []] = await read(connection, `select count(*) from ${typed}`);
  return { ...taken, total: Number(total) };
});
