# What scripts/run, scripts/test and .ci/run share. Sourced from the folder of the repository.

# Prints why it can't go on, and ends.
fail() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# step NAME SECONDS COMMAND...: runs the command with its output in .build/logs and says how long
# it took; one that fails or takes longer than SECONDS ends the script with what failed and the end of
# that output.
step() {
    local name=$1 limit=$2 begin=$SECONDS code=0
    shift 2
    mkdir -p .build/logs
    printf '%-46s' "$name" >&2
    timeout --foreground "$limit" "$@" >"$(log_of "$name")" 2>&1 || code=$?
    end_step "$name" "$limit" "$begin" "$code"
}

log_of() {
    printf '.build/logs/%s.log' "${1//[^A-Za-z0-9]/-}"
}

# end_step NAME SECONDS BEGIN CODE: says how long the step took, or ends the script with what failed.
end_step() {
    local name=$1 limit=$2 begin=$3 code=$4 log
    log=$(log_of "$name")
    if ((code != 0)); then
        printf 'FAILED\n\n' >&2
        # What failed stands first, since thousands of lines may follow it.
        { grep -nE -m 40 '✘|: error:|ThreadSanitizer|AddressSanitizer|LeakSanitizer|^FAILED|^E  ' \
            "$log" || true; } | cut -c 1-600 >&2
        printf '\nthe end of the output:\n' >&2
        tail -n 40 "$log" >&2
        if ((code == 124)); then
            fail "'$name' did not end within $limit s; all of its output is in $log"
        fi
        fail "'$name' failed with exit code $code; all of its output is in $log"
    fi
    printf '%5d s\n' "$((SECONDS - begin))" >&2
}

# Steps that run side by side: name, limit and beginning of each, by its process.
declare -A begun_name=() begun_limit=() begun_at=()

# begin NAME SECONDS COMMAND...: as `step`, but runs beside what is begun next, until `finish`. A script
# that does so ends with `end_begun`, however it ends.
begin() {
    local name=$1 limit=$2
    shift 2
    mkdir -p .build/logs
    # What runs in the background ignores interrupts, and so would all that it starts: some tests
    # send them. Without --foreground it is a group of its own, which is ended as a whole.
    env --default-signal=INT,QUIT timeout --kill-after=30 "$limit" "$@" >"$(log_of "$name")" 2>&1 &
    begun_name[$!]=$name begun_limit[$!]=$limit begun_at[$!]=$SECONDS
}

# Waits for all that was begun, and ends the script when one fails.
finish() {
    local process name limit begin code
    while ((${#begun_name[@]} > 0)); do
        for process in "${!begun_name[@]}"; do
            ! kill -0 "$process" 2>/dev/null || continue
            name=${begun_name[$process]} limit=${begun_limit[$process]} begin=${begun_at[$process]}
            unset "begun_name[$process]"
            code=0
            wait "$process" || code=$?
            printf '%-46s' "$name" >&2
            end_step "$name" "$limit" "$begin" "$code"
        done
        sleep 0.2
    done
}

# Ends what was begun and has not ended, each with all that it started.
end_begun() {
    ((${#begun_name[@]} > 0)) || return 0
    kill "${!begun_name[@]}" 2>/dev/null || true
    wait "${!begun_name[@]}" 2>/dev/null || true
}

missing=()
installs=1

# need PACKAGE COMMAND...: the Debian package is missing when the command fails.
need() {
    local package=$1
    shift
    "$@" >/dev/null 2>&1 || missing+=("$package")
}

# Installs what `need` found missing. Root is asked for here and nowhere else.
install_missing() {
    ((installs && ${#missing[@]} > 0)) || return 0
    local become=()
    command -v apt-get >/dev/null \
        || fail "these Debian packages, or what matches them here, are missing: ${missing[*]}"
    if ((EUID != 0)); then
        command -v sudo >/dev/null || fail "packages are missing and installing them takes root;" \
            "as root, run: apt-get install ${missing[*]}"
        printf 'installing takes root: %s\n' "${missing[*]}" >&2
        sudo -v || fail "as root, run: apt-get install ${missing[*]}"
        become=(sudo)
    fi
    become+=(env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=120)
    step 'apt-get update' 300 "${become[@]}" update
    step "install ${#missing[@]} Debian packages" 600 \
        "${become[@]}" install -y --no-install-recommends "${missing[@]}"
    missing=()
}

# Puts a Swift compiler of version 6.3 or later on the PATH: the one there, or one where archives
# are usually unpacked. What the archive leaves to the system is installed like any other package.
use_swift() {
    local candidate folder found='' version
    for candidate in "$(command -v swift || true)" /opt/swift/usr/bin/swift \
        /opt/swift-*/usr/bin/swift /usr/local/swift*/usr/bin/swift /usr/share/swift/usr/bin/swift \
        "${HOME:-/root}"/{.local/share/swiftly,.swiftly}/bin/swift \
        "${HOME:-/root}"/swift*/usr/bin/swift; do
        [[ -x $candidate ]] || continue
        folder=${candidate%/*}
        if [[ $(ldd "$folder"/{swift,swift-build,lld} 2>/dev/null) == *'not found'* ]]; then
            missing+=(libncurses6 libsqlite3-0 libxml2 libcurl4)
            install_missing
        fi
        version=$("$candidate" --version 2>/dev/null || true)
        if [[ $version =~ Swift\ version\ ([0-9]+)\.([0-9]+) ]]; then
            if ((BASH_REMATCH[1] * 1000 + BASH_REMATCH[2] >= 6003)); then
                PATH=$folder:$PATH
                return
            fi
            found+=" $candidate is ${BASH_REMATCH[1]}.${BASH_REMATCH[2]};"
        else
            found+=" $candidate does not run, or is no Swift compiler;"
        fi
    done
    fail "Swift 6.3 or later is needed and was not found on the PATH or in /opt/swift/usr/bin;" \
        "${found:+found:$found }see https://www.swift.org/install/linux/"
}

# What building the daemon takes beside Swift itself.
need_for_build() {
    need pkg-config command -v pkg-config
    need libcurl4-openssl-dev pkg-config --exists libcurl
    # Swift links with the C++ library of the system's compiler.
    need g++ compgen -G '/usr/lib/gcc/*/*/libstdc++.so'
    need libc6-dev test -e /usr/include/stdio.h
    need binutils command -v ld
    # Upstreams are reached over TLS that is verified.
    need ca-certificates test -s /etc/ssl/certs/ca-certificates.crt
}

# How the daemon is built where it is served and measured, and what is built beside it, so that
# nothing is compiled twice: the Swift library inside it, no symbols.
release_options() {
    local version
    release=(-c release --static-swift-stdlib -Xlinker -s)
    # Swift's library exports its symbols, which nobody looks up here, and identical functions; both
    # are read into memory at the start.
    release+=(-Xswiftc -use-ld=lld -Xlinker --no-export-dynamic -Xlinker --icf=safe)
    # Half a megabyte of relocations in the form of a list, read at the start too, becomes a bitmap
    # of 4 kB. Binaries with it start with glibc 2.36 or later.
    version=$(getconf GNU_LIBC_VERSION 2>/dev/null || true)
    if [[ $version =~ ^glibc\ ([0-9]+)\.([0-9]+) ]] &&
        ((BASH_REMATCH[1] * 1000 + BASH_REMATCH[2] >= 2036)); then
        release+=(-Xlinker -z -Xlinker pack-relative-relocs)
    fi
}

build_release() {
    release_options
    step 'build for release' 900 swift build "${release[@]}" --product sse-relay
}
