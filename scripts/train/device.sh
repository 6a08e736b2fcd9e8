#!/usr/bin/env bash
# One call of the course on a lent machine with a GPU; call it again until it says that all is done.
#   scripts/train/device.sh [MINUTES] [STAGE ...]
# Reads the parcel in .parcel/ (made by `python -m scripts.train.parcel pack`), works in .train/, and
# leaves what is worth bringing home in $OUT, in pieces of at most 15 MiB.
set -euo pipefail
cd "$(dirname "$0")/../.."
minutes="${1:-8.7}"
shift || true
export PYTHONUNBUFFERED=1 TOKENIZERS_PARALLELISM=false HF_HUB_OFFLINE=1 OMP_NUM_THREADS=2
home="${OUT:-.train/home}"
mkdir -p "$home"
nvidia-smi --query-gpu=name,memory.used --format=csv,noheader 2>/dev/null || echo "no GPU: this will be slow"
workers=$(($(nproc) > 4 ? $(nproc) - 4 : 1))
exec "${PYTHON:-python3}" -m scripts.train.course --parcel .parcel --home "$home" \
  --minutes "$minutes" --workers "$workers" ${1:+--only "$@"}
