import type { DatabaseConnection, Dialect } from 'kysely';
import { conflict, invalid, TreadleError, unavailable } from '../errors/index.ts';

/** Each class or code of Postgres (its manual, appendix A) that is not a fault of ours, as an error that a caller may read. */
function told(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof TreadleError) return error;
  const code = 'code' in error ? String(error.code) : '';
  if (code === '22021')
    return invalid('a text of the request holds a NUL character, which Postgres cannot keep', {
      hint: 'leave it out',
      cause: error,
    });
  if (code === '22P02' || code === '22003')
    return invalid(`a value of the request is not one that its field can hold: ${error.message}`, {
      hint: 'correct the number, or hand back a page token as it was given',
      cause: error,
    });
  // Every verb looks before it inserts: only a writer at the same moment comes in between.
  if (code === '23505')
    return conflict('somebody else has just written the same', {
      hint: 'look at what is there now, then try again',
      cause: error,
    });
  if (/^53[123]00$/.test(code))
    return unavailable(`Postgres is out of ${code === '53100' ? 'disk space' : 'resources'}`, {
      hint: 'give it more, then send the request again',
      cause: error,
    });
  if (
    /^(08...|57P0[1-5]|ECONN.*|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/.test(code) ||
    // The driver's own words for a connection that is gone, which carry no code.
    /^(Connection terminated|Client (was closed|has encountered a connection error) and is not queryable|timeout exceeded when trying to connect)/.test(
      error.message,
    )
  )
    // Not "nothing was kept": a connection that breaks in a commit leaves that open.
    return unavailable('Postgres cannot be reached', {
      hint: 'see that it runs, look at what it kept, then send the request again',
      cause: error,
    });
  return error;
}

/** The dialect with its errors told in our kinds; serialisation failures pass, for the writer runs those again. */
export function tellingErrors(dialect: Dialect): Dialect {
  const seen = new WeakSet<DatabaseConnection>();
  return {
    createAdapter: () => dialect.createAdapter(),
    createIntrospector: (db) => dialect.createIntrospector(db),
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createDriver() {
      const driver = dialect.createDriver();
      const acquire = driver.acquireConnection.bind(driver);
      driver.acquireConnection = async (options) => {
        const connection = await telling(() => acquire(options));
        if (!seen.has(connection)) {
          seen.add(connection);
          const execute = connection.executeQuery.bind(connection);
          connection.executeQuery = (query, ...rest) => telling(() => execute(query, ...rest));
        }
        return connection;
      };
      return driver;
    },
  };
}

async function telling<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw told(error);
  }
}
