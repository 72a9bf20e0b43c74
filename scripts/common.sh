# shellcheck shell=bash
# What the scripts share. Sourced, never run.

set -euo pipefail

# shellcheck disable=SC2034
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '%s\n' "▸ $*" >&2; }

die() {
    printf '%s\n' "error: $1" >&2
    shift
    for hint in "$@"; do printf '  %s\n' "$hint" >&2; done
    exit 1
}

# The home that roostd and roost take when nobody names one.
default_home() {
    if [ "$(id -u)" = 0 ]; then
        printf '%s\n' /var/lib/roost
    else
        printf '%s\n' "$HOME/.local/share/roost"
    fi
}
