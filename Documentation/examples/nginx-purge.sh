#!/bin/sh
# Removes what nginx has cached below paths: nginx-purge.sh CACHE-FOLDER PREFIX…
#
#   keyway asset takedown film --json | jq -r '.purge.prefixes[]' | xargs nginx-purge.sh /var/cache/nginx/keyway
#
# nginx fetches anew what it finds no file for. Every file of the cache names its key in its head.
set -eu
cache="$1"
shift
for prefix in "$@"; do
    case "$prefix" in
    /*[!A-Za-z0-9/._-]* | "") echo "nginx-purge: not a path of Keyway: $prefix" >&2 && exit 64 ;;
    /?*/) ;;
    *) echo "nginx-purge: a prefix begins and ends with a slash: $prefix" >&2 && exit 64 ;;
    esac
    grep -rlaE "^KEY: [^/]*$prefix" "$cache" | while IFS= read -r file; do
        rm -f "$file"
        echo "$file"
    done
done
