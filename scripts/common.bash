# Functions of scripts/run, scripts/test, scripts/bench and .ci/run. Sourced from the repository's
# folder.

# Prints why the script cannot go on, and ends it.
fail() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# step NAME SECONDS COMMAND...: runs the command with its output in .build/logs, and prints how long it
# took. If it fails or takes longer than SECONDS, the script ends with the failures and the end of that
# output.
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

# end_step NAME SECONDS BEGIN CODE: prints how long the step took, or ends the script with the failures.
end_step() {
    local name=$1 limit=$2 begin=$3 code=$4 log
    log=$(log_of "$name")
    if ((code != 0)); then
        printf 'FAILED\n\n' >&2
        # The failures come first, since thousands of lines may follow them in the output.
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

# Steps that run side by side: the name, limit and beginning of each, by its process.
declare -A begun_name=() begun_limit=() begun_at=()

# begin NAME SECONDS COMMAND...: like `step`, but the command runs in the background until `finish`. A
# script that uses it must call `end_begun`, however it ends.
begin() {
    local name=$1 limit=$2
    shift 2
    mkdir -p .build/logs
    # A background command ignores interrupts, and so would its children, but some tests send
    # interrupts. Without --foreground it has a group of its own, which is ended as a whole.
    env --default-signal=INT,QUIT timeout --kill-after=30 "$limit" "$@" >"$(log_of "$name")" 2>&1 &
    begun_name[$!]=$name begun_limit[$!]=$limit begun_at[$!]=$SECONDS
}

# Waits for all steps that were begun, and ends the script if one fails.
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

# Ends the steps that were begun and still run, each with all its children.
end_begun() {
    ((${#begun_name[@]} > 0)) || return 0
    kill "${!begun_name[@]}" 2>/dev/null || true
    wait "${!begun_name[@]}" 2>/dev/null || true
}

missing=()
installs=1

# need PACKAGE COMMAND...: counts the Debian package as missing if the command fails.
need() {
    local package=$1
    shift
    "$@" >/dev/null 2>&1 || missing+=("$package")
}

# Installs what `need` found missing. Only this function asks for root.
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

# Puts a Swift compiler of version 6.3 or later on the PATH: the one that is there, or one from where
# archives are usually unpacked. Libraries that it needs from the system are installed like any package.
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

# Finds out what a build of the daemon lacks, besides Swift itself.
need_for_build() {
    need pkg-config command -v pkg-config
    need libcurl4-openssl-dev pkg-config --exists libcurl
    need zlib1g-dev pkg-config --exists zlib
    need libpcre2-dev pkg-config --exists libpcre2-8
    need libssl-dev pkg-config --exists libcrypto
    # Swift links with the C++ library of the system's compiler.
    need g++ compgen -G '/usr/lib/gcc/*/*/libstdc++.so'
    need libc6-dev test -e /usr/include/stdio.h
    need binutils command -v ld
    # The relay verifies the certificates of upstreams.
    need ca-certificates test -s /etc/ssl/certs/ca-certificates.crt
}

# The options of the daemon's release build, with the Swift library inside and without symbols. Other
# products are built with the same options, so that nothing is compiled twice.
release_options() {
    local version
    release=(-c release --static-swift-stdlib -Xlinker -s)
    # The Swift library exports symbols, which nothing looks up here, and has identical functions; both
    # would be read into memory at the start.
    release+=(-Xswiftc -use-ld=lld -Xlinker --no-export-dynamic -Xlinker --icf=safe)
    # Half a megabyte of relocations, a list that is also read at the start, becomes a bitmap of 4 kB.
    # Such a binary needs glibc 2.36 or later.
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
