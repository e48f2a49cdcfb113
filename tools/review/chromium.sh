#!/usr/bin/env bash
# Make sure that Chromium is installed: where it is missing, install Debian's with apt, which needs root.
set -euo pipefail
if command -v chromium >/dev/null || command -v chromium-browser >/dev/null; then exit 0; fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo 'test-browser: Chromium is missing; install it (Debian: apt-get install chromium)' >&2
  exit 1
fi
echo 'test-browser: installing chromium' >&2
export DEBIAN_FRONTEND=noninteractive
for _ in 1 2 3; do # mirrors fail now and then
  if apt-get update -qq && apt-get install -y -qq chromium fonts-noto-core fonts-noto-cjk >/dev/null; then exit 0; fi
  sleep 5
done
echo 'test-browser: apt cannot install Chromium' >&2
exit 1
