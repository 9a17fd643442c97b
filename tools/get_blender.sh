#!/bin/bash
# get_blender.sh [TARGET]   make a folder (default .tools/blender) that holds a real Blender 4.3.2
# from Debian trixie with its own Python 3.13, a virtual screen and ImageMagick: about 1.3 GiB.
#   TARGET/enter COMMAND...   runs a command in it, in the present directory, with /tmp shared;
#                             the folder that ALSO_BIND names is seen too
# Nothing on the host changes but debootstrap, which is installed where it is absent. Needs root.
# Every stage leaves a stamp, so a broken download goes on where it stopped and a finished root
# returns at once.
set -euo pipefail
cd "$(dirname "$0")/.."
suite=trixie
target=$(realpath -m "${1:-.tools/blender}")
packages=(
  blender python3-numpy python3-openvdb            # Debian's OpenVDB binding is a package of its own
  python3-requests python3-zstandard python3-cattr # newer extension systems fail to register without
  xvfb xauth xdotool x11-apps x11-utils imagemagick
  libgl1-mesa-dri libglx-mesa0 libegl1 libegl-mesa0 libgl1 mesa-vulkan-drivers
  fonts-dejavu-core ca-certificates
)
wanted=$(printf '%s\n' "$suite" "${packages[@]}" | sha256sum | cut -c1-16)

# A private mount namespace: nothing stays mounted, so nothing needs to be unmounted.
write_enter() {
  cat > "$target/enter.new" <<'ENTER'
#!/bin/bash
set -eu
root=$(dirname "$(realpath "$0")")
exec unshare --mount --propagation private bash -euc '
  root=$1; directory=$2; also=$3; shift 3
  mount -t proc proc "$root/proc"; mount --rbind /dev "$root/dev"; mount --bind /tmp "$root/tmp"
  for seen in "$also" "$directory"; do
    case "$seen/" in //|/tmp/*) ;; *) mkdir -p "$root$seen"; mount --bind "$seen" "$root$seen";; esac
  done
  unset PYTHONPATH PYTHONHOME LD_LIBRARY_PATH VIRTUAL_ENV
  export HOME=/root LANG=C.UTF-8 LC_ALL=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin
  exec chroot "$root" sh -c '\''cd "$0"; exec "$@"'\'' "$directory" "$@"' \
  _ "$root" "$PWD" "${ALSO_BIND:-/}" "$@"
ENTER
  chmod +x "$target/enter.new"
  mv "$target/enter.new" "$target/enter"
}

if [ "$(cat "$target/.got-blender" 2>/dev/null)" = "$wanted" ]; then
  write_enter
  exit 0
fi
[ "$(id -u)" = 0 ] || {
  echo "get_blender.sh: needs root; or install Blender 4.3 or newer, or name one in \$BLENDER" >&2
  exit 1
}

export DEBIAN_FRONTEND=noninteractive LC_ALL=C
start=$SECONDS
mkdir -p "$(dirname "$target")"
command -v debootstrap >/dev/null || { apt-get update -qq; apt-get install -y -qq debootstrap; } >&2
# the mirror that the host itself uses; debootstrap's own default where that cannot be read
mirror=${MIRROR:-$(sed -n 's/^URIs: *\([^ ]*\).*/\1/p' \
  /etc/apt/sources.list.d/debian.sources 2>/dev/null | head -1)}

if [ "$(cat "$target/.got-base" 2>/dev/null)" != "$suite" ]; then
  echo "blender: fetching the base of Debian $suite" >&2
  rm -rf --one-file-system "$target"
  mkdir -p "$target"
  debootstrap --variant=minbase "$suite" "$target" ${mirror:+"$mirror"} > "$target.log" 2>&1 \
    || { tail -20 "$target.log" >&2; exit 1; }
  echo "$suite" > "$target/.got-base"
fi

cat > "$target/etc/apt/apt.conf.d/90small" <<'C'
APT::Install-Recommends "false";
APT::Sandbox::User "root";
Acquire::Languages "none";
DPkg::Options { "--force-unsafe-io"; };
C
printf 'path-exclude /usr/share/%s/*\n' man doc locale info > "$target/etc/dpkg/dpkg.cfg.d/90small"
printf '#!/bin/sh\nexit 101\n' > "$target/usr/sbin/policy-rc.d"
chmod +x "$target/usr/sbin/policy-rc.d"
ln -sf ../proc/self/mounts "$target/etc/mtab" # else "could not get a list of mounted file-systems"
for name in resolv.conf hosts; do cp -L "/etc/$name" "$target/etc/$name" 2>/dev/null || true; done
write_enter

echo "blender: fetching Blender and what it needs" >&2
(cd / && "$target/enter" sh -ec \
  'export DEBIAN_FRONTEND=noninteractive; apt-get update -qq; apt-get install -y -qq "$@"; apt-get clean' \
  _ "${packages[@]}") > "$target.log" 2>&1 || { tail -30 "$target.log" >&2; exit 1; }
rm -rf "$target"/var/lib/apt/lists/*
echo "$wanted" > "$target/.got-blender"
echo "blender: $(chroot "$target" dpkg-query -W -f '${Version}' blender) ready in $((SECONDS - start)) s" >&2
