#!/bin/bash
# Runs a command in a Debian tree with Wine, inside mount and process namespaces of its own:
#
#   unshare --mount --propagation unchanged --pid --fork --kill-child \
#     bash wine_session.sh TREE RUN REPOSITORY COMMAND…
#
# RUN is this run's folder: what is under RUN/mnt appears as /mnt (Windows: Z:\mnt), a symbolic
# link there as the folder that it names. The tree and the repository are read-only, so that
# runs cannot disturb each other. This shell is process 1 of its namespace: when it ends,
# wineserver and everything else that Wine started end with it.
set -euo pipefail
tree=$1 run=$2 repository=$3
shift 3

# Private, so that no mount shows outside, where removing RUN would remove what it shows.
bind() {
  mount --bind "$1" "$2"
  mount --make-private "$2"
}
# In a chroot the root may not be a mount that could be made private; then RUN becomes one.
mount --make-rprivate / 2>/dev/null || bind "$run" "$run"

root=$run/root
mkdir -p "$root" "$run/mnt/repo"
bind "$tree" "$root"
mount -o remount,bind,ro "$root"
bind "$run/mnt" "$root/mnt"
bind "$repository" "$root/mnt/repo"
mount -o remount,bind,ro "$root/mnt/repo"
for link in "$run"/mnt/*; do
  if [[ -L $link ]]; then
    folder=$(readlink -f "$link")
    rm "$link"
    mkdir "$link"
    bind "$folder" "$root/mnt/${link##*/}"
  fi
done
# Wine's own files are 770 MB: they are shared, only the registry and the user's folders are
# this run's.
if [[ -d $run/mnt/windows ]]; then
  mkdir -p "$run/mnt/home/prefix/drive_c/windows"
  mount --move "$root/mnt/windows" "$root/mnt/home/prefix/drive_c/windows"
  mount -o remount,bind,ro "$root/mnt/home/prefix/drive_c/windows"
  mount -t tmpfs tmpfs "$root/mnt/home/prefix/drive_c/windows/temp"
fi
mount --rbind /dev "$root/dev"
mount --make-rprivate "$root/dev"
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/tmp"

# No TMPDIR: with it, wineserver 10 frees what it must not and aborts.
variables=(HOME=/mnt/home XDG_RUNTIME_DIR=/tmp PATH=/usr/bin:/bin LC_ALL=C.UTF-8)
variables+=(WINEPREFIX=/mnt/home/prefix WINEDEBUG=-all WINEDLLOVERRIDES=mscoree,mshtml=)
variables+=(DENO_DIR='Z:\mnt\deno_dir' DENO_NO_UPDATE_CHECK=1 NO_COLOR=1)
# Not exec: process 1 of a namespace ignores signals that it does not handle.
chroot "$root" env -i -C /mnt/repo "${variables[@]}" "$@" && code=0 || code=$?
exit "$code"
