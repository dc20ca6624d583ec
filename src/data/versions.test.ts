import { openTest } from '../../test/harness.ts';
import { versionsSuite } from './versions.suite.ts';

versionsSuite('SQLite', openTest);
