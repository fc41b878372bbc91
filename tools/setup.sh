#!/usr/bin/env bash
# Prepares this folder to run the workbench: `make run` calls it, `make test` with the word "test".
# Safe to run again: what is there is left alone, and a second run takes a second.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

PURPOSE=${1:-run}
VENV=${VENV:-.venv}
# The CPU build of torch; anything pip understands, "torch==2.13.0 --index-url …" included.
TORCH_INSTALL=${TORCH_INSTALL:-}
TORCH_VERSION=2.13.0

RUN_PACKAGES=(tesseract-ocr tesseract-ocr-vie)
# poppler-utils: pdfsig judges our signatures. libnss3-tools: certutil gives it the trust anchors.
# fonts-noto-core: Chromium falls back to it.
# postgresql: the store is tested on it too, with a server of the tests' own.
TEST_PACKAGES=(chromium softhsm2 faketime poppler-utils libnss3-tools openssl postgresql fonts-noto-core)

steps=4; [ "$PURPOSE" = test ] && steps=5
step=0
next() { step=$((step + 1)); printf '\n[%d/%d] %s\n' "$step" "$steps" "$1"; }
say() { printf '      %s\n' "$1"; }

# ── Python ──────────────────────────────────────────────────────────────────────────────────
fit() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
  local candidate
  for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
    if command -v "$candidate" >/dev/null && fit "$candidate"; then
      echo "$candidate"; return
    fi
  done
  return 1
}

make_venv() {
  local python version
  next "Python"
  if fit "$VENV/bin/python" && "$VENV/bin/python" -m pip --version >/dev/null 2>&1; then
    say "$("$VENV/bin/python" --version), $VENV"; return
  fi
  if ! python=$(find_python); then
    say "Cần Python 3.11 trở lên. / Python 3.11 or newer is needed. Hãy gõ / Type:"
    say "    sudo apt-get install python3.11 python3.11-venv"
    say "rồi chạy lại / then again: make $PURPOSE"
    exit 1
  fi
  version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  say "Đang tạo môi trường Python $version / Making a Python $version environment: $VENV"
  if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
    install_debian "python$version-venv" || { say "rồi chạy lại / then again: make $PURPOSE"; exit 1; }
  fi
  "$python" -m venv --clear "$VENV"
}

# ── Debian packages ─────────────────────────────────────────────────────────────────────────
absent() {
  local package
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || echo "$package"
  done
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif sudo -n true 2>/dev/null; then sudo -n "$@"
  elif command -v sudo >/dev/null && [ -t 0 ]; then sudo "$@"
  else return 1; fi
}

install_debian() {
  local log command="sudo apt-get install -y --no-install-recommends $*"
  log=$(mktemp)
  say "Đang cài / Installing: $*"
  if command -v apt-get >/dev/null && {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 update -q &&
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 \
      install -y -q --no-install-recommends "$@"
  } >"$log" 2>&1; then rm -f "$log"; return; fi
  say "Không tự cài được. Hãy gõ / Could not be installed. Type:"
  say "    $command"
  if [ -s "$log" ]; then say "Nhật ký / log: $log"; fi
  return 1
}

debian_packages() {
  local missing
  command -v dpkg-query >/dev/null || { say "Không phải Debian / Not Debian: $*"; return; }
  missing=$(absent "$@")
  if [ -z "$missing" ]; then say "Đã có / There already: $*"; return; fi
  # shellcheck disable=SC2086  # a list of words
  install_debian $missing || say "Vẫn tiếp tục / Going on; 'workbench doctor' nói rõ cái giá / says what it costs."
}

# ── Python packages ─────────────────────────────────────────────────────────────────────────
pip_install() {  # how many to expect, then pip's arguments
  local expected=$1 log=$VENV/set-up.log; shift
  if ! "$VENV/bin/python" -m pip install --disable-pip-version-check --no-input "$@" 2>&1 |
    tee "$log" | show_progress "$expected"; then
    grep '^ERROR' "$log" | sed 's/^/      /' >&2
    return 1
  fi
}

show_progress() {
  awk -v of="$1" -v tty="$([ -t 1 ] && echo 1)" -v to="$VENV" '
    /^(Collecting|Requirement already satisfied:|Processing) / {
      name = $0; sub(/^(Collecting|Requirement already satisfied:|Processing) /, "", name)
      sub(/[ ;].*/, "", name); sub(/.*\//, "", name)
      if (++n > of) of = n
      if (tty) printf "\r\033[K      %d/%d %s", n, of, name
      else if (n % 20 == 0) printf "      %d/%d %s\n", n, of, name
      fflush()
    }
    /^Installing collected/ {
      if (tty) printf "\r\033[K"
      printf "      Đang ghi vào / Writing to %s\n", to; fflush()
    }
    END { if (tty) printf "\r\033[K" }'
}

pins() { grep -cv '^#' "$1"; }

# What was installed is known by a stamp that names the content of the lists it came from.
stamp() { echo "$VENV/.set-up-$1-$(cat "${@:2}" pyproject.toml | sha256sum | cut -c1-16)"; }

python_packages() {
  local done_
  next "Thư viện Python / Python packages"
  done_=$(stamp run requirements.lock)
  if [ -e "$done_" ]; then say "Đã có / There already: $(pins requirements.lock)"; return; fi
  say "Lần đầu mất vài phút / The first time takes some minutes."
  pip_install "$(pins requirements.lock)" -r requirements.lock
  # The package itself: a link to this folder, built with the setuptools just installed.
  pip_install 1 --no-deps --no-build-isolation --editable .
  touch "$done_"
}

has_torch() { compgen -G "$VENV/lib/python3*/site-packages/torch/__init__.py" >/dev/null; }

say_no_torch() {
  say "Không tìm thấy bản torch cho CPU, nên EasyOCR chưa chạy; các bộ đọc khác vẫn chạy."
  say "No CPU build of torch was found, so EasyOCR does not run; the other engines do. To have it:"
  say "    make $PURPOSE TORCH_INSTALL=\"torch==$TORCH_VERSION --index-url <your CPU wheel source>\""
}

easyocr() {
  local done_ wanted source
  next "EasyOCR"
  done_=$(stamp "easyocr-$(cksum <<<"$TORCH_INSTALL" | cut -d' ' -f1)" requirements-nodeps.lock)
  if [ -e "$done_" ]; then
    if has_torch; then say "Đã có / There already."; else say_no_torch; fi
    return
  fi
  if [ -n "$TORCH_INSTALL" ]; then wanted=("$TORCH_INSTALL")
  else
    # "+cpu" is the name of the CPU build wherever pip is told to look; on machines that are not
    # x86_64 the plain release is a CPU build too. Never the plain one here: it is several GB.
    wanted=("torch==$TORCH_VERSION+cpu")
    [ "$(uname -m)" = x86_64 ] || wanted+=("torch==$TORCH_VERSION")
  fi
  for source in "${wanted[@]}"; do
    # shellcheck disable=SC2086  # may hold options
    if has_torch || pip_install 10 -c requirements.lock $source 2>/dev/null; then break; fi
  done
  if ! has_torch; then
    say_no_torch
  elif ! pip_install "$(pins requirements-nodeps.lock)" --no-deps -r requirements-nodeps.lock; then
    say "EasyOCR chưa cài được; các bộ đọc khác vẫn chạy."
    say "EasyOCR was not installed; the other engines run."
    return
  fi
  touch "$done_"  # without torch too: an offline machine shall not search again at every start
}

test_packages() {
  local done_
  next "Công cụ kiểm thử / Test tools"
  debian_packages "${TEST_PACKAGES[@]}"
  done_=$(stamp test requirements-test.lock requirements.lock)
  if [ -e "$done_" ]; then say "Đã có / There already: $(pins requirements-test.lock)"; return; fi
  pip_install "$(pins requirements-test.lock)" -c requirements.lock -r requirements-test.lock
  touch "$done_"
}

make_venv
next "Tesseract"
debian_packages "${RUN_PACKAGES[@]}"
python_packages
easyocr
if [ "$PURPOSE" = test ]; then test_packages; fi
printf '\n'
