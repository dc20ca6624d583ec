import type { Command } from 'commander';
import type { Client } from './client.ts';
import type { Output } from './output.ts';

/** What every command gets. `client` speaks to the server; made at first use, so `--help` needs none. */
export interface Cli {
  client(): Client;
  output(): Output;
}

/**
 * A noun's commands: each file `src/faces/cli/<noun>.ts` exports `register(program, cli)`. Heavy imports belong
 * inside the action, so that `treadle --help` stays quick.
 */
export type Register = (program: Command, cli: Cli) => void;
