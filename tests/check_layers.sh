#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the memrig authors
#
# Checks that the folders keep their walls (see check_layers.awk), that every
# source file states its licence and that none has grown too long. First it
# proves on a tree full of breaches that it finds each of them.
#
#     tests/check_layers.sh               self-test, then the source tree
#     tests/check_layers.sh --tree DIR    only this tree; prints the breaches

here=$(cd "$(dirname "$0")" && pwd)
passed=0
failed=0

# All files that this project wrote, relative to the top.
sources() {
	find include devices emulator driver calibration apps tests \
		-name '*.[ch]' 2>/dev/null | LC_ALL=C sort
}

others() {
	find . \( -name .git -o -name 'build*' -o -name autom4te.cache \
		-o -name m4 -o -name out \) -prune -o -type f \
		\( -name '*.sh' -o -name '*.awk' -o -name '*.mk' -o -name '*.py' \
		-o -name Makefile.am -o -name configure.ac -o -name '*.ini' \
		-o -name quickstart -o -path './.ci/run' \) -print | LC_ALL=C sort
}

check_tree() {
	(
		cd "$1" || exit 2
		list=$(sources)
		# a FILENAME each, none with blanks: the tree has none
		# shellcheck disable=SC2086
		[ -z "$list" ] || awk -f "$here/check_layers.awk" $list
		for file in $(others); do
			head -n 3 "$file" | grep -q 'SPDX-License-Identifier: GPL' \
				|| echo "${file#./}:1: no SPDX line at its head"
			[ "$(wc -l < "$file")" -le 800 ] \
				|| echo "${file#./}:801: longer than 800 lines"
		done
	)
}

report() { # NAME OK
	if [ "$2" = yes ]; then
		echo "PASS: $1"
		passed=$((passed + 1))
	else
		echo "FAIL: $1"
		failed=$((failed + 1))
	fi
}

put() { # FILE LINE...: a file with a right head
	file=$tree/$1
	shift
	mkdir -p "$(dirname "$file")"
	echo '/* SPDX-License-Identifier: GPL-3.0-or-later */' > "$file"
	[ $# -eq 0 ] || printf '%s\n' "$@" >> "$file"
}

finds() { # NAME PATTERN: the tree must be complained about; then it is emptied
	check_tree "$tree" > "$scratch/found"
	if grep -q "$2" "$scratch/found"; then
		report "layers_$1_is_found" yes
	else
		report "layers_$1_is_found" no
		sed 's/^/    /' "$scratch/found"
	fi
	rm -rf "$tree"
	mkdir "$tree"
}

silent() { # NAME: nothing may be complained about; then the tree is emptied
	check_tree "$tree" > "$scratch/found"
	if [ -s "$scratch/found" ]; then
		report "layers_$1_is_accepted" no
		sed 's/^/    /' "$scratch/found"
	else
		report "layers_$1_is_accepted" yes
	fi
	rm -rf "$tree"
	mkdir "$tree"
}

breaches() {
	put devices/a.c '#include "../emulator/cells.h"'
	finds model_including_emulator 'devices/a.c:2: devices/ may not include'
	put driver/a.c '#include "emulator/cells.h"'
	finds driver_including_emulator 'driver/ may not include emulator/cells.h'
	put apps/fstdp/a.c '#include "../../driver/array_priv.h"'
	finds app_including_driver 'apps/ may not include driver/array_priv.h'
	put apps/a.c '#include "memrig/emulator.h"'
	finds app_peeking 'apps/a.c:2: apps/ may not look'
	put calibration/a.c '  #  include  "memrig/emulator.h"'
	finds fit_peeking 'calibration/ may not look'
	put emulator/cells.c '#include "driver/transport.h"'
	finds emulator_using_transport 'may not include driver/transport.h'
	put include/memrig/error.h '#include "memrig/array.h"'
	finds header_out_of_order 'error.h includes array.h'
	put include/memrig/novel.h '#include "memrig/error.h"'
	finds header_without_place 'novel.h has no place'
	put driver/a.c '#include <jansson.h>' '#include <sqlite3.h>'
	put driver/b.c '#include <sqlite3.h>'
	finds second_home_of_sqlite 'driver/b.c:2: <sqlite3.h> is already'
	put apps/a.c '#include <sqlite3.h>'
	finds sqlite_in_apps '<sqlite3.h> belongs in driver'
	put emulator/cells.c '#include <Random123/philox.h>'
	finds second_home_of_random123 'belongs in emulator/random.c only'
	put devices/a.c '#include <cblas.h>'
	finds blas_in_devices '<cblas.h> belongs in emulator apps only'
	put driver/a.c '#include <sleef.h>'
	finds sleef_in_driver '<sleef.h> belongs in devices emulator only'
	put driver/a.c '#include <curl/curl.h>'
	finds unknown_library '<curl/curl.h> is no header'
}

breaches_of_code() {
	put devices/a.c '	x = rand();'
	finds chance_in_a_model 'a.c:2: time and chance'
	put driver/a.c '	t = time(NULL);'
	finds time_in_the_driver 'a.c:2: time and chance'
	put driver/clock.c '	x = getenv("HOME");'
	finds environment_in_the_library 'does not read the environment'
	put emulator/a.c '	printf("hello\n");'
	finds printing_in_the_library 'prints nothing'
	put emulator/a.c '	fprintf(stderr, "hello");'
	finds standard_error_in_the_library 'prints nothing'
	put driver/a.c '	sigaction(SIGINT, &a, NULL);'
	finds signal_handler_in_the_library 'installs no handler'
	put apps/a.c 'static int string_length(const char *s)'
	finds function_named_str 'belong to C'
	put apps/a.c 'memory_free(void)'
	finds function_named_mem 'belong to C'
	put apps/a.c "/* $(printf '%0110d' 1) */"
	finds long_line 'longer than 100 columns'
	# shellcheck disable=SC2046
	put apps/a.c $(seq 800)
	finds long_file 'a.c:801: the file is longer'
	put apps/a.c
	sed -i 1d "$tree/apps/a.c"
	echo 'int x;' > "$tree/apps/a.c"
	finds missing_licence 'a.c:1: the first line is no SPDX line'
	echo 'true' > "$tree/quickstart"
	finds missing_licence_of_a_script 'quickstart:1: no SPDX line'
}

accepted() {
	put include/memrig/array.h '#include "memrig/types.h"'
	put devices/a.c '#include "models.h"' '#include <sleef.h>' \
		'#include <math.h>' '#include "memrig/model.h"'
	put emulator/wire_arc.c '#include "driver/transport.h"' '#include <zlib.h>'
	put emulator/wires.h '#include "driver/transport.h"'
	put emulator/random.c '#include <Random123/philox.h>' '	x = rand();'
	put driver/clock.c '#include <time.h>' '	clock_gettime(0, &t);'
	put driver/oplog.c '#include <sqlite3.h>' '/* time() and printf() */' \
		'/*' ' * rand() is not used' ' */' \
		'	x = "stderr printf(3) \" rand()";' \
		'	now = clock.time(x) + self->time(y) + mr_time(z);' \
		'	n = strlen(text) + snprintf(a, 3, "%d", b);'
	put apps/a.c '#include <jansson.h>' '#include "memrig/memrig.h"' \
		'	puts(getenv("HOME"));'
	put tests/test_a.c '#include "driver/array_priv.h"' \
		'#include "memrig/emulator.h"' '#include <sqlite3.h>'
	silent right_tree
}

if [ "$1" = --tree ] && [ $# -eq 2 ]; then
	check_tree "$2"
	exit
elif [ $# -ne 0 ]; then
	echo "usage: $0 [--tree DIR]" >&2
	exit 2
fi

scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
tree=$scratch/tree
mkdir "$tree"
breaches
breaches_of_code
accepted
check_tree "$here/.." > "$scratch/found"
if [ -s "$scratch/found" ]; then
	cat "$scratch/found"
	report layers_of_the_source_tree_hold no
else
	report layers_of_the_source_tree_hold yes
fi
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
