#!/bin/sh
# Replaces a coding agent in tests. It runs the lines of the task that follow a line "#!sh". Its argument is a file that
# gets a line for each start. The lines have the whole prompt in the file "$PROMPT". "$FEEDBACK" says whether this is a
# later round.
set -u
echo "$(git symbolic-ref --short HEAD)" >> "$1"
PROMPT=$(mktemp)
cat > "$PROMPT"
FEEDBACK=$(grep -c '^----- BEGIN FEEDBACK' "$PROMPT")
LINES=$(sed -n '/^#!sh$/,/^----- END TASK/p' "$PROMPT" | sed '1d;$d')
export PROMPT FEEDBACK
export GIT_AUTHOR_NAME=Agent GIT_AUTHOR_EMAIL=agent@localhost GIT_COMMITTER_NAME=Agent GIT_COMMITTER_EMAIL=agent@localhost
sh -eu -c "$LINES"
code=$?
rm -f "$PROMPT"
exit $code
