# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the memrig authors
#
# Reads C files given relative to the top of the tree and prints a line
# "FILE:LINE: what is wrong" for each breach of the walls that ARCHITECTURE.md
# describes. Comments and string contents are taken out before code is judged.

BEGIN {
	# headers of include/memrig in their order: each may use earlier ones
	n = split("error clock random types uri model backend array emulator " \
	          "oplog synapse device doctor serve history measure fit " \
	          "compare calibrate memrig", order, " ")
	for (i = 1; i <= n; i++)
		rank[order[i]] = i

	# folders that a folder may include from, beside itself and include/
	n = split("include devices emulator driver calibration apps tests", f, " ")
	for (i = 1; i <= n; i++)
		folder[f[i]] = 1

	n = split("assert complex ctype errno fenv float inttypes iso646 limits " \
	          "locale math setjmp signal stdalign stdarg stdatomic stdbool " \
	          "stddef stdint stdio stdlib stdnoreturn string tgmath " \
	          "threads time uchar wchar wctype " \
	          "dirent dlfcn fcntl fnmatch glob grp libgen netdb poll pthread " \
	          "sched semaphore spawn strings termios unistd getopt " \
	          "arpa/inet netinet/in netinet/tcp sys/file sys/ioctl sys/mman sys/prctl sys/resource sys/select " \
	          "sys/socket sys/stat sys/sysmacros sys/time sys/types sys/uio sys/un " \
	          "sys/utsname sys/wait", s, " ")
	for (i = 1; i <= n; i++)
		system_header[s[i] ".h"] = 1

	# third-party headers and who may include them; a folder followed by
	# "!" means: in exactly one of its .c files
	third["sqlite3.h"] = "driver!"
	third["ini.h"] = "driver!"
	third["libusb.h"] = "driver!"
	third["libserialport.h"] = "driver!"
	third["linux/usb/tmc.h"] = "driver!"
	third["jansson.h"] = "driver! apps"
	third["csv.h"] = "apps"
	third["zlib.h"] = "apps emulator!"
	third["png.h"] = "apps"
	third["jpeglib.h"] = "apps"
	third["jerror.h"] = "apps"
	third["cblas.h"] = "emulator apps"
	third["sleef.h"] = "devices emulator"
	third["cholmod.h"] = "emulator!"
	third["Random123/philox.h"] = "emulator/random.c"
	third["immintrin.h"] = "emulator/kernels.c " \
	                        "emulator/normals.c devices/bulk.c"
	third["emmintrin.h"] = third["immintrin.h"]

	library["devices"] = library["emulator"] = 1
	library["driver"] = library["calibration"] = 1
}

function complain(text) {
	printf "%s:%d: %s\n", FILENAME, FNR, text
}

# Path of an own header relative to the top of the tree.
function resolve(name,    path, base) {
	if (name ~ /^memrig\//)
		return "include/" name
	split(name, part, "/")
	if (part[1] in folder)
		return name
	base = FILENAME
	sub(/[^\/]*$/, "", base)
	path = base name
	while (match(path, /[^\/]+\/\.\.\//))
		path = substr(path, 1, RSTART - 1) substr(path, RSTART + RLENGTH)
	return path
}

function stem(path) {
	sub(/.*\//, "", path)
	sub(/\.h$/, "", path)
	return path
}

function check_order(path,    me, other) {
	me = stem(FILENAME)
	other = stem(path)
	if (!(me in rank) || !(other in rank))
		complain("include/memrig/" (me in rank ? other : me) \
		         ".h has no place in the order of headers in " \
		         "tests/check_layers.awk")
	else if (rank[other] >= rank[me])
		complain(me ".h includes " other ".h, which comes after it")
}

function check_own(name,    path, to) {
	path = resolve(name)
	to = path
	sub(/\/.*/, "", to)
	if (top == "tests")
		return
	if (path == "include/memrig/emulator.h" \
	    && (top == "apps" || top == "calibration"))
		complain(top "/ may not look at emulator.h: no peeking")
	if (top == "include" && to == "include")
		check_order(path)
	else if (to != "include" && to != top && !(path == "driver/transport.h" \
	         && FILENAME ~ /^emulator\/(wire(s|_[^\/]*)|usb_device)\.[ch]$/))
		complain(top "/ may not include " path)
}

function check_third(name,    i, n, who, home, ok) {
	if (top == "tests" || (name in system_header))
		return
	if (name ~ /^gsl\// && top == "calibration")
		return
	if (!(name in third)) {
		complain("<" name "> is no header that " top "/ may include")
		return
	}
	n = split(third[name], who, " ")
	for (i = 1; i <= n; i++) {
		home = who[i]
		sub(/!$/, "", home)
		if (home != top && home != FILENAME)
			continue
		ok = 1
		if (home != who[i])
			once(name, home)
	}
	if (!ok)
		complain("<" name "> belongs in " third[name] " only")
}

# The first file that includes such a header is its home.
function once(name, home,    key) {
	key = home " " name
	if (!(key in first))
		first[key] = FILENAME
	else if (first[key] != FILENAME)
		complain("<" name "> is already included in " first[key] \
		         ": one file only")
}

function check_include(line,    name) {
	name = line
	if (line ~ /^[ \t]*#[ \t]*include[ \t]*"/) {
		sub(/^[^"]*"/, "", name)
		sub(/".*/, "", name)
		check_own(name)
	} else if (line ~ /^[ \t]*#[ \t]*include[ \t]*</) {
		sub(/^[^<]*</, "", name)
		sub(/>.*/, "", name)
		check_third(name)
	}
}

# A line of code without comments and without what is inside quotes.
function strip(line,    out) {
	gsub(/\\["'\\]/, "", line)
	gsub(/"[^"]*"/, "\"\"", line)
	out = ""
	while (line != "") {
		if (in_comment) {
			if (!match(line, /\*\//))
				return out
			line = substr(line, RSTART + 2)
			in_comment = 0
		} else if (match(line, /\/\*/)) {
			out = out substr(line, 1, RSTART - 1)
			line = substr(line, RSTART + 2)
			in_comment = 1
		} else {
			out = out line
			line = ""
		}
	}
	sub(/\/\/.*/, "", out)
	return out
}

function calls(code, names) {
	return match(code, "(^|[^A-Za-z0-9_.>])(" names ")[ \t]*\\(")
}

function check_library(code) {
	if (FILENAME != "driver/clock.c" && FILENAME != "emulator/random.c" \
	    && calls(code, "time|clock|clock_gettime|gettimeofday|sleep|" \
	             "usleep|nanosleep|rand|srand|random|srandom|drand48"))
		complain("time and chance come from driver/clock.c and " \
		         "emulator/random.c only")
	if (calls(code, "getenv|secure_getenv"))
		complain("the library does not read the environment")
	if (calls(code, "printf|vprintf|puts|putchar|perror") \
	    || match(code, /(^|[^A-Za-z0-9_])(stdout|stderr)([^A-Za-z0-9_]|$)/))
		complain("the library prints nothing")
	if (calls(code, "signal|sigaction|exit|abort"))
		complain("the library installs no handler and ends no process")
}

function width(line,    i, n) {
	n = 0
	for (i = 1; i <= length(line); i++)
		n = substr(line, i, 1) == "\t" ? n + 8 - n % 8 : n + 1
	return n
}

FNR == 1 {
	top = FILENAME
	sub(/\/.*/, "", top)
	in_comment = 0
	if ($0 !~ /SPDX-License-Identifier: GPL-3.0-or-later/)
		complain("the first line is no SPDX line")
}

FNR == 801 {
	complain("the file is longer than 800 lines")
}

{
	if (!in_comment)
		check_include($0)
	if (length($0) > 50 && width($0) > 100)
		complain("the line is longer than 100 columns")
	code = strip($0)
	if (top in library)
		check_library(code)
	if (code ~ /^[A-Za-z_][A-Za-z0-9_ *]*[ *](mem|str)[a-z][A-Za-z0-9_]*\(/ \
	    || code ~ /^(mem|str)[a-z][A-Za-z0-9_]*\(/)
		complain("names that begin with mem or str belong to C")
}
