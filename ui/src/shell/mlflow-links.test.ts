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
  for (const other of ['', '#', '#metrics', '#/experiments/x', '#/experiments/../..', '#/models/']) {
    assert.equal(fromMlflowLink(other), undefined, other);
  }
});
