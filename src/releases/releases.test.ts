import { onDatabases } from '../../test/on-databases.ts';
import { releasesSuite } from './releases.suite.ts';

onDatabases('releases were', releasesSuite);
