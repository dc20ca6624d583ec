import assert from 'node:assert/strict';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { linearOnnx } from '../../test/onnx-model.ts';
import { TreadleError } from '../platform/errors/index.ts';
import { silentLog } from '../platform/log/index.ts';
import { createProcesses } from '../platform/processes/index.ts';
import { buildPackage, openPackage, placeFolder } from './index.ts';

const root = mkdtempSync(path.join(tmpdir(), 'treadle-packaging-'));
const processes = createProcesses();
const around = { cache: path.join(root, 'cache'), processes, say: () => undefined };
const whole = path.join(root, 'whole');

const MLMODEL = `flavors:
  onnx: {data: model.onnx}
  python_function: {loader_module: mlflow.onnx, data: model.onnx}
saved_input_example_info: {artifact_path: input_example.json, type: ndarray, format: tf-serving}
signature:
  inputs: '[{"name": "x", "type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 2]}}]'
  outputs: '[{"name": "y", "type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 1]}}]'
`;

/** Packages a small model from a folder of its own. */
async function build(target: string, reversed = false) {
  const folder = mkdtempSync(path.join(root, 'model-'));
  const contents = {
    MLmodel: MLMODEL,
    'model.onnx': linearOnnx([2, 3], 1),
    'input_example.json': JSON.stringify({
      inputs: [
        [1, 2],
        [3, 4],
      ],
    }),
    'code/helper.py': 'X = 1\n',
    'README.md': '# Late\n',
  };
  const files = Object.entries(contents).map(([name, content]) => {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
    return { path: name, file };
  });
  const { place } = await placeFolder(folder, around);
  return buildPackage(
    {
      model: 'late',
      version: 3,
      created_at: Date.UTC(2026, 0, 2),
      created_by: 'ada',
      commit: 'c0ffee',
      place,
      // In another order, as another file system may list them.
      files: reversed ? files.toReversed() : files,
      lineage: { run: { id: 'r1' }, absent: undefined },
      license: 'Apache-2.0',
    },
    target,
    { processes, log: silentLog, say: () => undefined },
  );
}

const listing = (folder: string): Map<string, string> =>
  new Map(
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => {
      const info = statSync(path.join(folder, name));
      const mode = (info.mode & 0o777).toString(8);
      return [
        name,
        info.isDirectory() ? mode : `${mode} ${readFileSync(path.join(folder, name)).toString('base64')}`,
      ];
    }),
  );

const opening = (folder: string, options: { digest?: string; cache?: string } = {}) =>
  openPackage(folder, { ...around, log: silentLog, ...options });

before(async () => {
  await build(whole);
});
after(async () => {
  await processes.close();
  rmSync(root, { recursive: true, force: true });
});

test('built twice, in other folders, on other days and under another umask, it is the same bytes', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.UTC(2031, 5, 1) });
  const before = process.umask(0o077);
  try {
    const again = path.join(root, 'elsewhere', 'deep', 'again');
    mkdirSync(path.dirname(again), { recursive: true });
    await build(again, true);
    assert.deepEqual(listing(again), listing(whole));
  } finally {
    process.umask(before);
  }
  assert.deepEqual(
    readdirSync(root).filter((name) => name.endsWith('.draft')),
    [],
    'nothing half-written is left',
  );
});

test('the layout is that of OCI, with the media types of the model specification', () => {
  const read = (name: string): unknown => JSON.parse(readFileSync(path.join(whole, name), 'utf8'));
  assert.deepEqual(read('oci-layout'), { imageLayoutVersion: '1.0.0' });
  const index = read('index.json') as { manifests: Array<{ digest: string; mediaType: string }> };
  assert.equal(index.manifests.length, 1);
  const blob = (digest: string): unknown => read(path.join('blobs', 'sha256', digest.slice(7)));
  const manifest = blob(index.manifests[0]!.digest) as {
    mediaType: string;
    artifactType: string;
    config: { mediaType: string; digest: string };
    layers: Array<{ mediaType: string; digest: string; annotations: Record<string, string> }>;
  };
  assert.equal(manifest.mediaType, 'application/vnd.oci.image.manifest.v1+json');
  assert.equal(manifest.artifactType, 'application/vnd.cncf.model.manifest.v1+json');
  assert.deepEqual(
    manifest.layers.map(({ mediaType, annotations }) => [
      annotations['org.cncf.model.filepath'],
      mediaType.replace('application/vnd.cncf.model.', ''),
    ]),
    [
      ['model/MLmodel', 'weight.config.v1.raw'],
      ['model/README.md', 'doc.v1.raw'],
      ['model/code/helper.py', 'code.v1.raw'],
      ['model/input_example.json', 'doc.v1.raw'],
      ['model/model.onnx', 'weight.v1.raw'],
      ['treadle/lineage.json', 'doc.v1.raw'],
      ['treadle/package.json', 'weight.config.v1.raw'],
      ['treadle/samples.json', 'doc.v1.raw'],
    ],
  );
  const config = blob(manifest.config.digest) as {
    descriptor: Record<string, unknown>;
    modelfs: { type: string; diffIds: string[] };
  };
  assert.deepEqual(config.descriptor, {
    authors: ['ada'],
    createdAt: '2026-01-02T00:00:00.000Z',
    licenses: ['Apache-2.0'],
    name: 'late',
    revision: 'c0ffee',
    version: 'v3',
  });
  assert.deepEqual(config.modelfs, { type: 'layers', diffIds: manifest.layers.map(({ digest }) => digest) });
});

test('it opens, and its samples hold what the model answers', async () => {
  const { document, samples, place } = await opening(whole);
  assert.equal(document.model, 'late');
  assert.equal(samples, 3, 'the example, and each of its two rows');
  const asked = JSON.parse(
    readFileSync(path.join(place.folder, '..', 'treadle', 'samples.json'), 'utf8'),
  ) as Array<{ outputs: Array<{ data: number[] }> }>;
  assert.deepEqual(
    asked.map(({ outputs }) => outputs[0]!.data),
    [[9, 19], [9], [19]],
    'x · (2, 3) + 1',
  );
});

test('a package is not written over', async () => {
  await assert.rejects(build(whole), (error) => error instanceof TreadleError && error.field === 'output');
});

/** A copy that something was done to. */
function tampered(change: (folder: string) => void): string {
  const folder = mkdtempSync(path.join(root, 'tampered-'));
  cpSync(whole, folder, { recursive: true });
  change(folder);
  return folder;
}

const blobOf = (folder: string, name: string): string => {
  const text = (digest: string): string =>
    readFileSync(path.join(folder, 'blobs', 'sha256', digest.slice(7)), 'utf8');
  const index = JSON.parse(readFileSync(path.join(folder, 'index.json'), 'utf8')) as {
    manifests: Array<{ digest: string }>;
  };
  const { layers } = JSON.parse(text(index.manifests[0]!.digest)) as {
    layers: Array<{ digest: string; annotations: Record<string, string> }>;
  };
  const layer = layers.find(({ annotations }) => annotations['org.cncf.model.filepath'] === name);
  return path.join(folder, 'blobs', 'sha256', layer!.digest.slice(7));
};

const REFUSED: Array<[string, (folder: string) => void, RegExp]> = [
  [
    'one byte of the weights',
    (folder) => {
      const file = blobOf(folder, 'model/model.onnx');
      const bytes = readFileSync(file);
      bytes[bytes.length >> 1]! ^= 1;
      writeFileSync(file, bytes);
    },
    /model\/model\.onnx .* has other bytes/,
  ],
  [
    'a byte more',
    (folder) => appendFileSync(blobOf(folder, 'treadle/samples.json'), ' '),
    /treadle\/samples\.json .* is \d+ bytes instead of \d+/,
  ],
  ['a file away', (folder) => rmSync(blobOf(folder, 'model/MLmodel')), /model\/MLmodel .* is missing/],
  [
    'the manifest',
    (folder) => {
      const index = path.join(folder, 'index.json');
      const digest = /sha256:([0-9a-f]{64})/.exec(readFileSync(index, 'utf8'))![1]!;
      const file = path.join(folder, 'blobs', 'sha256', digest);
      writeFileSync(file, readFileSync(file, 'utf8').replace('README.md', 'readme.md'));
    },
    /the manifest .* has other bytes/,
  ],
  ['no index', (folder) => rmSync(path.join(folder, 'index.json')), /is no package: it has no index\.json/],
  [
    'an altered oci-layout',
    (folder) => writeFileSync(path.join(folder, 'oci-layout'), '{"imageLayoutVersion":"2.0.0"}'),
    /its oci-layout does not say imageLayoutVersion 1\.0\.0/,
  ],
  ['no oci-layout', (folder) => rmSync(path.join(folder, 'oci-layout')), /it has no oci-layout/],
  [
    'an index of nothing',
    (folder) => writeFileSync(path.join(folder, 'index.json'), '{}'),
    /not that of an OCI/,
  ],
];

for (const [what, change, message] of REFUSED) {
  test(`refused by name: ${what}`, async () => {
    const folder = tampered(change);
    const cache = path.join(folder, 'cache');
    await assert.rejects(
      opening(folder, { cache }),
      (error) => error instanceof TreadleError && message.test(error.message) && error.field === 'package',
    );
    assert.equal(statSync(cache, { throwIfNoEntry: false }), undefined, 'nothing was unpacked');
  });
}

test('another digest than the one that is wanted is refused', async () => {
  await assert.rejects(opening(whole, { digest: `sha256:${'0'.repeat(64)}` }), /is wanted/);
});

test('a cache that was changed is not used', async () => {
  const { place } = await opening(whole);
  writeFileSync(path.join(place.folder, 'model.onnx'), linearOnnx([0, 0], 7));
  await opening(whole);
  assert.deepEqual(readFileSync(path.join(place.folder, 'model.onnx')), Buffer.from(linearOnnx([2, 3], 1)));
});

test('a model that answers otherwise than it did is refused, with the sample and both values', async () => {
  // An honest package of another model, with the samples of this one: what another machine's arithmetic would look like.
  const other = path.join(root, 'other');
  const { writeLayout, checkLayout } = await import('./layout.ts');
  const { files } = await checkLayout(whole);
  await writeLayout(
    other,
    files.map(({ path: name, blob }) => ({
      path: name,
      from: name === 'model/model.onnx' ? { bytes: Buffer.from(linearOnnx([2, 3], 1.001)) } : { file: blob },
    })),
    { name: 'v3', config: {}, annotations: {} },
  );
  await assert.rejects(
    opening(other),
    /does not answer here as it did when it was packaged: sample 0: y\[0\] is 10\.00\d+ instead of 9|y\[0\] is 9\.00\d+ instead of 9/,
  );
});

test('a path that leaves the package is refused', async () => {
  const { writeLayout } = await import('./layout.ts');
  for (const name of ['../evil', '/etc/passwd', 'a//b', 'a\\b', 'a/./b', 'a\u0000b']) {
    const folder = path.join(root, 'evil');
    rmSync(folder, { recursive: true, force: true });
    await writeLayout(folder, [{ path: name, from: { bytes: Buffer.from('x') } }], {
      name: 'v1',
      config: {},
      annotations: {},
    });
    await assert.rejects(opening(folder), /a layer has the name/, name);
  }
});
