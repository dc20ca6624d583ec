import pg from 'pg';

/** A new, empty database on the Postgres server at `url`; dropped when disposed of. */
export async function freshPostgres(url: string): Promise<{ url: string } & AsyncDisposable> {
  const name = `treadle_${Date.now().toString(36)}_${Math.random().toString(36).slice(2, 8)}`;
  const run = async (sql: string): Promise<void> => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  };
  await run(`create database ${name}`);
  const fresh = new URL(url);
  fresh.pathname = `/${name}`;
  return { url: fresh.href, [Symbol.asyncDispose]: () => run(`drop database ${name} with (force)`) };
}
