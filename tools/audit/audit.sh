#!/usr/bin/env bash
# Known faults of the installed packages (pip-audit), and risky calls in ours (bandit; accepted ones: bandit.yaml).
# Fails on a finding. Packages that the advisory service could not tell about are counted, not hidden.
#   tools/audit/audit.sh VENV AUDIT_VENV        AUDIT_VENV is made if needed
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
venv=$1 audit=$2
python=$venv/bin/python

[ -x "$audit/bin/pip-audit" ] || {
  "$python" -m venv "$audit"
  "$audit/bin/python" -m pip install --quiet --disable-pip-version-check bandit pip-audit
}
status=0
"$audit/bin/bandit" --quiet --recursive ctcalign --configfile tools/audit/bandit.yaml || status=1

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$python" -m pip list --format=freeze --exclude-editable >"$work/installed.txt"
"$audit/bin/pip-audit" --requirement "$work/installed.txt" --no-deps --disable-pip --format=json \
  --output "$work/found.json" 2>"$work/log" || true  # its results are read below
if [ ! -s "$work/found.json" ]; then
  echo "audit: pip-audit did not reach its advisory service: $(tail -n 1 "$work/log")" >&2
  exit 69
fi
"$python" - "$work/found.json" <<'PY' || status=1
import json, sys
packages = json.load(open(sys.argv[1]))["dependencies"]
unknown = [one["name"] for one in packages if "skip_reason" in one]
faults = [(one["name"], one["version"], fault) for one in packages for fault in one.get("vulns", [])]
for name, version, fault in faults:
    print(f"audit: {name} {version}: {fault['id']}, fixed in {', '.join(fault['fix_versions']) or 'no version'}")
print(f"audit: {len(packages)} packages, {len(faults)} advisories, {len(unknown)} that the service does not know")
if len(unknown) == len(packages):
    print("audit: the service knew none of the packages, so this says nothing about them", file=sys.stderr)
sys.exit(bool(faults))
PY
exit "$status"
