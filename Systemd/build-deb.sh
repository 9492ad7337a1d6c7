#!/bin/sh
# Builds the Debian package of this checkout for this machine's architecture and release: scispool_VERSION_ARCH.deb.
#
#   Systemd/build-deb.sh                  builds the program, and the package in .build/
#   Systemd/build-deb.sh --out DIR        the package elsewhere
#   Systemd/build-deb.sh --binary FILE    packs a program that is built already
#
# The package holds the program that was tested, beside the Swift runtime libraries that it was built with, in
# /usr/lib/scispool: Debian has no package of them, and linking them statically would be another program, built a second
# time. All else comes from Debian's packages, which dpkg-shlibdeps names.
set -eu

usage() { sed -n '2,10s/^# \{0,1\}//p' "$0" >&2; exit 64; }
stop() { echo "build-deb: $1" >&2; exit "${2:-70}"; }

here="$(pwd)"
cd "$(dirname "$0")/.."
out="$(pwd)/.build"
binary=""
while [ $# -gt 0 ]; do
  case "$1" in
    --out|--binary)
      [ $# -ge 2 ] || usage
      case "$1" in --out) out="$2" ;; --binary) binary="$2" ;; esac
      shift 2 ;;
    *) usage ;;
  esac
done
for program in dpkg-deb dpkg-shlibdeps patchelf strip fakeroot; do
  command -v "$program" >/dev/null || stop "$program is missing: apt-get install dpkg-dev patchelf binutils fakeroot" 69
done
out="$(cd "$here" && cd "$out" && pwd)" || stop "the folder $out does not exist" 66
[ -z "$binary" ] || case "$binary" in /*) ;; *) binary="$here/$binary" ;; esac
if [ -z "$binary" ]; then
  # shellcheck source=Spool/prerequisites.sh
  . Spool/prerequisites.sh
  swift build -c release --product scispool
  binary="$(swift build -c release --show-bin-path)/scispool"
fi

work="$(mktemp -d "${TMPDIR:-/tmp}/scispool-deb.XXXXXX")"
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
# dpkg-shlibdeps knows the package's own libraries by the name of this folder.
stage="$work/debian/scispool"
mkdir -p "$stage/DEBIAN"
chmod 755 "$stage"

Systemd/install.sh --root "$stage" --prefix /usr --binary "$binary"
# dpkg keeps the list itself.
rm "$stage/usr/share/scispool/installed"
strip --strip-unneeded --remove-section=.comment --remove-section=.note "$stage"/usr/lib/scispool/*
gzip -9n "$stage"/usr/share/man/man1/*

version="$("$binary" --version)"
architecture="$(dpkg --print-architecture)"
# The same checkout gives the same bytes.
SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}"
export SOURCE_DATE_EPOCH
documents="$stage/usr/share/doc/scispool"
mkdir -p "$documents"
cp Systemd/debian/copyright README.md docs/configuration.md docs/operations.md docs/recipes.md docs/installation.md "$documents/"
gzip -9nc CHANGELOG.md >"$documents/changelog.gz"
{
  echo "scispool ($version-1) unstable; urgency=medium"
  echo
  echo "  * Package of version $version; see changelog.gz."
  echo
  echo " -- scispool maintainers <maintainers@scispool.example>  $(LC_ALL=C date -u -R -d "@$SOURCE_DATE_EPOCH")"
} | gzip -9nc >"$documents/changelog.Debian.gz"
chmod -R u=rwX,go=rX "$documents"

printf 'Source: scispool\n\nPackage: scispool\nArchitecture: %s\n' "$architecture" >"$work/debian/control"
libraries="$(cd "$work" && dpkg-shlibdeps -O --ignore-missing-info -l"$stage/usr/lib/scispool" \
  debian/scispool/usr/lib/scispool/* 2>"$work/shlibdeps.log" | sed -n 's/^shlibs:Depends=//p')"
[ -n "$libraries" ] || { cat "$work/shlibdeps.log" >&2; stop "dpkg-shlibdeps names no packages"; }
sed -e "s/@VERSION@/$version-1/" -e "s/@ARCHITECTURE@/$architecture/" -e "s/@LIBRARIES@/$libraries/" \
  -e "s/@SIZE@/$(du -ks --exclude=DEBIAN "$stage" | cut -f 1)/" Systemd/debian/control >"$stage/DEBIAN/control"
for script in postinst prerm postrm; do install -m 755 "Systemd/debian/$script" "$stage/DEBIAN/$script"; done
(cd "$stage" && find etc -type f | sort | sed 's|^|/|') >"$stage/DEBIAN/conffiles"
(cd "$stage" && find usr lib -type f | sort | xargs md5sum) >"$stage/DEBIAN/md5sums"
chmod 644 "$stage/DEBIAN/control" "$stage/DEBIAN/conffiles" "$stage/DEBIAN/md5sums"

package="$out/scispool_$version-1_$architecture.deb"
dpkg-deb --root-owner-group --build "$stage" "$package" >/dev/null
echo "$package"
