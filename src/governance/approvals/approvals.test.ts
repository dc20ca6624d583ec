import { onDatabases } from '../../../test/on-databases.ts';
import { approvalsSuite } from './approvals.suite.ts';

onDatabases('approvals were', (on, open) =>
  approvalsSuite(on, open, { whole: on === 'SQLite' || process.env['TREADLE_TEST_WHOLE'] === '1' }),
);
