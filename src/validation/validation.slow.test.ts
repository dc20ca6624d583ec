import { onDatabases } from '../../test/on-databases.ts';
import { validationSuite } from './validation.suite.ts';

onDatabases('evaluations were', (on, open) =>
  validationSuite(on, open, { whole: on === 'SQLite' || process.env['TREADLE_TEST_WHOLE'] === '1' }),
);
