import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { conflict } from '../platform/errors/index.ts';
import { writePrivate } from '../platform/files/index.ts';

/** The log's signing key: Ed25519, in a file that only the server's user may read. */
export interface LedgerKey {
  /** Names log and key in checkpoints. */
  readonly origin: string;
  /** SPKI, PEM: for auditors. */
  readonly publicKey: string;
  /** A checkpoint: C2SP signed note over origin, size and root. */
  sign(size: number, root: Uint8Array): string;
  /** Size and root (hex), or why this is no checkpoint of this key. */
  open(checkpoint: string): { size: number; root: string } | { fault: string };
}

/** Reads the key, or makes it at first start. */
export function openKey(file: string): LedgerKey {
  const privateKey = createPrivateKey(readKey(file) ?? makeKey(file));
  return keyOf(privateKey);
}

export function keyOf(privateKey: KeyObject): LedgerKey {
  const publicKey = createPublicKey(privateKey);
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const origin = `treadle-ledger-${createHash('sha256').update(raw).digest('hex').slice(0, 8)}`;
  // C2SP signed-note: the key's id covers its name, the algorithm (1 = Ed25519) and the key itself.
  const id = createHash('sha256')
    .update(`${origin}\n`)
    .update(Buffer.of(1))
    .update(raw)
    .digest()
    .subarray(0, 4);
  return {
    origin,
    publicKey: publicKey.export({ format: 'pem', type: 'spki' }),
    sign(size, root) {
      const text = `${origin}\n${size}\n${Buffer.from(root).toString('base64')}\n`;
      const signature = Buffer.concat([id, sign(null, Buffer.from(text), privateKey)]).toString('base64');
      return `${text}\n— ${origin} ${signature}\n`;
    },
    open(checkpoint) {
      const match = /^((.+)\n(0|[1-9]\d{0,15})\n([A-Za-z0-9+/]{43}=)\n)\n— (.+) ([A-Za-z0-9+/]{91}=)\n$/.exec(
        checkpoint,
      );
      if (!match) return { fault: 'the checkpoint is not a signed note' };
      const [, text = '', named = '', size = '', root = '', signer = '', signature = ''] = match;
      if (named !== origin || signer !== origin)
        return { fault: `the checkpoint is signed by ${signer}, and the key here is ${origin}` };
      const bytes = Buffer.from(signature, 'base64');
      // Base64 has spare bits that decode to nothing: only the canonical text counts, so that no byte of it can change.
      const spare =
        bytes.toString('base64') !== signature || Buffer.from(root, 'base64').toString('base64') !== root;
      if (
        spare ||
        !bytes.subarray(0, 4).equals(id) ||
        !verify(null, Buffer.from(text), publicKey, bytes.subarray(4))
      ) {
        return { fault: 'the signature of the checkpoint is wrong' };
      }
      return { size: Number(size), root: Buffer.from(root, 'base64').toString('hex') };
    },
  };
}

/** Undefined where there is none. */
export function readKey(file: string): string | undefined {
  let mode: number;
  try {
    ({ mode } = statSync(file));
  } catch {
    return undefined; // linking the new one fails if it is there after all
  }
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    throw conflict(`the ledger's key ${file} can be read by others on this machine`, {
      code: 'wrong-ledger-key',
      hint: 'chmod 600 it, and see docs/decisions/ledger-signature.md on what that may have cost',
    });
  }
  return readFileSync(file, 'utf8');
}

function makeKey(file: string): string {
  const { privateKey } = generateKeyPairSync('ed25519', {
    privateKeyEncoding: { format: 'pem', type: 'pkcs8' },
    publicKeyEncoding: { format: 'pem', type: 'spki' },
  });
  // Of two servers that start together one key wins.
  return writePrivate(file, privateKey, { replace: false }) ? privateKey : readFileSync(file, 'utf8');
}
