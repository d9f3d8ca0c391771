#!/usr/bin/env bash
# Is the server in this directory slower than it was at another commit?
# Usage: ./gate.sh COMMIT
set -euo pipefail
cd "$(dirname "$0")"

commit=$(git rev-parse --verify "${1:?usage: ./gate.sh COMMIT}^{commit}")
here=$(git rev-parse --show-prefix)
base=$PWD/.gate/base

remove_base() { git worktree remove --force "$base" 2>/dev/null || true; }
trap remove_base EXIT
# A trap waits for the command that uses the base.
trap 'exit 129' HUP
trap 'exit 143' TERM
remove_base
git worktree add --quiet --detach "$base" "$commit"

export BASE_DIR="$base/$here"
(cd "$BASE_DIR" && bash -euc "${INSTALL:-npm ci}")
npx vitest run --config vitest.gate.config.mts
