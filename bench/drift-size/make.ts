// Two days of the same columns as hourly Parquet files: `node make.ts FOLDER ROWS COLUMNS`. In a process of its own, so that its memory is nobody's.
import { DuckDBInstance } from '@duckdb/node-api';

const [folder = '', rows = '', columns = ''] = process.argv.slice(2);
const connection = await (await DuckDBInstance.create(':memory:')).connect();
await connection.run('select setseed(0.5)');
const values = Array.from(
  { length: Number(columns) },
  (_one, k) => `(sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random()))::double as in_c${k}`,
).join(', ');
const hourly = Math.ceil(Number(rows) / 24);
for (const day of ['reference', 'now'])
  for (let hour = 0; hour < 24; hour++)
    await connection.run(
      `copy (select 'primary' as role, 'm' as model, 1 as version, ${values} from range(${hourly}))
       to '${folder}/${day}${hour}.parquet' (format parquet, compression zstd)`,
    );
