#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds the fuzz targets with clang's libFuzzer, address and undefined
# behaviour sanitizers, and runs each for FUZZ_SECONDS (default 5):
#
#   make check-fuzz [FUZZ_SECONDS=60] [FUZZ_TARGETS="json ip"]
#
# `make fuzz` builds alone. What is found is written to the working folder.
# Called by make, which sets FUZZ_SRCDIR, FUZZ_SOURCES, FUZZ_CPPFLAGS, FUZZ_LIBS.
set -u

cc=${FUZZ_CC:-clang}
seconds=${FUZZ_SECONDS:-5}
flags='-std=gnu11 -O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=undefined'
build=test/fuzz/build
targets=${FUZZ_TARGETS:-}
jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)

mkdir -p "$build" || exit 1
echo 'int LLVMFuzzerTestOneInput(const unsigned char *d, unsigned long n);
int LLVMFuzzerTestOneInput(const unsigned char *d, unsigned long n) { (void)d; return n > (1UL << 40); }' \
	>"$build/probe.c"
"$cc" -fsanitize=fuzzer "$build/probe.c" -o "$build/probe" >"$build/probe.log" 2>&1 || {
	echo "fuzz: $cc cannot link libFuzzer; on Debian: apt-get install clang libclang-rt-14-dev"
	exit 77
}

# at_once FUNCTION WORD...: FUNCTION with each word, one for each processor at a
# time; fails when one fails
at_once()
{
	function=$1
	shift
	pids=
	bad=0
	for word in "$@"; do
		"$function" "$word" &
		pids="$pids $!"
		# shellcheck disable=SC2086
		set -- $pids
		[ $# -ge "$jobs" ] || continue
		wait "$1" || bad=1
		shift
		pids=$*
	done
	for pid in $pids; do
		wait "$pid" || bad=1
	done
	return $bad
}

object_of()
{
	echo "$build/$(printf '%s' "${1%.c}" | tr / -).o"
}

# object SOURCE: compiles when the object is older than any source
object()
{
	o=$(object_of "$1")
	[ ! -e "$o" ] || [ -n "$(find "$FUZZ_SRCDIR/lib" "$FUZZ_SRCDIR/include" \
		"$FUZZ_SRCDIR/test/fuzz" -name '*.[ch]' -newer "$o" | head -n 1)" ] || return 0
	# The flags are separate words.
	# shellcheck disable=SC2086
	"$cc" $flags -fsanitize=fuzzer-no-link,address,undefined $FUZZ_CPPFLAGS \
		-D_GNU_SOURCE -I"$FUZZ_SRCDIR/include" -I"$FUZZ_SRCDIR/lib" \
		'-DRS_DATADIR="/nowhere"' '-DRS_SYSCONFDIR="/nowhere"' \
		'-DRS_STATEDIR="/nowhere"' -c "$FUZZ_SRCDIR/$1" -o "$o"
}

program()
{
	# shellcheck disable=SC2086
	"$cc" $flags -fsanitize=fuzzer,address,undefined "$(object_of "test/fuzz/fuzz-$1.c")" \
		$library $FUZZ_LIBS -o "$build/fuzz-$1"
}

[ -n "$targets" ] || for source in "$FUZZ_SRCDIR"/test/fuzz/fuzz-*.c; do
	target=${source##*/fuzz-}
	targets="$targets ${target%.c}"
done
sources='' library=''
for source in $FUZZ_SOURCES test/fuzz/fuzz.c; do
	case $source in
	*.c)
		sources="$sources $source"
		library="$library $(object_of "$source")"
		;;
	esac
done
for target in $targets; do
	sources="$sources test/fuzz/fuzz-$target.c"
done
# shellcheck disable=SC2086
at_once object $sources && at_once program $targets || exit 1
[ "${1:-}" != build ] || exit 0

fuzzed()
{
	target=$1
	corpus=$build/corpus-$target
	mkdir -p "$corpus"
	if "$build/fuzz-$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 \
		-max_len=4096 -artifact_prefix="fuzz-$target-" -print_final_stats=1 \
		"$corpus" "$FUZZ_SRCDIR/test/fuzz/seeds/$target" >"$build/$target.log" 2>&1; then
		printf '%-10s ok, %s inputs\n' "$target" \
			"$(sed -n 's/^stat::number_of_executed_units: *//p' "$build/$target.log")"
		return 0
	fi
	printf '%-10s FAILED: %s\n' "$target" "$build/$target.log"
	grep -E 'does not hold|ERROR:|SUMMARY|runtime error|Test unit written' "$build/$target.log"
	return 1
}

# The names are separate words.
# shellcheck disable=SC2086
at_once fuzzed $targets
