import { TreadleError } from '../errors/index.ts';

/** Structured log: one JSON object a line. `child` adds fields, such as a request id, to every line. */
export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
  child(fields: Record<string, unknown>): Log;
}

const levels = { debug: 10, info: 20, warn: 30, error: 40 } as const;
export type LogLevel = keyof typeof levels;

export function createLog(
  level: LogLevel = 'info',
  write: (line: string) => void = (line) => void process.stderr.write(line),
  bound: Record<string, unknown> = {},
): Log {
  const emit = (at: LogLevel, message: string, fields?: Record<string, unknown>): void => {
    if (levels[at] < levels[level]) return;
    // JSON.stringify escapes CR and LF, so a client's text can never forge a line.
    write(
      JSON.stringify({ time: new Date().toISOString(), level: at, message, ...bound, ...plain(fields) }) +
        '\n',
    );
  };
  return {
    debug: (message, fields) => emit('debug', message, fields),
    info: (message, fields) => emit('info', message, fields),
    warn: (message, fields) => emit('warn', message, fields),
    error: (message, fields) => emit('error', message, fields),
    child: (fields) => createLog(level, write, { ...bound, ...fields }),
  };
}

export const silentLog: Log = createLog('error', () => undefined);

function plain(fields: Record<string, unknown> | undefined): Record<string, unknown> {
  if (!fields) return {};
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key, value instanceof Error ? toldOf(value) : value]),
  );
}

/** Of what we refuse, the words: where in the code that was is nobody's concern. Of anything else also the place. */
function toldOf(error: Error): string {
  if (!(error instanceof TreadleError)) return error.stack ?? error.message;
  return error.hint === undefined ? error.message : `${error.message} (${error.hint})`;
}
