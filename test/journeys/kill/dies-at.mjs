// Loaded before a server: it dies without a word at the moment TREADLE_TEST_DIES_AT, counted over what it stores and starts: just
// before a commit, just after it, just before a program is started, just after it.
import childProcess from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';
import { DatabaseSync } from 'node:sqlite';
import { isMainThread } from 'node:worker_threads';

const at = Number(process.env.TREADLE_TEST_DIES_AT);
let moments = 0;
const moment = () => {
  if (++moments === at) process.kill(process.pid, 'SIGKILL');
};

if (isMainThread && at > 0) {
  const { exec } = DatabaseSync.prototype;
  DatabaseSync.prototype.exec = function (sql) {
    if (sql !== 'commit') return exec.call(this, sql);
    moment();
    exec.call(this, sql);
    moment();
  };
  const { spawn } = childProcess;
  childProcess.spawn = (...all) => {
    moment();
    const child = spawn(...all);
    moment();
    return child;
  };
  syncBuiltinESMExports();
}
