import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, copyFile, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Type, type Static } from 'typebox';
import { Check } from 'typebox/value';
import { invalid, missing } from '../platform/errors/index.ts';
import { makeFolders } from '../platform/files/index.ts';
import { canonicalJson } from './canonical-json.ts';
import { parse } from './document.ts';
import { ARTIFACT, CONFIG, FILEPATH, INDEX, kindOf, MANIFEST, rawLayer, type LayerKind } from './media.ts';
import { isPlainPath } from './plain-path.ts';

const Digest = Type.String({ pattern: '^sha256:[0-9a-f]{64}$' });
const Descriptor = Type.Object({
  mediaType: Type.String(),
  digest: Digest,
  size: Type.Integer({ minimum: 0 }),
  annotations: Type.Optional(Type.Record(Type.String(), Type.String())),
});
export type Descriptor = Static<typeof Descriptor>;

const LAYOUT_VERSION = '1.0.0';
const Layout = Type.Object({ imageLayoutVersion: Type.Literal(LAYOUT_VERSION) });
const Index = Type.Object({ schemaVersion: Type.Literal(2), manifests: Type.Array(Descriptor) });
const Manifest = Type.Object({
  schemaVersion: Type.Literal(2),
  artifactType: Type.Literal(ARTIFACT),
  config: Descriptor,
  layers: Type.Array(Descriptor),
});

/** A file of a package before it is one: its bytes, or where they are. */
export interface PackageFile {
  path: string;
  from: { bytes: Buffer } | { file: string };
  kind?: LayerKind;
}

const FOLDER = 0o755;
const FILE = 0o644;

/**
 * Writes an OCI image layout. The folder appears when it is whole: it is made beside its place and moved there. Equal files and
 * facts give equal bytes.
 */
export async function writeLayout(
  folder: string,
  files: readonly PackageFile[],
  facts: { config: object; name: string; annotations: Record<string, string> },
): Promise<{ digest: string; size: number }> {
  const draft = path.join(path.dirname(folder), `.${path.basename(folder)}.${process.pid}.draft`);
  const blobs = path.join(draft, 'blobs', 'sha256');
  await rm(draft, { recursive: true, force: true });
  try {
    makeFolders(blobs, FOLDER);
    let total = 0;
    const put = async (from: PackageFile['from'], mediaType: string): Promise<Descriptor> => {
      const { hash, size } =
        'bytes' in from
          ? { hash: createHash('sha256').update(from.bytes).digest('hex'), size: from.bytes.length }
          : await hashFile(from.file);
      const place = path.join(blobs, hash);
      if ('bytes' in from) await writeFile(place, from.bytes);
      else await copyFile(from.file, place);
      await chmod(place, FILE);
      total += size;
      return { mediaType, digest: `sha256:${hash}`, size };
    };
    const layers: Descriptor[] = [];
    for (const { path: name, from, kind } of files.toSorted((a, b) => (a.path < b.path ? -1 : 1)))
      layers.push({
        ...(await put(from, rawLayer(kind ?? kindOf(name)))),
        annotations: { [FILEPATH]: name },
      });
    const config = await put(
      {
        bytes: canonicalJson({
          ...facts.config,
          modelfs: { type: 'layers', diffIds: layers.map(({ digest }) => digest) },
        }),
      },
      CONFIG,
    );
    const manifest = await put(
      {
        bytes: canonicalJson({
          schemaVersion: 2,
          mediaType: MANIFEST,
          artifactType: ARTIFACT,
          config,
          layers,
          annotations: facts.annotations,
        }),
      },
      MANIFEST,
    );
    const plain: Array<[string, Buffer]> = [
      ['oci-layout', canonicalJson({ imageLayoutVersion: LAYOUT_VERSION })],
      [
        'index.json',
        canonicalJson({
          schemaVersion: 2,
          mediaType: INDEX,
          manifests: [
            {
              ...manifest,
              artifactType: ARTIFACT,
              annotations: { 'org.opencontainers.image.ref.name': facts.name },
            },
          ],
        }),
      ],
    ];
    for (const [name, bytes] of plain) {
      await writeFile(path.join(draft, name), bytes);
      await chmod(path.join(draft, name), FILE);
      total += bytes.length;
    }
    for (const one of [draft, path.join(draft, 'blobs'), blobs]) await chmod(one, FOLDER);
    await rename(draft, folder);
    return { digest: manifest.digest, size: total };
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function hashFile(file: string): Promise<{ hash: string; size: number }> {
  const hash = createHash('sha256');
  let size = 0;
  await pipeline(createReadStream(file), async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) {
      hash.update(chunk);
      size += chunk.length;
    }
  });
  return { hash: hash.digest('hex'), size };
}

export interface CheckedLayout {
  /** Digest of the manifest: names the whole package. */
  digest: string;
  files: ReadonlyArray<{ path: string; digest: string; size: number; blob: string }>;
}

/** Most bytes of a manifest or index that are read at all. */
const LARGEST_MANIFEST = 16 * 1024 * 1024;

/** Reads a layout and checks every digest and size in it. A package that was changed is refused by the name of what differs. */
export async function checkLayout(folder: string): Promise<CheckedLayout> {
  const index = parse(await small(folder, 'index.json'), 'index.json');
  if (!Check(Layout, parse(await small(folder, 'oci-layout'), 'oci-layout')))
    throw broken(folder, `its oci-layout does not say imageLayoutVersion ${LAYOUT_VERSION}`);
  if (!Check(Index, index)) throw broken(folder, 'its index.json is not that of an OCI image layout');
  const [top, second] = index.manifests;
  if (!top || second)
    throw broken(folder, `its index.json names ${index.manifests.length} manifests instead of one`);
  const manifest = parse(await blobOf(folder, top, 'the manifest'), 'the manifest');
  if (!Check(Manifest, manifest))
    throw broken(folder, 'its manifest is not that of a model (application/vnd.cncf.model.manifest.v1+json)');
  await blobOf(folder, manifest.config, 'the config');
  const files: Array<CheckedLayout['files'][number]> = [];
  const names = new Set<string>();
  for (const layer of manifest.layers) {
    const name = layer.annotations?.[FILEPATH];
    if (name === undefined || !isPlainPath(name))
      throw broken(
        folder,
        `a layer has ${name === undefined ? 'no name' : `the name ${JSON.stringify(name)}`}`,
      );
    if (names.has(name)) throw broken(folder, `two layers are called ${name}`);
    names.add(name);
    if (!layer.mediaType.endsWith('.raw'))
      throw broken(folder, `${name} is packed as ${layer.mediaType}, and only .raw layers are read`);
    await checkBlob(folder, layer, name);
    files.push({ path: name, digest: layer.digest, size: layer.size, blob: placeOf(folder, layer.digest) });
  }
  return { digest: top.digest, files };
}

const placeOf = (folder: string, digest: string): string =>
  path.join(folder, 'blobs', 'sha256', digest.slice('sha256:'.length));

const broken = (folder: string, what: string): Error =>
  invalid(`${folder} is not a package that can be used: ${what}`, {
    field: 'package',
    hint: 'package the model again with: treadle package MODEL@v3',
  });

const changed = (folder: string, name: string, digest: string, how: string): Error =>
  invalid(`${folder} was changed after it was packaged: ${name} (${digest}) ${how}`, {
    field: 'package',
    hint: 'take a fresh copy, or package the model again',
    code: 'package-changed',
  });

async function small(folder: string, name: string): Promise<Buffer> {
  const file = path.join(folder, name);
  const info = await stat(file).catch(() => undefined);
  if (!info?.isFile())
    throw missing(`${folder} is no package: it has no ${name}`, {
      field: 'package',
      hint: 'make one with: treadle package MODEL@v3',
    });
  if (info.size > LARGEST_MANIFEST) throw broken(folder, `${name} is ${info.size} bytes large`);
  return readFile(file);
}

async function checkBlob(folder: string, { digest, size }: Descriptor, name: string): Promise<void> {
  const place = placeOf(folder, digest);
  const info = await stat(place).catch(() => undefined);
  if (!info?.isFile()) throw changed(folder, name, digest, 'is missing');
  if (info.size !== size) throw changed(folder, name, digest, `is ${info.size} bytes instead of ${size}`);
  const { hash } = await hashFile(place);
  if (`sha256:${hash}` !== digest) throw changed(folder, name, digest, 'has other bytes');
}

async function blobOf(folder: string, descriptor: Descriptor, name: string): Promise<Buffer> {
  if (descriptor.size > LARGEST_MANIFEST) throw broken(folder, `${name} is ${descriptor.size} bytes large`);
  await checkBlob(folder, descriptor, name);
  return readFile(placeOf(folder, descriptor.digest));
}

/** Puts the files of a checked layout into a folder of their own, whole or not at all. What is there already is checked again. */
export async function unpackLayout({ digest, files }: CheckedLayout, folder: string): Promise<void> {
  if (await holds(folder, files)) return;
  const draft = `${folder}.${process.pid}.draft`;
  await rm(draft, { recursive: true, force: true });
  try {
    for (const { path: name, blob } of files) {
      const place = path.join(draft, name);
      await mkdir(path.dirname(place), { recursive: true, mode: 0o700 });
      await copyFile(blob, place);
    }
    // The bytes were checked in the package; what was copied is checked too, so that nothing changes in between.
    if (!(await holds(draft, files)))
      throw invalid(`the package ${digest} changed while it was unpacked`, { field: 'package' });
    await rm(folder, { recursive: true, force: true });
    await rename(draft, folder);
    const parent = await open(path.dirname(folder));
    try {
      await parent.sync();
    } finally {
      await parent.close();
    }
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function holds(folder: string, files: CheckedLayout['files']): Promise<boolean> {
  for (const { path: name, digest } of files) {
    const found = await hashFile(path.join(folder, name)).catch(() => undefined);
    if (`sha256:${found?.hash}` !== digest) return false;
  }
  return true;
}
