/** 128 + SIGPIPE: what a shell says of a program whose reader went away. */
const READER_LEFT = 141;

/**
 * A reader that has seen enough (`| head`) ends a command quietly; an output that cannot be written ends it with one line.
 * A server stays up whoever reads what it says.
 */
export function guardOutput(stays: boolean): void {
  for (const [stream, name] of [
    [process.stdout, 'the output'],
    [process.stderr, undefined],
  ] as const) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (stays) return;
      if (error.code === 'EPIPE' || name === undefined) process.exit(READER_LEFT);
      process.stderr.write(`treadle: ${name} could not be written: ${error.message}\n`, () =>
        process.exit(1),
      );
    });
  }
}

/** Ctrl-C, once everything is tidied up: the command ends with 130 and says nothing more. */
export class Interrupted extends Error {
  static readonly code = 130;
}

/** The command ends with an exit code of its own meaning; what went wrong, where something did, is said first. */
export class Ended extends Error {
  readonly code: number;
  readonly said: unknown;

  constructor(code: number, said?: unknown) {
    super(`ends with ${code}`);
    this.code = code;
    this.said = said;
  }
}
