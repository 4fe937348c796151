"""Keys of the relay, made by its own command."""


def key_of(run_daemon, file, name, *options):
    """Adds a key to a file, and returns it."""
    done = run_daemon("key", "add", name, "--file", str(file), *options)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
