#!/usr/bin/env bash
# Installs the programs that 'make release' built, their documentation, a configuration to begin with, and units of systemd.
# Starts nothing.
#
#   PREFIX   where programs go (default /usr/local)
#   DESTDIR  a folder to install into as if it were / (for packages)
#   BUILD    the folder of the built programs (default .build/release)
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
prefix="${PREFIX:-/usr/local}"
destination="${DESTDIR:-}"
build="${BUILD:-$root/.build/release}"
etc=/etc
bin="$prefix/bin"
documents="$prefix/share/doc/keyway"

say() { printf 'install: %s\n' "$*" >&2; }
fail() { say "$*"; exit 69; }

programs=(keyway keyway-keys keyway-origin keyway-encoder)

fill() {
    sed -e "s|@BIN@|$bin|g" -e "s|@ETC@|$etc|g" -e "s|@DOC@|$documents|g" "$@"
}

install_programs() {
    local program
    for program in "${programs[@]}"; do
        [[ -x "$build/$program" ]] || fail "there is no $build/$program: run 'make release' first"
        install -D -m 0755 "$build/$program" "$destination$bin/$program"
        # Without the symbols for debuggers a program is a quarter of its size; a crash report names less.
        if command -v strip >/dev/null; then strip --strip-unneeded "$destination$bin/$program"; fi
    done
}

install_documents() {
    install -d -m 0755 "$destination$documents"
    cp -r "$root/README.md" "$root/LICENSE" "$root/Documentation/." "$destination$documents/"
    find "$destination$documents" -name __pycache__ -prune -exec rm -r {} +
    install -d -m 0755 "$destination$documents/Policies" "$destination$documents/Keys"
    cp "$root"/Policies/*.yaml "$destination$documents/Policies/"
    cp "$root"/Keys/*.yaml "$destination$documents/Keys/"
}

# A configuration that is there stays as it is.
install_configuration() {
    local file="$destination$etc/keyway/keyway.yaml"
    install -d -m 0750 "$destination$etc/keyway"
    if [[ ! -e "$file" ]]; then
        fill "$root/scripts/install/keyway.yaml" >"$file"
        chmod 0640 "$file"
    fi
    # Its account reads it, and others do not: keys of TLS lie there, too.
    if [[ -z "$destination" ]] && getent group keyway >/dev/null; then
        chgrp -R keyway "$etc/keyway"
    elif [[ -z "$destination" ]]; then
        say "when the account 'keyway' is there (systemd-sysusers): chgrp -R keyway $etc/keyway"
    fi
}

# NAME COMMAND WHAT
install_unit() {
    local unit="$destination$prefix/lib/systemd/system/$1.service"
    install -d -m 0755 "$(dirname "$unit")"
    fill -e "s|@PROGRAM@|$1|g" -e "s|@COMMAND@|$2|g" -e "s|@WHAT@|$3|g" "$root/scripts/install/service.in" >"$unit"
}

install_units() {
    install_unit keyway "keyway serve" "key service, origin, admin API and worker in one"
    install_unit keyway-keys "keyway-keys" "the key service alone"
    install_unit keyway-origin "keyway-origin" "the encrypting origin alone"
    install -D -m 0644 "$root/scripts/install/sysusers.conf" "$destination$prefix/lib/sysusers.d/keyway.conf"
}

# What another machine of the same distribution needs: of the libraries that the programs name themselves, the packages.
say_packages() {
    local program libraries
    command -v dpkg-query >/dev/null && command -v readelf >/dev/null || return 0
    libraries="$(for program in "${programs[@]}"; do readelf -d "$destination$bin/$program"; done |
        sed -nE 's/.*\(NEEDED\).*\[(.*)\]/\1/p' | sort -u)"
    if grep -q '^libswift' <<<"$libraries"; then
        say "these programs need Swift's own libraries; those of 'make release' do not"
    fi
    say "packages that they need: $(while read -r library; do
        dpkg-query -S "*/$library" 2>/dev/null || true
    done <<<"$libraries" | cut -d: -f1 | grep -v -e '-dev$' | sort -u | tr '\n' ' ')"
}

install_programs
install_documents
install_configuration
install_units
say "installed below ${destination:-/}: $bin, $etc/keyway, $prefix/lib/systemd/system"
if [[ -z "${QUIET:-}" ]]; then say_packages; fi
