#!/bin/sh
# `make install` and `make uninstall`: fsmv2 in an environment of its own, and a link to it.
#
#   sh ops/install.sh install|uninstall PREFIX [PYTHON]
#
# Only what the hashed lock files name is installed, and nothing that development alone needs. An
# installation that is there is brought up to date where it stands: a tree that runs from it goes on.
set -eu
umask 022

fail() {
  echo "error: $1" >&2
  echo "  fix: $2" >&2
  exit 1
}

action=$1 prefix=$2 python=${3:-python3}
clone=$(cd "$(dirname "$0")/.." && pwd)
case $prefix in
  '~') prefix=$HOME ;;
  '~/'*) prefix=$HOME/${prefix#??} ;; # not every shell expands it within PREFIX=~/x
  /*) ;;
  *) prefix=$PWD/$prefix ;;
esac
home=$prefix/lib/fsmv2
link=$prefix/bin/fsmv2

# What is of somebody else is neither replaced nor removed.
ours() { grep -qs '^prompt = .*fsmv2' "$home/pyvenv.cfg"; }
if [ -e "$home" ] && ! ours; then
  fail "$home exists, and 'make install' has not made it" \
    "Choose another place: make $action PREFIX=DIR, or remove it."
fi
if { [ -e "$link" ] || [ -L "$link" ]; } && [ "$(readlink "$link")" != "$home/bin/fsmv2" ]; then
  fail "$link exists, and 'make install' has not made it" \
    "Choose another place: make $action PREFIX=DIR, or remove it."
fi

if [ "$action" = uninstall ]; then
  if ! ours && ! [ -L "$link" ]; then
    fail "fsmv2 is not installed in $prefix" "Name the place: make uninstall PREFIX=DIR"
  fi
  rm -rf "$home" "$link"
  echo "removed $link and $home; documents, and what trees have stored, are left"
  exit
fi

command -v "$python" >/dev/null || fail "there is no $python" \
  "Install Python 3.11 or later, or name it: make install PYTHON=/path/to/python3"
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail \
  "fsmv2 needs Python 3.11 or later, and $python is $version" \
  "Name a newer one: make install PYTHON=python3.11"
"$python" -c 'import ensurepip, venv' 2>/dev/null || fail \
  "$python lacks the modules that make environments" \
  "On Debian and Ubuntu: apt install python3-venv"
mkdir -p "$prefix/bin" "$prefix/lib" 2>/dev/null && [ -w "$prefix/bin" ] && [ -w "$prefix/lib" ] ||
  fail "you may not write to $prefix" "Run it as root, or choose another place: make install PREFIX=DIR"

echo "installing fsmv2 into $home (about a minute)"
if ! [ "$("$home/bin/python" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>&1)" = "$version" ]; then
  "$python" -m venv --clear --prompt fsmv2 "$home"
fi
# What builds the package is not kept: it is needed once.
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
pip() { "$home/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps "$@"; }
pip --require-hashes --requirement "$clone/requirements-run.lock"
pip --require-hashes --requirement "$clone/requirements-build.lock" --target "$build"
(
  PYTHONPATH=$build
  export PYTHONPATH
  pip --no-build-isolation --force-reinstall "$clone"
)
# Python 3.11 puts it into each environment, and nothing here uses it: 10 MB.
"$home/bin/python" -m pip uninstall --quiet --yes setuptools 2>/dev/null
"$home/bin/python" -m pip check --disable-pip-version-check >/dev/null
ln -sfn "$home/bin/fsmv2" "$link"

echo "installed $("$link" --version): $link ($(du -sm "$home" | cut -f1) MB)"
first=$(command -v fsmv2 || true)
case :$PATH: in
  *:"$prefix/bin":*)
    [ "$first" = "$link" ] || echo "another fsmv2 comes first on your PATH: $first"
    ;;
  *)
    echo "$prefix/bin is not on your PATH. Enter this, and add it to ~/.profile (of zsh: ~/.zshrc):"
    echo "  export PATH=\"$prefix/bin:\$PATH\""
    ;;
esac
echo "next: fsmv2 demo"
