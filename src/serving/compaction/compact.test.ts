import assert from 'node:assert/strict';
import { existsSync, readdirSync, renameSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { Ctx } from '../../platform/ctx/index.ts';
import { retiredFile } from '../plane/segment-name.ts';
import { createSegments, type Segments } from '../segments.ts';
import {
  deleteSegments,
  insertSegment,
  replaceSegments,
  selectSegments,
  type SegmentRow,
} from '../store-segments.ts';
import { addTestEndpoint, idOf, makeSegment } from '../../../test/made-segments.ts';
import { onDatabases } from '../../../test/on-databases.ts';
import { silentLog } from '../../platform/log/index.ts';
import { createCompaction } from './compact.ts';
import { mergeAside } from './merge-aside.ts';
import { mergeFiles } from './merge.ts';
import { openParquet } from './parquet-file.ts';

const HOUR = 3_600_000;
const BOUNDS = { bytes: 1e9, days: 30 };

/** Every prediction in the listed files, once for each file that it is in; nothing else may lie in the folder, what is retired apart. */
async function predictionsOf(ctx: Ctx, endpoint: string, data: string): Promise<string[]> {
  const rows = await selectSegments(ctx, endpoint, { limit: 100 });
  const found: string[] = [];
  for (const { file, row_count } of rows) {
    const open = await openParquet(path.join(data, file));
    assert.equal(Number(open.metadata.num_rows), row_count);
    const ids = (await open.column('prediction', 0, row_count)).map((id) =>
      Buffer.from(id as Uint8Array).toString(),
    );
    open.close();
    found.push(...new Set(ids));
  }
  return found.toSorted();
}

const idsUpTo = (count: number): string[] => Array.from({ length: count }, (_, at) => idOf(at)).toSorted();
const names = (rows: readonly SegmentRow[]): string[] =>
  rows.map(({ file }) => path.posix.basename(file)).toSorted();

onDatabases('hours that become one file', (on, open) => {
  test(`${on}: an hour that is over becomes one file; a server that ends at any step of that loses and doubles nothing`, async () => {
    await using server = await open();
    const { ctx, data } = server;
    const now = ctx.clock.now();
    const hour = Math.floor(now / HOUR) * HOUR - 3 * HOUR;
    const segmentsHere = (): Segments => createSegments(ctx, data, BOUNDS);
    const fill = async (
      segments: Segments,
      name: string,
    ): Promise<{ id: string; own: string; files: string[] }> => {
      const { id, serial } = await addTestEndpoint(ctx, name);
      const own = path.join(segments.folder, id);
      const files = [0, 1, 2].map((place) => {
        const at = Array.from({ length: 5 }, (_, step) => hour + place * 1000 + step * 700);
        const made = makeSegment(own, { at, first: place * 5, maker: `a${place}`, serial });
        segments.announce({ endpoint: id, ...made });
        return made.file;
      });
      await segments.settled();
      return { id, own, files };
    };

    {
      const segments = segmentsHere();
      const { id, own, files } = await fill(segments, 'whole');
      const before = await selectSegments(ctx, id, { limit: 100 });
      // Of the hour that goes on nothing is touched.
      const { file: fresh, ...told } = makeSegment(own, {
        at: [now, now],
        first: 15,
        maker: 'a3',
        serial: before[0]!.serial,
      });
      segments.announce({ endpoint: id, file: fresh, ...told });
      await segments.settled();
      await segments.compact();
      const rows = await selectSegments(ctx, id, { limit: 100 });
      assert.deepEqual(
        rows.map(({ merged, predictions }) => [merged, predictions]),
        [
          [0, 2],
          [1, 15],
        ],
      );
      assert.equal(rows[1]!.id, before.at(-1)!.id, 'it stands where they stood');
      assert.deepEqual(await predictionsOf(ctx, id, data), idsUpTo(17));
      for (const file of files)
        assert.ok(existsSync(path.join(own, retiredFile(file))), 'whoever knows them finds them');
      await segments.compact();
      assert.deepEqual(names(await selectSegments(ctx, id, { limit: 100 })), names(rows), 'once');
      // What idle time came late for.
      const late = makeSegment(own, { at: [hour + 50], first: 17, maker: 'b0', serial: before[0]!.serial });
      segments.announce({ endpoint: id, ...late });
      await segments.settled();
      await segments.compact();
      assert.deepEqual(
        (await selectSegments(ctx, id, { limit: 100 })).map(({ predictions }) => predictions),
        [2, 16],
      );
      assert.deepEqual(await predictionsOf(ctx, id, data), idsUpTo(18));
      await segments.close();
    }

    {
      // The connection is lost while the swap is committed: what the rows say holds, the old or the new.
      for (const [name, committed] of [
        ['lost-after', true],
        ['lost-before', false],
      ] as const) {
        const segments = segmentsHere();
        const { id, own } = await fill(segments, name);
        let writes = 0;
        const compaction = createCompaction({
          system: {
            ...ctx,
            log: silentLog,
            async write(work) {
              // The first says which columns there are.
              if (committed || writes === 0) await ctx.write(work);
              if (writes++ > 0) throw new Error('the connection is lost');
              return undefined as never;
            },
          },
          folder: segments.folder,
          aside: mergeAside(),
          inTurn: (work) => work(),
          changed: () => undefined,
        });
        await compaction.run();
        await compaction.close();
        const rows = await selectSegments(ctx, id, { limit: 100 });
        assert.equal(rows.length, committed ? 1 : 3, name);
        assert.deepEqual(await predictionsOf(ctx, id, data), idsUpTo(15), name);
        assert.equal(readdirSync(own).filter((file) => file.endsWith('.part')).length, 0);
        await segments.close();
      }
    }

    const move = (own: string, files: readonly string[]): void => {
      for (const file of files) renameSync(path.join(own, file), path.join(own, retiredFile(file)));
    };
    /** What a server has done when it ends, by its last step; some of them with a database that is an older copy. */
    const steps: Record<string, (own: string, rows: SegmentRow[], files: string[]) => Promise<void>> = {
      written: async (own, _rows, files) => void (await mergeFiles({ folder: own, files })),
      'the first moved': async (own, _rows, files) => {
        await mergeFiles({ folder: own, files });
        move(own, files.slice(0, 1));
      },
      named: async (own, _rows, files) => {
        const { merged } = await mergeFiles({ folder: own, files });
        move(own, files);
        renameSync(merged[0]!.part, path.join(own, merged[0]!.file));
      },
      committed: async (own, rows, files) => {
        const { merged } = await mergeFiles({ folder: own, files });
        move(own, files);
        renameSync(merged[0]!.part, path.join(own, merged[0]!.file));
        await ctx.write((tx) => replaceSegments(tx, rows, merged[0]!));
      },
      'committed, and an older database': async (own, rows, files) => {
        await steps['committed']!(own, rows, files);
        for (const file of files.slice(1))
          renameSync(path.join(own, retiredFile(file)), path.join(own, `${file}.part`));
        await ctx.write(async (tx) => {
          await deleteSegments(
            tx,
            (await selectSegments(tx, rows[0]!.endpoint_id, { limit: 9 })).map(({ id }) => id),
          );
          for (const row of rows) await insertSegment(tx, row);
        });
      },
      'named, and a database without rows': async (own, rows, files) => {
        await steps['named']!(own, rows, files);
        await ctx.write((tx) =>
          deleteSegments(
            tx,
            rows.map(({ id }) => id),
          ),
        );
      },
    };
    for (const [step, act] of Object.entries(steps)) {
      const before = segmentsHere();
      const { id, own, files } = await fill(before, step.replaceAll(/[^a-z]/g, '-'));
      await before.close();
      await act(own, await selectSegments(ctx, id, { limit: 100 }), files);
      const after = segmentsHere();
      after.start();
      await after.settled();
      assert.deepEqual(await predictionsOf(ctx, id, data), idsUpTo(15), step);
      assert.deepEqual(
        readdirSync(own).toSorted(),
        names(await selectSegments(ctx, id, { limit: 100 })),
        step,
      );
      await after.close();
    }
    assert.deepEqual(server.errors, []);
  });
});
