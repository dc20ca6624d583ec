import assert from 'node:assert/strict';
import test from 'node:test';
import { fromMlflowLink } from './mlflow-links.ts';

test("links that MLflow's client prints lead to our pages", () => {
  const run = '01a206f8a96473f58b99cd1f8fcd7ba6';
  assert.equal(fromMlflowLink(`#/experiments/1/runs/${run}`), `/runs/${run}`);
  assert.equal(fromMlflowLink(`#/experiments/1/runs/${run}/artifacts`), `/runs/${run}`);
  assert.equal(fromMlflowLink('#/experiments/12'), '/experiments/12');
  assert.equal(fromMlflowLink('#/models/flight%20delay/versions/3'), '/models/flight%20delay/versions/3');
  assert.equal(fromMlflowLink('#/models/flights'), '/models/flights');
  assert.equal(fromMlflowLink('#/experiments/1/models/m-0123'), '/experiments/1');
  assert.equal(fromMlflowLink(`#/experiments/1/runs/${run}?workspace=a`), `/runs/${run}`);
  assert.equal(fromMlflowLink('#/experiments'), '/experiments');
  assert.equal(fromMlflowLink('#/models/'), '/models');
  const runs = encodeURIComponent(JSON.stringify([run, run.replace('1', '2')]));
  assert.equal(
    fromMlflowLink(`#/compare-runs?runs=${runs}&experiments=%5B%221%22%5D`),
    `/compare?runs=${run}&runs=${run.replace('1', '2')}`,
  );
  for (const other of [
    '',
    '#',
    '#metrics',
    '#/experiments/x',
    '#/experiments/../..',
    '#/compare-runs?runs=x',
  ]) {
    assert.equal(fromMlflowLink(other), undefined, other);
  }
});
