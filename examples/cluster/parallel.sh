#!/bin/sh
# One scan over the machines of GNU parallel that share a file system: parallel.sh FOLDER SHARDS [--sshlogin a,b,c]
# Without GNU parallel: seq 8 | xargs -P 8 -I{} telltale scan . --shard {}/8 …
set -eu
folder=$1 shards=$2
shift 2
seq "$shards" | parallel "$@" --workdir "$folder" \
  telltale scan . --shard "{}/$shards" --id-key "$folder.key" --fail-on never --format report -o "$folder.part-{}.json" ||
  echo "some parts are missing or incomplete; the merge says which" >&2
telltale scan --merge "$folder".part-*.json --format html -o "$folder.html"
