# Stops the PostgreSQL server in directory $1 once none of the processes named in $1/users has lived for $2 seconds,
# and removes the directory. A shell of its own, because a killed test process cannot clean up after itself.
# POSIX sh only. See shared.rs for what `closed` means.
directory=$1
linger=$2

in_use() {
    for file in "$directory"/users/*; do
        [ -e "$file" ] || continue
        if kill -s 0 "${file##*/}" 2>/dev/null; then return 0; fi
        rm -f "$file"
    done
    return 1
}

finish() {
    trap '' TERM
    server=$(head -n 1 "$directory/data/postmaster.pid" 2>/dev/null)
    if [ -n "$server" ]; then
        # Immediate shutdown: nobody needs the data any more.
        kill -s QUIT "$server" 2>/dev/null
        tries=0
        while kill -s 0 "$server" 2>/dev/null && [ "$tries" -lt 50 ]; do
            sleep 0.1
            tries=$((tries + 1))
        done
        kill -s KILL "$server" 2>/dev/null
    fi
    rm -rf "$directory"
    exit 0
}

trap '' HUP INT
trap finish TERM
idle=0
while [ "$idle" -lt "$linger" ]; do
    sleep 1
    [ -d "$directory" ] || exit 0
    if in_use; then idle=0; else idle=$((idle + 1)); fi
done
: > "$directory/closed"
while in_use; do sleep 1; done
finish
