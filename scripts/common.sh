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

# The address of Debian's archive in this machine's apt sources, or nothing. LABEL: `Debian` or `Debian-Security`.
debian_mirror() {
    local label=$1
    if [ -n "${ROOST_DEBIAN_MIRROR:-}" ] && [ "$label" = Debian ]; then
        printf '%s\n' "$ROOST_DEBIAN_MIRROR"
        return
    fi
    # shellcheck disable=SC2016
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' "Label: $label" 2>/dev/null |
        sort -u | head -n 1
}

# shellcheck disable=SC2034
no_debian_mirror=("this machine's apt sources name no mirror of Debian's archive"
    "Run apt-get update once, or give the mirror's address in ROOST_DEBIAN_MIRROR.")
