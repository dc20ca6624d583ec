import { onDatabases } from '../../test/on-databases.ts';
import { servingSuite } from './serving.suite.ts';

onDatabases('serving was', (on, open) =>
  servingSuite(on, open, { whole: on === 'SQLite' || process.env['TREADLE_TEST_WHOLE'] === '1' }),
);
