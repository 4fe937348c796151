# Completion of sse-relay for fish. Options and commands are those of `sse-relay --help`.

function __sse_relay_help
    sse-relay --help 2>/dev/null | string match --regex --invert '^      ' | sed '/^Variables/q'
end

function __sse_relay_options
    __sse_relay_help | string replace --filter --regex '^  (--[a-z-]+)(?: [A-Z]+)?  +(.*)' '$1\t$2'
end

function __sse_relay_commands
    set -l before (commandline -opc)[-1]
    if string match --quiet --regex '(^|/)sse-relay$' -- $before
        __sse_relay_help | string replace --filter --regex '^  ([a-z]+) .*' '$1' | sort -u
    else
        __sse_relay_help |
            string replace --filter --regex "^  $before ([a-z]+)(?: [A-Z]+)?  +(.*)" '$1\t$2'
    end
end

function __sse_relay_wants_file
    contains -- (commandline -opc)[-1] --env-file --file
end

complete -c sse-relay -f
complete -c sse-relay -n __sse_relay_wants_file -F
complete -c sse-relay -n 'not __sse_relay_wants_file' -a '(__sse_relay_options)'
complete -c sse-relay -n 'not __sse_relay_wants_file' -a '(__sse_relay_commands)'
