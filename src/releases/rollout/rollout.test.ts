import { onDatabases } from '../../../test/on-databases.ts';
import { rolloutSuite } from './rollout.suite.ts';

onDatabases('rollouts were', rolloutSuite);
