import { databaseSuite } from './database.suite.ts';
import { eachDatabase } from './databases.suite.ts';

eachDatabase(databaseSuite, { pglite: true });
