#!/bin/sh
# Writes a Swift file with the commit that a package is built from: 12 digits or more, a + behind them if what the
# program is made of has changed since, or nil where nobody knows it.
#
#   sh built-commit.sh PACKAGE FILE LAST-RUN
#
# FILE is only written if that changes it, so that nothing is built anew for nothing; LAST-RUN always. That there is no
# commit to be told fails no build.
package=$1 file=$2 last_run=$3

# What the caller's git has set, as in a hook, is about a repository that may be another.
# shellcheck disable=SC2046
unset $(git rev-parse --local-env-vars 2>/dev/null)

# Fails, and prints nothing, without git, in no repository, in one that git doesn't trust (safe.directory), before the
# first commit, and where the package is but a folder in something else's repository, whose commits tell nothing of it.
commit() (
  cd "$package" 2>/dev/null || exit
  prefix=$(git rev-parse --show-prefix) || exit
  [ -z "$prefix" ] || exit
  head=$(git rev-parse --verify --short=12 HEAD) || exit
  # Locks nothing, so that a git that runs meanwhile isn't disturbed.
  changes=$(git --no-optional-locks status --porcelain --untracked-files=normal -- Package.swift Sources) || exit
  printf '%s%s' "$head" "${changes:++}"
)

if found=$(commit 2>/dev/null); then value="\"$found\""; else value=nil; fi
text="let builtCommit: String? = $value"

# Replaces a file as a whole.
put() { printf '%s\n' "$2" >"$1.new" && mv -f "$1.new" "$1"; }

if [ ! -e "$file" ] || [ "$(cat "$file")" != "$text" ]; then
  # The compiler takes a file that changes in the second of its last run for unchanged.
  [ ! -e "$file" ] || sleep 1
  put "$file" "$text" || exit
fi
# Another file, by its inode even where times are coarse: what makes this run at the next build.
put "$last_run" ""
