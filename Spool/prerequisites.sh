# Sourced by Spool/demo.sh and Tests/run.sh: makes sure that the Swift toolchain and the Debian packages are there.
# Names what is missing, installs it with apt (through sudo when not root), and stops with a reason if it cannot.

packages="libpng-dev libjpeg62-turbo-dev libcairo2-dev libinotifytools0-dev libsqlite3-dev libssl-dev libcurl4-openssl-dev libcld2-dev pkg-config fonts-dejavu-core"

command -v swift >/dev/null || {
  echo "The Swift toolchain is missing: install Swift 6.2 or newer from https://swift.org/install and put it on PATH." >&2
  exit 69
}

missing=""
for package in $packages; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $package"
done

if [ -n "$missing" ]; then
  echo "Missing Debian packages:$missing"
  if [ "$(id -u)" -eq 0 ]; then as_root=""; else as_root="sudo"; fi
  if [ -n "$as_root" ] && ! command -v sudo >/dev/null; then
    echo "Neither root nor sudo: install them and run this again: apt-get install$missing" >&2
    exit 69
  fi
  echo "Installing them with apt…"
  $as_root apt-get update -qq || echo "apt-get update failed; trying with the package lists at hand" >&2
  # shellcheck disable=SC2086  # the list is words on purpose
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null || {
    echo "apt could not install:$missing" >&2
    exit 69
  }
fi
