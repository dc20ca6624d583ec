import type { Kysely } from 'kysely';

/** A room sees its own tables by `ctx.db.$extendTables<RoomTables>()`. */
// eslint-disable-next-line typescript/no-empty-object-type
export type Db = Kysely<{}>;
