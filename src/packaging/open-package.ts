import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { invalid } from '../platform/errors/index.ts';
import { makeFolders } from '../platform/files/index.ts';
import type { Log } from '../platform/log/index.ts';
import { openModel, type ModelPlace } from '../runtimes/index.ts';
import {
  DOCUMENT,
  LOCK,
  MODEL,
  readDocument,
  readSamples,
  SAMPLES,
  type PackageDocument,
} from './document.ts';
import { checkLayout, unpackLayout } from './layout.ts';
import { onnxPlace, placeLocked, type Around } from './place-folder.ts';
import { testSamples } from './samples.ts';

export interface OpenedPackage {
  document: PackageDocument;
  /** Of the manifest: names the package. */
  digest: string;
  /** How a process of this machine loads the model. */
  place: ModelPlace;
  /** Samples that were asked again. */
  samples: number;
}

/** Packages are unpacked into the cache too, and what is there is checked again each time. */
export interface OpenOptions extends Around {
  /** The digest that the package must have. */
  digest?: string;
  log: Log;
}

/** Checks a package, unpacks it, makes what its runtime needs, and asks it its samples. */
export async function openPackage(folder: string, options: OpenOptions): Promise<OpenedPackage> {
  const { cache, say } = options;
  say('checking every digest');
  const layout = await checkLayout(folder);
  if (options.digest !== undefined && options.digest !== layout.digest)
    throw invalid(`${folder} is ${layout.digest}, and ${options.digest} is wanted`, {
      field: 'digest',
      hint: 'take the package that you were told of',
    });
  const packages = path.join(cache, 'packages');
  makeFolders(packages, 0o700);
  const root = path.join(packages, layout.digest.slice('sha256:'.length));
  await unpackLayout(layout, root);
  const has = (name: string): boolean => layout.files.some((file) => file.path === name);
  for (const name of [DOCUMENT, SAMPLES])
    if (!has(name))
      throw invalid(`${folder} has no ${name}: it was not made by treadle package`, { field: 'package' });
  const document = readDocument(await readFile(path.join(root, DOCUMENT)));
  const samples = readSamples(await readFile(path.join(root, SAMPLES)));
  const { runtime } = document;
  if (runtime.kind === 'onnx' && (runtime.file === undefined || !has(`${MODEL}/${runtime.file}`)))
    throw invalid(`${folder} has no ONNX file ${runtime.file ?? ''}`, { field: 'package' });
  const model = path.join(root, MODEL);
  if (runtime.kind === 'python' && !has(LOCK))
    throw invalid(`${folder} has no ${LOCK}: nobody knows which packages its model needs`, {
      field: 'package',
    });
  const place =
    runtime.kind === 'onnx'
      ? onnxPlace(model, runtime.file!)
      : await placeLocked(
          model,
          { lock: await readFile(path.join(root, LOCK), 'utf8'), python: runtime.python ?? '3' },
          options,
        );
  say(samples.length > 0 ? 'loading the model and asking it its samples' : 'loading the model');
  const loaded = await openModel(place, options);
  try {
    await testSamples(loaded, samples, folder);
  } finally {
    await loaded.close();
  }
  return { document, digest: layout.digest, place, samples: samples.length };
}
