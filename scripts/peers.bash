# Installs the peers of scripts/bench --peers. Sourced from the repository's folder, after common.bash.

peers_folder=.build/peers

# Services that Debian must neither start nor enable just because they are measured here.
peer_services=(nginx haproxy)

# Runs a command as root.
as_root() {
    if ((EUID == 0)); then "$@"; else sudo "$@"; fi
}

# Installs the Debian packages. Their services stay off: policy-rc.d prevents their start, and what the
# installation enabled for the next boot is disabled again.
install_debian_peers() {
    local policy=/usr/sbin/policy-rc.d own=0 service fresh=()
    need nginx-light command -v /usr/sbin/nginx
    need haproxy command -v /usr/sbin/haproxy
    need python3-venv /usr/bin/python3 -c 'import ssl, venv, ensurepip'
    ((${#missing[@]} > 0)) || return 0
    ((installs)) || fail "these Debian packages are missing: ${missing[*]}"
    for service in "${peer_services[@]}"; do
        [[ " ${missing[*]} " != *" $service"* ]] || fresh+=("$service")
    done
    if [[ ! -e $policy ]]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
        as_root chmod 755 "$policy"
        own=1
        # However this ends, services of other packages must be able to start again.
        trap 'as_root rm -f /usr/sbin/policy-rc.d' EXIT
    fi
    install_missing
    if ((own)); then
        as_root rm -f "$policy"
        trap - EXIT
    fi
    for service in "${fresh[@]}"; do
        as_root systemctl disable "$service" >/dev/null 2>&1 || true
    done
}

# install_python_peer NAME: makes a virtual environment with the packages of scripts/peers/NAME.txt.
install_python_peer() {
    local name=$1 folder=$peers_folder/$1 requirements=scripts/peers/$1.txt
    if cmp -s "$requirements" "$folder/requirements.txt"; then return; fi
    ((installs)) || fail "$folder is missing or old; run scripts/bench --peers without --no-install"
    mkdir -p "$peers_folder"
    step "make the Python environment of $name" 120 /usr/bin/python3 -m venv --clear "$folder"
    step "install $name from PyPI" 900 \
        "$folder/bin/python" -m pip install --disable-pip-version-check -r "$requirements"
    cp "$requirements" "$folder/requirements.txt"
}

# Installs all peers, and sets the array `peers` to the arguments that name them.
install_peers() {
    install_debian_peers
    install_python_peer fastapi
    install_python_peer litellm
    peers=(
        --nginx /usr/sbin/nginx
        --haproxy /usr/sbin/haproxy
        --fastapi "$PWD/$peers_folder/fastapi/bin/python"
        --fastapi-app "$PWD/scripts/peers/fastapi_relay.py"
        --litellm "$PWD/$peers_folder/litellm/bin/litellm"
    )
}
