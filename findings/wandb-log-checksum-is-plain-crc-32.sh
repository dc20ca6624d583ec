#!/bin/sh
# An offline run of W&B lies in LevelDB's log format, but its chunks carry the CRC-32 of zip and gzip, unmasked, where LevelDB has a masked CRC-32C.
# Versions: wandb 0.31.0 (Python 3.11).
# Behaviour: the file begins with 7 bytes of its own (":W&B", the magic 0xBEE1, a version), which count as part of the first block of 32,768; each chunk then has
#   4 bytes of checksum, 2 of length and 1 of kind, as LevelDB's. The checksum is zlib.crc32 of the kind and the data, not masked.
# Meaning: a reader of LevelDB's logs calls every chunk damaged.
# Seen: all chunks right by plain CRC-32, none by LevelDB's
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check wandb==0.31.0
cd "$work"
WANDB_MODE=offline WANDB_SILENT=true WANDB_ERROR_REPORTING=false HOME="$work" venv/bin/python -W ignore - <<'PY'
import glob
import struct
import zlib

import wandb

run = wandb.init(project="finding", settings=wandb.Settings(x_disable_stats=True, console="off"))
for step in range(20):
    run.log({"loss": 1 / (step + 1)})
run.finish()

TABLE = []
for byte in range(256):
    for _ in range(8):
        byte = (byte >> 1) ^ (0x82F63B78 if byte & 1 else 0)
    TABLE.append(byte)


def masked_crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = TABLE[(crc ^ byte) & 255] ^ (crc >> 8)
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


assert masked_crc32c(b"123456789") == ((0xE3069283 >> 15 | 0xE3069283 << 17) + 0xA282EAD8) & 0xFFFFFFFF
[file] = glob.glob("wandb/offline-run-*/*.wandb")
data = open(file, "rb").read()
assert data[:4] == b":W&B" and struct.unpack_from("<H", data, 4) == (0xBEE1,)
at, chunks, plain, leveldb = 7, 0, 0, 0
while len(data) - at >= 7:
    left = 32768 - at % 32768
    checksum, length, kind = struct.unpack_from("<IHB", data, at)
    if left < 7 or kind == 0:
        at += left
        continue
    covered = data[at + 6 : at + 7 + length]
    chunks += 1
    plain += checksum == zlib.crc32(covered)
    leveldb += checksum == masked_crc32c(covered)
    at += 7 + length
print("%d chunks: right by plain CRC-32: %s, by LevelDB's: %s" % (chunks, "all" if plain == chunks else plain, leveldb or "none"))
assert chunks > 20 and plain == chunks and leveldb == 0, (chunks, plain, leveldb)
PY
