import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import type { DisjointAnswer, FileInput } from '../data/protocol.ts';
import { tableFormat } from '../../tables/index.ts';
import { compare } from './compare.ts';

/** Tables in files, and the comparison in this process: what the table reader does, without starting one. */
export interface Workshop {
  folder: string;
  /** Writes what a statement selects; the format by the name's ending. */
  make(name: string, sql: string): Promise<FileInput>;
  /** Writes text as it is. */
  write(name: string, text: string): FileInput;
  compare(
    gate: FileInput | FileInput[],
    against: Array<FileInput | FileInput[]>,
    options?: { key?: string[]; time?: string; label?: string },
  ): Promise<DisjointAnswer>;
  run(sql: string): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function openWorkshop(): Promise<Workshop> {
  const folder = mkdtempSync(path.join(tmpdir(), 'treadle-disjoint-'));
  const maker = await connect();
  const at = (name: string): string => path.join(folder, name);
  const input = (name: string): FileInput => ({ file: at(name), shown: name, format: tableFormat(name)! });
  return {
    folder,
    async make(name, sql) {
      const how = {
        parquet: 'format parquet',
        csv: 'format csv, header',
        json: 'format json',
        jsonl: 'format json',
      }[tableFormat(name)!];
      const options = name.endsWith('.json') ? `${how}, array true` : how;
      await maker.run(`copy (${sql}) to '${at(name)}' (${options})`);
      return input(name);
    },
    write(name, text) {
      writeFileSync(at(name), text);
      return input(name);
    },
    async compare(gate, against, { key, time, label } = {}) {
      const connection = await connect();
      try {
        return await compare(
          connection,
          {
            gate: [gate].flat(),
            against: against.map((files) => [files].flat()),
            certain: against.map(() => true),
            key: key ?? null,
            time: time ?? null,
            label: label ?? null,
            files: [],
            by_bytes: against.map(() => false),
          },
          () => undefined,
        );
      } finally {
        connection.closeSync();
      }
    },
    async run(sql) {
      await maker.run(sql);
    },
    async [Symbol.asyncDispose]() {
      maker.closeSync();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function connect(): Promise<DuckDBConnection> {
  const connection = await (await DuckDBInstance.create(':memory:', { threads: '2' })).connect();
  await connection.run("set TimeZone='UTC'");
  return connection;
}
