# Completion of sse-relay for bash. Options and commands are those of `sse-relay --help`.

_sse_relay() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} words
    COMPREPLY=()
    case $before in
        --env-file | --file)
            compopt -o filenames 2>/dev/null
            mapfile -t COMPREPLY < <(compgen -f -- "$word")
            return
            ;;
        --scopes) return ;;
    esac
    case $word in
        -*) words=$("$1" --help 2>/dev/null | sed -nE 's/^  (--[a-z-]+).*/\1/p') ;;
        *)
            # A command is one word or two: the second one follows the first.
            words=$("$1" --help 2>/dev/null | awk -v before="$before" '
                /^Variables/ { exit }
                /^  [a-z]/ {
                    if ($1 == before && $2 ~ /^[a-z]+$/) second[$2]
                    first[$1]
                }
                END {
                    for (word in second) { print word; found = 1 }
                    if (!found && before !~ /^[a-z]+$/) for (word in first) print word
                }')
            ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}

complete -F _sse_relay sse-relay
