# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the memrig authors
#
# Counts code and comment lines of one C file, its licence head left out, and
# the share of documented prototypes of a public header. Prints
#     FILE LINES CODE COMMENT PROTOTYPES DOCUMENTED
# A line that holds both counts as code.

function count(line,    rest) {
	rest = line
	had_comment = 0
	had_code = 0
	while (rest != "") {
		if (inside) {
			had_comment = 1
			if (!match(rest, /\*\//))
				return
			rest = substr(rest, RSTART + 2)
			inside = 0
			ended = FNR
		} else if (match(rest, /\/\*/)) {
			if (substr(rest, 1, RSTART - 1) ~ /[^ \t]/)
				had_code = 1
			rest = substr(rest, RSTART + 2)
			inside = 1
			had_comment = 1
		} else {
			if (rest ~ /[^ \t]/)
				had_code = 1
			return
		}
	}
}

FNR <= 2 && /SPDX|Copyright/ { next }

{
	count($0)
	if (had_code)
		code++
	else if (had_comment)
		comment++
	# a prototype begins at the margin with MR_API; the line above it must
	# be the end of a comment
	if (had_code && /^MR_API/) {
		prototypes++
		if (ended == FNR - 1)
			documented++
	}
}

END {
	print FILENAME, FNR, code + 0, comment + 0, prototypes + 0, documented + 0
}
