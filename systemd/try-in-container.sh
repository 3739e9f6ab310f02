#!/bin/bash
# Boots a small Debian in a container (systemd-nspawn), installs this tree and its units there as docs/operators.md says, and proves
# them: both services start under their whole hardening, the gate serves its screen, keeps its store, takes a secret from systemd,
# reaches BlueZ over D-Bus and a serial port; what the hardening forbids is refused; a service that stands still is started again.
#
#   sudo systemd/try-in-container.sh [FOLDER]      FOLDER keeps the Debian for the next time (default /var/tmp/gateway-trial)
#
# Needs root, a Debian or Ubuntu with systemd-container and debootstrap, its package mirror, and PyPI. Touches nothing outside FOLDER.
# Status 0: everything was as it should be; 1: something was not; 2: it could not be tried here, and why.
set -euo pipefail
tree=$(cd "$(dirname "$0")/.." && pwd)
work=${1:-/var/tmp/gateway-trial}
root=$work/root

cannot() { echo "not tried: $*" >&2; exit 2; }
[ "$(id -u)" = 0 ] || cannot "run it as root"
for tool in systemd-nspawn debootstrap; do command -v $tool >/dev/null || cannot "$tool is missing: apt install systemd-container debootstrap"; done

nspawn=(systemd-nspawn --quiet --directory="$root" --machine=gate-trial --register=no)
if [ ! -d /run/systemd/system ]; then
  # This machine was not started by systemd: there is no manager to ask for a control group, so take one.
  for hierarchy in /sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
    [ -w $hierarchy/cgroup.procs ] || continue
    mkdir -p $hierarchy/gateway-trial && echo $$ >$hierarchy/gateway-trial/cgroup.procs || cannot "no control group of our own at $hierarchy"
  done
  nspawn+=(--keep-unit)
  export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1
fi

mkdir -p "$work"
if [ ! -e "$root/debian-is-whole" ]; then
  rm -rf "$root"
  debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus,bluez,python3,python3-venv,ca-certificates,curl bookworm "$root" >"$work/debootstrap.log" ||
    cannot "debootstrap failed: $work/debootstrap.log"
  touch "$root/debian-is-whole"
fi

# The package and the units, as docs/operators.md has it.
rm -rf "$root/opt/gateway-src" "$root/var/lib/gateway" "$root/var/lib/gateway-platform" "$root/etc/gateway" "$root/var/log/journal"
mkdir -p "$root/opt/gateway-src" "$root/etc/gateway" "$root/trial"
cp -r "$tree"/{gateway,pyproject.toml,README.md,LICENSE,requirements.lock} "$root/opt/gateway-src"
trusted=/etc/ssl/certs/ca-certificates.crt # this machine's, for a network with an authority of its own
"${nspawn[@]}" --as-pid2 --bind-ro=$trusted --setenv=PIP_CERT=$trusted --setenv=PIP_INDEX_URL="${PIP_INDEX_URL:-https://pypi.org/simple}" /bin/sh -ec '
  [ -x /opt/gateway/bin/python ] || python3 -m venv /opt/gateway
  cd /opt/gateway-src
  /opt/gateway/bin/pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
  /opt/gateway/bin/pip install -q --disable-pip-version-check --no-deps --no-build-isolation --force-reinstall .
  for user in gateway gateway-platform; do id $user >/dev/null 2>&1 || useradd --system --no-create-home $user; done
  usermod -aG bluetooth gateway' </dev/null || cannot "the package could not be installed in $root"
cp -r "$tree"/systemd/gateway*.service* "$root/etc/systemd/system/"
cp "$tree/docs/pictures/gate-screen.png" "$root/etc/gateway/picture.png"
mkdir -p "$root/home/somebody" && touch "$root/trial/open-to-all" && chmod 666 "$root/trial/open-to-all"
(umask 077; head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$root/etc/gateway/seal-master.key"
 head -c 24 /dev/urandom | base64 >"$root/etc/gateway/platform.token")

cat >"$root/etc/gateway/site.yaml" <<'YAML'
name: trial
title: {zh_TW: 試驗站, en: Trial}
store: {folder: /var/lib/gateway}
readers:
  - {name: desk-reader, type: lines, port: /dev/ttyUSB0, technology: hf, pattern: "(?P<uid>[0-9A-F]{8,20})", antennas: {1: {lane: trial, purpose: pass}}}
seals:
  keys: {file: /run/credentials/gateway.service/seal-master.key}
  receivers:
    - {name: ble, type: bluez, adapter: hci0, lanes: [trial]}
lanes:
  - name: trial
    title: {zh_TW: 試驗車道, en: Trial lane}
    rules: {opened_by: camera, require_pass: false, require_seals: false}
    cameras:
      - {name: camera, type: file, path: /etc/gateway/picture.png, loop: true}
YAML

# A Bluetooth adapter on the container's own system bus, with the bus's own rules of who may speak to BlueZ.
cat >"$root/trial/bluez.py" <<'PYTHON'
import asyncio
from gateway.simulator.bluez import FakeBluez

async def main() -> None:
    bluez = FakeBluez("unix:path=/run/dbus/system_bus_socket")
    bluez.plug("hci0", "00:1A:7D:DA:71:10")
    await bluez.start()
    await asyncio.Event().wait()

asyncio.run(main())
PYTHON
cat >"$root/etc/systemd/system/trial-bluez.service" <<'UNIT'
[Service]
ExecStart=/opt/gateway/bin/python /trial/bluez.py
UNIT

# What the service may not do, tried from within: the gate's own unit with another program in it.
cat >"$root/trial/forbidden.py" <<'PYTHON'
import errno, os, pathlib, resource, socket, ctypes

def refused(what, attempt):
    try:
        attempt()
    except OSError as error:
        print(f"ok    refused: {what} ({errno.errorcode.get(error.errno, error)})")
    else:
        print(f"FAIL  not refused: {what}")

libc = ctypes.CDLL(None, use_errno=True)
def call(name, *arguments):
    if getattr(libc, name)(*arguments) < 0:
        raise OSError(ctypes.get_errno(), name)

refused("write a file that is open to all", lambda: open("/trial/open-to-all", "a"))
refused("read root's secret", lambda: open("/etc/gateway/seal-master.key"))
refused("read a home folder that is open to all", lambda: os.listdir("/home/somebody"))
refused("see other processes", lambda: open("/proc/1/cmdline"))
refused("see the kernel's settings", lambda: open("/proc/sys/kernel/hostname", "r"))
refused("open the memory", lambda: open("/dev/mem"))
refused("a raw socket", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
refused("a new namespace", lambda: call("unshare", 0x10000000))
refused("mount", lambda: call("mount", b"none", b"/tmp", b"tmpfs", 0, None))
refused("set the clock", lambda: call("settimeofday", ctypes.create_string_buffer(16), None))
refused("become root", lambda: os.setuid(0))
print("ok    no core is dumped" if resource.getrlimit(resource.RLIMIT_CORE) == (0, 0) else "FAIL  a core may be dumped")

try:  # no adapter is plugged in: the driver's own "no such device" says that both the unit and the group let us through
    os.open("/dev/ttyUSB0", os.O_RDWR | os.O_NOCTTY)
except OSError as error:
    through = error.errno in (errno.ENXIO, errno.ENODEV)
    print(f"{'ok   ' if through else 'FAIL '} a serial port is within reach ({errno.errorcode[error.errno]})")
else:
    print("ok    a serial port is within reach")
refused("another device", lambda: os.open("/dev/other", os.O_RDWR))
PYTHON

cat >"$root/trial/steps.sh" <<'STEPS'
#!/bin/bash
# Inside the container. Every line of the result begins with ok or FAIL.
result() { local said=$1; shift; if "$@" >/trial/last 2>&1; then echo "ok    $said"; else echo "FAIL  $said: $(tail -c 300 /trial/last | tr '\n' ' ')"; fi; }
until_true() { local tries=$1; shift; for ((i = 0; i < tries; i++)); do "$@" >/dev/null 2>&1 && return 0; sleep 0.5; done; return 1; }
working() { curl -sf http://127.0.0.1:8081/metrics | grep -qx "gateway_device_working{device=\"$1\"} 1.0"; }
restarted() { [ "$(systemctl show -P NRestarts gateway)" = 1 ] && systemctl -q is-active gateway; }
token() { cat /etc/gateway/platform.token; }

systemctl start trial-bluez
result "gateway.service starts and says itself that it is ready" systemctl start gateway
result "… it is active" systemctl is-active gateway
result "… its screen is served" until_true 20 curl -sf http://127.0.0.1:8081/healthz
result "… with the lane's page" curl -sf http://127.0.0.1:8081/lanes/trial
result "… its store is in its own folder, for nobody else" sh -c '[ "$(stat -c "%U %a" /var/lib/gateway/gate.sqlite3)" = "gateway 600" ] && [ "$(stat -c %a /var/lib/gateway)" = 700 ]'
result "… it has its secret from systemd: the file is root's" sh -c '[ "$(stat -c "%U %a" /etc/gateway/seal-master.key)" = "root 600" ]'
result "… BlueZ answers it over D-Bus" until_true 40 working ble
result "… its camera gives pictures" until_true 40 working camera
result "gateway-platform.service starts" systemctl start gateway-platform
result "… it serves TLS" until_true 60 curl -skf https://127.0.0.1:8443/healthz
result "… it has its token from systemd: without it nothing is told" sh -c '[ "$(curl -sk -o /dev/null -w "%{http_code}" https://127.0.0.1:8443/api/orders)" = 401 ]'
result "… and with it, it is" curl -skf -H "Authorization: Bearer $(token)" "https://127.0.0.1:8443/api/orders"

sed -e '/^Watchdog/d; /^Restart/d; /^NotifyAccess/d; s/^Type=.*/Type=oneshot/; s/^StateDirectory=.*/StateDirectory=trial/' \
  -e 's#^ExecStart=.*#ExecStart=/opt/gateway/bin/python /trial/forbidden.py#' /etc/systemd/system/gateway.service >/run/systemd/system/trial-forbidden.service
cp -r /etc/systemd/system/gateway.service.d /run/systemd/system/trial-forbidden.service.d
systemctl daemon-reload
systemctl start trial-forbidden || echo "FAIL  the probe did not run"
journalctl -q -o cat -u trial-forbidden | grep -E '^(ok|FAIL) '

pid=$(systemctl show -P MainPID gateway) begun=$(date +%s)
kill -STOP "$pid"
result "a gate that stands still is killed and started again" until_true 120 restarted
echo "ok    … after $(($(date +%s) - begun)) s, by $(journalctl -q -o cat -u gateway | grep -m1 -o 'Watchdog timeout.*')"
result "… and serves its screen again" until_true 20 curl -sf http://127.0.0.1:8081/healthz
result "… with the same store" sh -c '! journalctl -q -o cat -u gateway | grep -iE "corrupt|damaged"'
for unit in gateway gateway-platform; do
  result "$unit.service stops by itself when told" sh -c "systemctl stop $unit && [ \$(systemctl show -P Result $unit) = success ]"
  result "$(systemd-analyze security --threshold=20 --no-pager $unit.service | tail -1)" systemd-analyze security --threshold=20 --no-pager $unit.service
done
journalctl -q -o cat -u gateway -u gateway-platform >/trial/journal
STEPS
chmod +x "$root/trial/steps.sh"
cat >"$root/etc/systemd/system/trial.service" <<'UNIT'
[Unit]
After=dbus.service
SuccessAction=exit
FailureAction=exit
[Service]
Type=oneshot
TimeoutStartSec=300
ExecStart=/bin/sh -c '/trial/steps.sh >/trial/result 2>&1'
[Install]
WantedBy=multi-user.target
UNIT
mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
ln -sf ../trial.service "$root/etc/systemd/system/multi-user.target.wants/"
rm -f "$root/trial/result"

# Device nodes without a device: opened, they say whether one may.
rm -f "$work/ttyUSB0" "$work/other"
mknod -m 660 "$work/ttyUSB0" c 188 0 && chgrp "$(awk -F: '$1 == "dialout" { print $3 }' "$root/etc/group")" "$work/ttyUSB0"
mknod -m 666 "$work/other" c 10 200 # /dev/net/tun
"${nspawn[@]}" --boot --private-network --system-call-filter=bpf --bind="$work/ttyUSB0:/dev/ttyUSB0" --bind="$work/other:/dev/other" --console=read-only </dev/null >"$work/console.log" 2>&1 || true

[ -s "$root/trial/result" ] || cannot "the container did not boot: $work/console.log"
cat "$root/trial/result"
! grep -q '^FAIL' "$root/trial/result" && grep -q 'gateway-platform.service' "$root/trial/result" ||
  { echo "what the services said: $root/trial/journal" >&2; exit 1; }
