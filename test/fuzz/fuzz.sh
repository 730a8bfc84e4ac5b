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

mkdir -p "$build" || exit 1
echo 'int LLVMFuzzerTestOneInput(const unsigned char *d, unsigned long n);
int LLVMFuzzerTestOneInput(const unsigned char *d, unsigned long n) { (void)d; return n > (1UL << 40); }' \
	>"$build/probe.c"
"$cc" -fsanitize=fuzzer "$build/probe.c" -o "$build/probe" >"$build/probe.log" 2>&1 || {
	echo "fuzz: $cc cannot link libFuzzer; on Debian: apt-get install clang libclang-rt-14-dev"
	exit 77
}

# object SOURCE: compiles when the object is older than any source
object()
{
	o=$build/$(printf '%s' "${1%.c}" | tr / -).o
	if [ ! -e "$o" ] || [ -n "$(find "$FUZZ_SRCDIR/lib" "$FUZZ_SRCDIR/include" \
		"$FUZZ_SRCDIR/test/fuzz" -name '*.[ch]' -newer "$o" | head -n 1)" ]; then
		# The flags are separate words.
		# shellcheck disable=SC2086
		"$cc" $flags -fsanitize=fuzzer-no-link,address,undefined $FUZZ_CPPFLAGS \
			-D_GNU_SOURCE -I"$FUZZ_SRCDIR/include" -I"$FUZZ_SRCDIR/lib" \
			'-DRS_DATADIR="/nowhere"' '-DRS_SYSCONFDIR="/nowhere"' \
			'-DRS_STATEDIR="/nowhere"' -c "$FUZZ_SRCDIR/$1" -o "$o" || return 1
	fi
	objects="$objects $o"
}

objects=
for source in $FUZZ_SOURCES test/fuzz/fuzz.c; do
	case $source in
	*.c) object "$source" || exit 1 ;;
	esac
done
library=$objects
[ -n "$targets" ] || for source in "$FUZZ_SRCDIR"/test/fuzz/fuzz-*.c; do
	target=${source##*/fuzz-}
	targets="$targets ${target%.c}"
done
for target in $targets; do
	objects=
	object "test/fuzz/fuzz-$target.c" || exit 1
	# shellcheck disable=SC2086
	"$cc" $flags -fsanitize=fuzzer,address,undefined $objects $library $FUZZ_LIBS \
		-o "$build/fuzz-$target" || exit 1
done
[ "${1:-}" != build ] || exit 0

failed=
for target in $targets; do
	corpus=$build/corpus-$target
	mkdir -p "$corpus"
	if "$build/fuzz-$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 \
		-max_len=4096 -artifact_prefix="fuzz-$target-" -print_final_stats=1 \
		"$corpus" "$FUZZ_SRCDIR/test/fuzz/seeds/$target" >"$build/$target.log" 2>&1; then
		printf '%-10s ok, %s inputs\n' "$target" \
			"$(sed -n 's/^stat::number_of_executed_units: *//p' "$build/$target.log")"
	else
		printf '%-10s FAILED: %s\n' "$target" "$build/$target.log"
		grep -E 'does not hold|ERROR:|SUMMARY|runtime error|Test unit written' "$build/$target.log"
		failed="$failed $target"
	fi
done
[ -z "$failed" ]
