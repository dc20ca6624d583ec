import { onDatabases } from '../../test/on-databases.ts';
import { monitoringSuite } from './monitoring.suite.ts';

onDatabases('monitoring was', (on, open) =>
  monitoringSuite(on, open, { whole: on === 'SQLite' || process.env['TREADLE_TEST_WHOLE'] === '1' }),
);
