#!/bin/sh
# Comes before git and rm on the PATH of a daemon. Kills the daemon at the command whose number is in the file "at" in
# the same folder. An even number kills before the command, an odd one after it.
here=$(dirname "$0")
name=$(basename "$0")
PATH=${PATH#*:}
export PATH
# Only the daemon's own commands count: an agent's git does not have the variable, and its rm has other arguments.
if [ ! -e "$here/at" ] || { [ "$name" = git ] && [ -z "${GIT_CONFIG_NOSYSTEM:-}" ]; } || { [ "$name" = rm ] && [ "$1" != -rf ]; }; then
  exec "$name" "$@"
fi
printf . >> "$here/count"
at=$(cat "$here/at")
if [ "$(wc -c < "$here/count")" -ne "$at" ]; then exec "$name" "$@"; fi
if [ $((at % 2)) -eq 1 ]; then "$name" "$@"; fi
echo "$name $*" >> "$here/killed.log"
kill -9 "$PPID"
