#!/bin/sh
# The browser tests need Debian's Chromium and a Chinese font, those of Bluetooth a D-Bus daemon, those of power cuts strace, those of a site's
# broker mosquitto, those of the platform's other database PostgreSQL; as root on Debian they are installed, elsewhere those tests skip and
# say so. The package of PostgreSQL starts a server of its own where there is an init system; the tests do not touch it.
set -u
[ -x /usr/bin/chromium ] && [ -d /usr/share/fonts/opentype/noto ] && command -v dbus-daemon >/dev/null && command -v strace >/dev/null && [ -x /usr/sbin/mosquitto ] \
  && ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk dbus-daemon strace mosquitto \
    postgresql >/dev/null
fi
exit 0
