#!/bin/sh
# Installs scispool with its systemd units, manual pages and completions; or takes all of that away again. Enables nothing.
#
#   Systemd/install.sh                    for the machine, below /usr/local (as root)
#   Systemd/install.sh --prefix /usr      elsewhere
#   Systemd/install.sh --user             for you alone, below ~/.local, under your own service manager
#   Systemd/install.sh --uninstall        removes what it installed and nothing else; spool and user stay
#   --dry-run       says what would happen, and writes nothing
#   --root DIR      everything below DIR, which is no running system: for packages and tests
#   --binary FILE   the program (default: .build/release/scispool)
#
# Settings in /etc (or ~/.config) that you changed are neither overwritten nor removed.
set -eu

usage() { sed -n '2,13s/^# \{0,1\}//p' "$0" >&2; exit 64; }
stop() { echo "install: $1" >&2; exit "${2:-70}"; }

source="$(cd "$(dirname "$0")/.." && pwd)"
prefix=""
root=""
binary="$source/.build/release/scispool"
for_user=""
dry=""
uninstalls=""
while [ $# -gt 0 ]; do
  case "$1" in
    --prefix|--root|--binary)
      [ $# -ge 2 ] || usage
      case "$1" in --prefix) prefix="${2%/}" ;; --root) root="${2%/}" ;; --binary) binary="$2" ;; esac
      shift 2 ;;
    --user) for_user=1; shift ;;
    --dry-run) dry=1; shift ;;
    --uninstall) uninstalls=1; shift ;;
    *) usage ;;
  esac
done

if [ -n "$for_user" ]; then
  prefix="${prefix:-$HOME/.local}"
  settings="${XDG_CONFIG_HOME:-$HOME/.config}"
  state="${XDG_DATA_HOME:-$HOME/.local/share}/scispool"
  spool="$state/spool"
  units="$settings/systemd/user"
  defaults="$settings/scispool/default"
  settings="$settings/scispool"
else
  prefix="${prefix:-/usr/local}"
  state="/var/lib/scispool"
  spool="/var/spool/scispool"
  settings="/etc/scispool"
  defaults="/etc/default/scispool"
  # The one prefix below which systemd looks on every Debian.
  if [ "$prefix" = /usr ]; then system="/usr/lib"; units="/lib/systemd/system"; else system="/etc"; units="/etc/systemd/system"; fi
fi
for path in "$prefix" "$settings" "$spool"; do
  case "$path" in
    /*) ;;
    *) stop "the path \"$path\" must begin with /" 64 ;;
  esac
  # They are written into units and a list.
  case "$path" in *[!A-Za-z0-9/._@+-]*) stop "the path \"$path\" has characters other than letters, digits and / . _ @ + -" 64 ;; esac
done
[ -z "$root" ] || case "$root" in /*) ;; *) root="$(pwd)/$root" ;; esac

# What was installed: "sum  path" for a file, "folder  path" for a folder that was not there before, in order.
list="$prefix/share/scispool/installed"

sum() { sha256sum "$1" | cut -d ' ' -f 1; }
# Installed files whose sum is another now.
changed() {
  sed -n 's|^\([0-9a-f]\{64\}  \)/|\1|p' "$root$list" \
    | (cd "$root/" && LC_ALL=C sha256sum --check --quiet 2>/dev/null | sed -n 's|^\(.*\): FAILED$|/\1|p')
}
listed() { [ ! -e "$root$list" ] || sed -n "s|^\([0-9a-f]\{64\}\)  $1\$|\1|p" "$root$list"; }

uninstall() {
  [ -e "$root$list" ] || stop "nothing is installed below $prefix: $root$list is missing" 66
  if [ -z "$root$dry" ]; then
    if [ -n "$for_user" ]; then manager="systemctl --user"; else manager="systemctl"; fi
    # Where no manager runs there is nothing to stop.
    $manager disable --now scispool.service scispool-clean.timer 'scispool-retrain@*.timer' >/dev/null 2>&1 || true
  fi
  changed=" $(changed | tr '\n' ' ')"
  set --
  while read -r kind path; do
    [ "$kind" != folder ] || continue
    [ -e "$root$path" ] || [ -L "$root$path" ] || continue
    case "$changed" in *" $path "*) echo "kept: $path was changed"; continue ;; esac
    if [ -n "$dry" ]; then echo "would remove $path"; else set -- "$@" "$root$path"; fi
  done <"$root$list"
  [ $# -eq 0 ] || rm -f "$@"
  if [ -n "$dry" ]; then echo "would remove $list and the folders that are empty then"; return; fi
  folders="$(sed -n 's/^folder  //p' "$root$list" | sort -r)"
  rm -f "$root$list"
  for path in $folders; do rmdir "$root$path" 2>/dev/null || true; done
  [ -n "$root" ] || [ -z "${manager:-}" ] || $manager daemon-reload >/dev/null 2>&1 || true
  echo "removed; the spool $spool${for_user:+ and your settings}${system:+ and the user scispool} stay"
}

# Makes a folder and those above it, and remembers which were not there.
folder() {
  [ ! -d "$root$1" ] || return 0
  [ "$1" = "" ] || folder "${1%/*}"
  [ -n "$1" ] || return 0
  mkdir "$root$1"
  chmod 755 "$root$1"
  echo "folder  $1" >>"$root$list.new"
}

# put MODE FILE PATH [setting]
put() {
  if [ -n "$dry" ]; then echo "would install $3"; return; fi
  if [ -e "$root$3" ]; then
    known="$(listed "$3")"
    now="$(sum "$root$3")"
    if [ "${4:-}" = setting ] && [ "$now" != "$(sum "$2")" ] && [ "$now" != "$known" ]; then
      echo "kept: $3 was changed"
      [ -z "$known" ] || echo "$known  $3" >>"$root$list.new"
      return
    fi
    [ -n "$known" ] || [ "$now" = "$(sum "$2")" ] || stop "$3 is there and not from here: move it away first" 73
  fi
  folder "${3%/*}"
  # Never half a file, and never one that runs overwritten.
  install -m "$1" "$2" "$root$3.new"
  mv -f "$root$3.new" "$root$3"
  echo "file  $3" >>"$root$list.new"
}

# Has the list say what is there now, also after an installation that was broken off: the last word on each path counts.
settle() {
  rm -rf "$work"
  [ -n "$dry" ] || [ ! -e "$root$list.new" ] || {
    {
      [ ! -e "$root$list" ] || cat "$root$list"
      grep -v '^file ' "$root$list.new" || true
      sed -n 's|^file  /||p' "$root$list.new" | (cd "$root/" && xargs -r sha256sum) | sed 's|  |  /|'
    } | tac | awk '!seen[$2]++' | LC_ALL=C sort -k 2 >"$root$list.sorted"
    mv "$root$list.sorted" "$root$list"
    rm "$root$list.new"
  }
}

unit() {
  sed -e "s|/usr/local/|$prefix/|g" "$1" >"$work/unit"
  if [ -n "$for_user" ]; then
    # One's own manager has no other users, and may not drop what it never had.
    sed -i -E \
      -e '/^(User|Group|UMask|StateDirectory|StateDirectoryMode|WorkingDirectory|Environment=HOME|ReadWritePaths)=/d' \
      -e '/^Environment=HOME=/d' -e '/^After=local-fs/d' \
      -e '/^(CapabilityBoundingSet|AmbientCapabilities|SecureBits|Protect[A-Za-z]*|Private[A-Za-z]*|DevicePolicy)=/d' \
      -e '/^(RemoveIPC|KeyringMode|SocketBindDeny|IPAddressDeny|RestrictNamespaces)=/d' -e '/^# No PrivateUsers/d' \
      -e 's/^WantedBy=multi-user/WantedBy=default/' -e "s|/etc/default/scispool|$defaults|g" \
      -e "s|/etc/scispool|$settings|g" -e "s|/var/spool/scispool|$spool|g" "$work/unit"
  fi
  put 644 "$work/unit" "$units/${1##*/}"
}

install_all() {
  [ -x "$binary" ] || stop "there is no program $binary: build it with \`swift build -c release\`, or name it with --binary" 66
  "$binary" --version >/dev/null || stop "$binary does not run"
  if [ -z "$dry" ]; then
    parent="$root$list"
    while [ ! -e "$parent" ]; do parent="${parent%/*}"; done
    [ -w "${parent:-/}" ] || stop "cannot write to ${parent:-/}: run as root, or with --user" 73
    # The list itself lies in a folder that may have to be made.
    made=""
    path="${list%/*}"
    while [ ! -d "$root$path" ]; do made="$path $made"; path="${path%/*}"; done
    mkdir -p "$root${list%/*}"
    : >"$root$list.new"
    for path in $made; do echo "folder  $path" >>"$root$list.new"; done
    # Folders that an earlier installation made are still ours.
    [ ! -e "$root$list" ] || grep '^folder' "$root$list" >>"$root$list.new" || true
  fi

  # The program lies beside the Swift runtime that it was built with, which Debian does not have and which may lie in
  # somebody's home; the linker finds it there.
  cp "$binary" "$work/scispool"
  if command -v patchelf >/dev/null; then
    # Found there first, so that another toolchain later on changes nothing.
    # shellcheck disable=SC2016  # the loader expands it, not the shell
    patchelf --set-rpath '$ORIGIN' "$work/scispool"
  fi
  put 755 "$work/scispool" "$prefix/lib/scispool/scispool"
  runtime="$(ldd "$binary" | sed -n 's|.* => \(.*\)/libswiftCore\.so .*|\1|p')"
  for library in $([ -z "$runtime" ] || ldd "$binary" | sed -n "s|.* => \($runtime/[^ ]*\) .*|\1|p"); do
    put 644 "$library" "$prefix/lib/scispool/${library##*/}"
  done
  if [ -n "$dry" ]; then
    echo "would install $prefix/bin/scispool"
  else
    if [ -e "$root$prefix/bin/scispool" ] || [ -L "$root$prefix/bin/scispool" ]; then
      [ "$(readlink "$root$prefix/bin/scispool")" = ../lib/scispool/scispool ] \
        || stop "$prefix/bin/scispool is there and not from here: move it away first" 73
    fi
    folder "$prefix/bin"
    ln -sfn ../lib/scispool/scispool "$root$prefix/bin/scispool"
    echo "link  $prefix/bin/scispool" >>"$root$list.new"
  fi

  put 755 "$source/Systemd/retrain/retrain" "$prefix/libexec/scispool/retrain"
  for file in "$source"/Systemd/retrain/mini/*.json; do
    put 644 "$file" "$settings/retrain/mini/${file##*/}" setting
  done
  for file in "$source"/Systemd/units/*; do
    case "$file" in
      */scispool-clean.*) "$binary" clean --help 2>/dev/null | grep -q '^USAGE: scispool clean' || continue ;;
    esac
    unit "$file"
  done
  put 644 "$source/Systemd/scispool.default" "$defaults" setting
  sed -e "s|/var/lib/scispool|$state|g" -e "s|/var/spool/scispool|$spool|g" "$source/Systemd/config.jsonc" >"$work/config.jsonc"
  put 644 "$work/config.jsonc" "$settings/config.jsonc" setting
  if [ -z "$for_user" ]; then
    put 644 "$source/Systemd/scispool.sysusers" "$system/sysusers.d/scispool.conf"
    put 644 "$source/Systemd/scispool.tmpfiles" "$system/tmpfiles.d/scispool.conf"
  fi

  mkdir "$work/man"
  "$binary" manual --out "$work/man"
  for file in "$work"/man/*; do put 644 "$file" "$prefix/share/man/man1/${file##*/}"; done
  for shell in bash zsh fish; do
    # It is read by a shell and never run.
    "$binary" --generate-completion-script "$shell" | sed '1{/^#!/d;}' >"$work/completion"
    case "$shell" in
      bash) file="bash-completion/completions/scispool" ;;
      zsh) if [ "$prefix" = /usr ]; then file="zsh/vendor-completions/_scispool"; else file="zsh/site-functions/_scispool"; fi ;;
      fish) file="fish/vendor_completions.d/scispool.fish" ;;
    esac
    put 644 "$work/completion" "$prefix/share/$file"
  done
  # The miniature models, the examples and what the demonstration needs, to be copied into a spool.
  for part in models/flux-mini models/clip-mini models/grounding-dino-mini examples schema datasets; do
    for file in $(cd "$source/Spool" && find "$part" -type f | sort); do
      put 644 "$source/Spool/$file" "$prefix/share/scispool/$file"
    done
  done
  [ -z "$dry" ] || return 0

  # What an earlier version had and this one does not.
  if [ -e "$root$list" ]; then
    changed=" $(changed | tr '\n' ' ')"
    while read -r kind path; do
      [ "$kind" != folder ] || continue
      case "$changed" in *" $path "*) continue ;; esac
      grep -q "^[^ ]*  $path\$" "$root$list.new" || rm -f "$root$path"
    done <"$root$list"
    rm "$root$list"
  fi
  settle
  [ -z "$root" ] || return 0

  if [ -z "$for_user" ]; then
    systemd-sysusers "$system/sysusers.d/scispool.conf"
    systemd-tmpfiles --create "$system/tmpfiles.d/scispool.conf"
    [ ! -d /run/systemd/system ] || systemctl daemon-reload
    echo "installed. The miniature models, if you want them:"
    echo "  cp -R $prefix/share/scispool/models/. $spool/models/ && chown -R scispool: $spool/models"
    echo "Then: systemctl enable --now scispool.service"
  else
    systemctl --user daemon-reload >/dev/null 2>&1 || true
    echo "installed. The miniature models, if you want them:"
    echo "  mkdir -p $spool && cp -R $prefix/share/scispool/models $spool/"
    echo "Then: systemctl --user enable --now scispool.service; loginctl enable-linger lets it run when you are away"
  fi
}

if [ -n "$uninstalls" ]; then uninstall; exit; fi
work="$(mktemp -d "${TMPDIR:-/tmp}/scispool-install.XXXXXX")"
trap settle EXIT
trap 'exit 130' INT TERM
install_all
