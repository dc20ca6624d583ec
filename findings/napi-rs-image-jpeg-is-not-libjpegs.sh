#!/bin/sh
# A JPEG that @napi-rs/image decodes has other pixels than the same JPEG from libjpeg.
# Versions: @napi-rs/image 1.15.0 (Node 20 and 26), Pillow 13.0.0 (Python 3.11), @jsquash/jpeg 1.6.0.
# Behaviour: of a picture of 61 x 47 pixels, saved by Pillow with 4:2:0, 30 % of the values differ from those that Pillow
#   reads, by up to 3 of 255; with 4:4:4 1 % do. @jsquash/jpeg (MozJPEG in WebAssembly) gives Pillow's values, all of them.
# Meaning: a PNG that was saved from a JPEG is not found by its pixels unless the JPEG is decoded by libjpeg's code.
# Seen: s444 84 of 8601 differ, 2 at most; libjpeg in WebAssembly: 0
#       s420 2619 of 8601 differ, 3 at most; libjpeg in WebAssembly: 0
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check pillow==13.0.0
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund @napi-rs/image@1.15.0 @jsquash/jpeg@1.6.0
venv/bin/python - <<'PY'
import random
from PIL import Image
random.seed(3)
image = Image.new("RGB", (61, 47))
for y in range(47):
    for x in range(61):
        image.putpixel((x, y), ((x * 4 + random.randrange(20)) % 256, (y * 5 + random.randrange(20)) % 256, ((x * y) // 8 + random.randrange(30)) % 256))
for name, subsampling in {"s444": 0, "s420": 2}.items():
    image.save(f"{name}.jpg", subsampling=subsampling)
    open(f"{name}.rgb", "wb").write(Image.open(f"{name}.jpg").tobytes())
PY
cat > look.js <<'JS'
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Transformer } from '@napi-rs/image';
import decode, { init } from '@jsquash/jpeg/decode.js';
await init({ wasmBinary: readFileSync(fileURLToPath(import.meta.resolve('@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm'))) });
for (const name of ['s444', 's420']) {
  const jpeg = readFileSync(`${name}.jpg`);
  const wanted = readFileSync(`${name}.rgb`);
  const own = new Transformer(jpeg).rawPixelsSync();
  const { data } = await decode(Uint8Array.from(jpeg).buffer);
  const differ = [...wanted].map((value, i) => Math.abs(value - own[i])).filter((by) => by > 0);
  const other = [...wanted].filter((value, i) => value !== data[Math.floor(i / 3) * 4 + (i % 3)]).length;
  console.log(`${name} ${differ.length} of ${wanted.length} differ, ${Math.max(...differ)} at most; libjpeg in WebAssembly: ${other}`);
  assert.ok(differ.length > 0);
  assert.equal(other, 0);
}
JS
node look.js
