/** Media types of the CNCF model specification and of OCI, and which kind of layer a file is. */

export const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const INDEX = 'application/vnd.oci.image.index.v1+json';
export const ARTIFACT = 'application/vnd.cncf.model.manifest.v1+json';
export const CONFIG = 'application/vnd.cncf.model.config.v1+json';
export const FILEPATH = 'org.cncf.model.filepath';

export type LayerKind = 'weight' | 'weight.config' | 'doc' | 'code' | 'dataset';

/** Uncompressed and unarchived: weights hardly shrink, and a file is then found by its own digest. */
export const rawLayer = (kind: LayerKind): string => `application/vnd.cncf.model.${kind}.v1.raw`;

const CODE =
  /\.(py|r|jl|js|mjs|ts|sh)$|(^|\/)(requirements\.txt|conda\.ya?ml|python_env\.yaml|uv\.lock|pyproject\.toml)$/i;
const DOC = /(^|\/)(readme|license|licence|notice|card)[^/]*$|\.(md|rst|html|pdf)$/i;
const CONFIGURATION = /(^|\/)MLmodel$|\.(json|ya?ml|toml|txt|cfg|ini)$/;

/** What a file of a model is, by its name: anything that says nothing else is weights. */
export function kindOf(path: string): LayerKind {
  if (/(^|\/)[^/]*input_example[^/]*$/.test(path)) return 'doc';
  if (CODE.test(path)) return 'code';
  if (DOC.test(path)) return 'doc';
  if (CONFIGURATION.test(path)) return 'weight.config';
  return 'weight';
}
