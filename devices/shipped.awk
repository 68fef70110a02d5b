# SPDX-License-Identifier: GPL-3.0-or-later
# Profiles as C: their lines, and a table of them.
#     awk -f shipped.awk smu-*.ini router-*.ini > smu_shipped.h
BEGIN {
	print "/* SPDX-License-Identifier: GPL-3.0-or-later */"
	print "/* made by devices/shipped.awk */"
}
FNR == 1 {
	if (n++)
		print "\tNULL};"
	name[n] = FILENAME
	sub(/.*\//, "", name[n])
	print "static const char *const shipped_" n "[] = {"
}
{
	gsub(/\\/, "\\\\")
	gsub(/"/, "\\\"")
	print "\t\"" $0 "\\n\","
}
END {
	print "\tNULL};"
	print "static const struct {"
	print "\tconst char *name;"
	print "\tconst char *path;"
	print "\tconst char *const *lines;"
	print "} shipped[] = {"
	for (i = 1; i <= n; i++) {
		stem = name[i]
		sub(/\.ini$/, "", stem)
		print "\t{\"" stem "\", \"devices/" name[i] "\", shipped_" i "},"
	}
	print "};"
}
