# For `scripts/simulate --faults`: plants faults in a copy of the sources, and sees whether they are found.

fault_patches=Tests/Simulation/Faults
fault_tree=.build/faults/tree

# Copies the tracked files with all faults in them; what has not changed keeps its time, so that it is not
# compiled again.
plant_faults() {
    local draft=.build/faults/draft patch path
    rm -rf "$draft"
    mkdir -p "$draft" "$fault_tree"
    git ls-files -z --cached --others --exclude-standard -- Package.swift Sources Tests |
        tar -c --null --files-from=- --ignore-failed-read 2>/dev/null | tar -x -C "$draft"
    for patch in "$fault_patches"/planted.patch "$fault_patches"/*.patch; do
        path=$PWD/$patch
        [[ $patch != */planted.patch || ! -e $draft/Sources/Loop/Planted.swift ]] || continue
        # It is no part of the repository around it.
        (cd "$draft" && GIT_CEILING_DIRECTORIES=${PWD%/*} git apply "$path") \
            || fail "$patch does not apply: make it again for the sources as they are now"
    done
    (cd "$fault_tree" && find Sources Tests -type f 2>/dev/null || true) | while read -r path; do
        [[ -e $draft/$path ]] || rm "$fault_tree/$path"
    done
    (cd "$draft" && find . -type f) | while read -r path; do
        cmp -s "$draft/$path" "$fault_tree/$path" && continue
        mkdir -p "$fault_tree/${path%/*}"
        cp "$draft/$path" "$fault_tree/$path"
    done
    rm -rf "$draft"
}

# try_fault BINARY NAME SEEDS: prints the fault's line, and fails if no seed finds it. A seed that breaks a
# promise without the fault, too, has not found it.
try_fault() {
    local binary=$1 name=$2 seeds=$3 next=1 end=$((SECONDS + 600)) found code
    while ((next <= seeds && SECONDS < end)); do
        code=0
        found=$(SIMULATE_FAULT=$name timeout 600 "$binary" --from "$next" --first \
            --runs $((seeds - next + 1)) \
            | awk '/: broken at step/ { print; found = 1 } END { if (!found) print }') || code=$?
        ((code != 0)) || break
        if ((code > 1 && code != 124)); then
            # A crash is seen, too.
            printf '%-24s %6s  it ended with %d after: %s\n' "$name" - "$code" "$found"
            return
        fi
        [[ $found =~ ^seed\ ([0-9]+):\ broken\ at\ step\ [0-9]+:\ (.*) ]] || break
        if "$binary" "${BASH_REMATCH[1]}" --first >/dev/null; then
            printf '%-24s %6d  %s\n' "$name" "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"
            return
        fi
        next=$((BASH_REMATCH[1] + 1))
    done
    printf '%-24s %6s  NOT FOUND in %d seeds\n' "$name" - "$seeds"
    return 1
}

# try_faults [NAME...]: all of them if none is named.
try_faults() {
    local names=("$@") patch name seeds binary
    if ((${#names[@]} == 0)); then
        for patch in "$fault_patches"/*.patch; do
            name=${patch##*/}
            [[ $name == planted.patch ]] || names+=("${name%.patch}")
        done
    fi
    for name in "${names[@]}"; do
        [[ -e $fault_patches/$name.patch ]] || fail "there is no fault '$name' in $fault_patches"
    done
    plant_faults
    step 'simulation with faults: build' 900 \
        swift build "${release[@]}" --package-path "$fault_tree" --product simulate
    binary=$(swift build "${release[@]}" --package-path "$fault_tree" --show-bin-path)/simulate
    printf '%-24s %6s  %s\n' 'fault' 'seeds' 'what is seen'
    export -f try_fault
    for name in "${names[@]}"; do
        seeds=$(sed -n 's/^# seeds: //p' "$fault_patches/$name.patch")
        printf '%s\0%s\0%s\0' "$binary" "$name" "$seeds"
    done | xargs -0 -n 3 -P "$(nproc)" bash -o pipefail -c 'try_fault "$@"' _ \
        || fail 'not all faults are found'
}
