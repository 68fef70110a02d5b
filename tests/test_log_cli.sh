#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the memrig authors
#
# Uses "memrig log" and "memrig plot" as a person would, on logs that the tool
# has written itself, and runs the queries of docs/oplog.md.

page=${MR_SRCDIR:-.}/docs/oplog.md
case $page in
/*) ;;
*) page=$PWD/$page ;;
esac
kind=log_cli
# shellcheck source=tests/cli.sh
. "${MR_SRCDIR:-.}/tests/cli.sh"

# NAME CODE: the Python code succeeds.
python() {
	python3 -c "$2" > out 2> err
	report "$1" $?
}

# NAME EXPRESSION ARGUMENT...: prints one JSON object `d` of which the Python
# expression is true.
json() {
	name=$1
	expression=$2
	shift 2
	tool "$@" --json
	cp out d.json
	[ "$got" -eq 0 ] && [ ! -s err ] && python3 -c '
import json, sys
d = json.load(open("d.json"))
assert eval("(" + sys.argv[1] + ")"), "it is not so"
' "$expression" 2> err
	report "$name" $?
}

small='emu:pcm?rows=3&cols=5&seed=11'

# Runs 1 to 7: reads, pulses, program, trace, drive, surveys, operations only.
record() {
	"$memrig" read --array "$small" --log run.db --meta operator=Ada &&
		"$memrig" pulse --array "$small" --log run.db --rect 1,2,2,3 \
			--name set --count 3 &&
		"$memrig" program --array "$small" --log run.db --cells 4,9 \
			--target 7uS --tolerance 1uS --budget 20 &&
		"$memrig" trace --array "$small" --log run.db --cells 7,2 \
			--sweep 0,0.2,-0.1 --points 4 --hold 1ms &&
		"$memrig" drive --array "$small" --log run.db --cols 1,3 \
			--v 0.1,0,0.2 --v 0,0.05,0 &&
		"$memrig" wait --array "$small" --log run.db --log-level 3 \
			--log-interval 10s 25s &&
		"$memrig" pulse --array "$small" --log run.db --log-level 1 \
			--name set
}

# The last run of cut.db as a crash would leave it; damaged.db with a value
# that cannot be.
damage() {
	python3 - << 'END'
import shutil, sqlite3

# Change operations of a run as if the view op were a table, in a form each.
def change(log, run, **values):
    columns = [c[1] for c in log.execute("PRAGMA table_info(form)")][1:]
    for row, form in log.execute(
            "SELECT row, form FROM operation WHERE row >> 40 = ?",
            (run,)).fetchall():
        new = log.execute("INSERT INTO form(%s) SELECT %s FROM form "
                          "WHERE form = %d" % (",".join(columns),
                          ",".join(columns), form)).lastrowid
        log.execute("UPDATE operation SET form = ? WHERE row = ?", (new, row))
        for column, value in values.items():
            log.execute("UPDATE %s SET %s = ? WHERE %s" % (
                ("form", column, "form = %d" % new) if column in columns else
                ("operation", column, "row = %d" % row)), (value,))

shutil.copy("run.db", "cut.db")
with sqlite3.connect("cut.db") as log:
    log.execute("UPDATE run SET ended_wall_ns = NULL WHERE run = 2")
    change(log, 2, wall_end_ns=None, t_begin_ns=None, t_end_ns=None,
           n_effect=None, status=None, error=None)
    log.execute("DELETE FROM operation WHERE row >> 40 = 6")
    log.execute("DELETE FROM run WHERE run = 6")
shutil.copy("run.db", "failed.db")
with sqlite3.connect("failed.db") as log:
    change(log, 1, error="io", errtext='a, "b"', n_effect=4)
    log.execute("""UPDATE operation SET result = substr(result, 1, 16)
        WHERE row >> 40 = 1""")
shutil.copy("run.db", "damaged.db")
with sqlite3.connect("damaged.db") as log:
    change(log, 1, v_read_V="x")
shutil.copy("run.db", "empty_run.db")
with sqlite3.connect("empty_run.db") as log:
    log.execute("DELETE FROM operation")
shutil.copy("run.db", "no_run.db")
with sqlite3.connect("no_run.db") as log:
    for table in ("data", "description", "operation", "form", "metadata",
                  "run"):
        log.execute("DELETE FROM " + table)
with sqlite3.connect("other.db") as other:
    other.execute("CREATE TABLE cell (row, col)")
END
}

# ---- wrong use ---------------------------------------------------------------

wrong_use() {
	right help_of_log_has_an_example '^  memrig log' log --help
	right help_of_plot_has_an_example '^  memrig plot' plot --help
	wrong file_is_missing 2 'argument is missing' log
	wrong word_is_missing 2 'show, stats, export or wire' log run.db
	wrong unknown_word_is_named 2 "'list' is neither show" log run.db list
	wrong unknown_format_is_named 2 "'xls' is neither csv nor npy" \
		log run.db export --format xls
	wrong unknown_content_is_named 2 "'all' is neither ops nor values" \
		log run.db export --what all
	wrong unknown_kind_lists_the_kinds 2 "'reed'.*pulse, trace" \
		log run.db show --kind reed
	wrong option_of_another_word_is_refused 2 '--kind goes with show' \
		log run.db stats --kind read
	wrong run_that_is_not_there_is_named 2 'no run 9; runs are 1 to 7' \
		log run.db show --run 9
	wrong run_that_is_no_number_is_named 2 "'x' is no run" \
		log run.db stats --run x
	wrong from_behind_to_is_refused 2 '--from 3 lies behind --to 2' \
		log run.db show --from 3 --to 2
	wrong limit_that_is_no_number_is_named 2 "--limit: 'x'" \
		log run.db show --limit x
	wrong npy_without_output_is_refused 2 'needs --output' \
		log run.db export --format npy
	wrong npy_of_all_runs_is_refused 2 'one run' \
		log run.db export --format npy --run all --output x.npy
	wrong partial_without_npy_is_refused 2 '--partial goes with' \
		log run.db export --partial
	wrong json_without_output_is_refused 2 '--json needs --output' \
		log run.db export --json
	wrong level_1_has_no_values 2 'level 1.*--log-level 2' \
		log run.db export
	wrong npy_without_whole_read_is_refused 2 '--partial takes' \
		log run.db export --run 3 --format npy --output x.npy
	[ ! -e x.npy ]
	report refused_export_leaves_no_file $?
}

wrong_files() {
	echo 'no log at all' > text.db
	: > empty.db
	head -c 9000 run.db > short.db
	for word in 'log FILE show' 'log FILE stats' 'log FILE export' \
		'plot FILE --plot x.png'; do
		verb=$(echo "$word" | sed 's/ FILE//; s/ --.*//; s/ /_/')
		for name in nowhere text empty short; do
			# words without blanks, split on purpose
			# shellcheck disable=SC2046
			wrong "${verb}_of_file_${name}_is_refused" 2 \
				"$name.db" $(echo "$word" | sed "s/FILE/$name.db/")
		done
	done
	grep -q 'no log at all' text.db
	report file_that_is_no_log_is_left_alone $?
	wrong output_onto_the_log_is_refused 2 'is the log itself' \
		log run.db export --run 1 --output ./run.db
	wrong output_onto_a_device_is_refused 2 'no regular file' \
		log run.db export --run 1 --output /dev/null
	wrong output_into_no_folder_fails 1 'nowhere/x.csv cannot be written' \
		log run.db export --run 1 --output nowhere/x.csv
	(trap '' XFSZ; ulimit -f 1; "$memrig" log run.db export --run all \
		--what ops --output full.csv 2> err > out)
	[ $? -eq 1 ] && grep -q 'full.csv cannot be written' err &&
		[ ! -e full.csv ]
	report full_disk_leaves_no_file $?
	! find . -name '*.tmp' | grep -q .
	report nothing_is_left_half_written $?
}

# ---- show and stats ------------------------------------------------------------

show() {
	right show_takes_the_last_run '^run  *7 (the log holds 1 to 7)' \
		log run.db show
	right show_shows_metadata '^metadata  *operator=Ada' \
		log run.db show --run 1
	right show_shows_the_command "^command  *memrig read --array" \
		log run.db show --run 1
	right show_has_a_line_per_operation \
		'1  *-  *0.000000000  pulse  *ok  *6  rows 1-2 cols 2-4 .*90 uA, 50 ns, 3 pulses' \
		log run.db show --run 2
	right show_folds_parts 'left out: [1-9][0-9]* inside composed' \
		log run.db show --run 3
	right show_children_shows_parts '2  *1  .*read  *ok  *2  cells 4,9' \
		log run.db show --run 3 --children
	right show_kind_filters 'wait  *ok  *1  *25 s' \
		log run.db show --run 6 --kind wait
	right show_marks_surveys 'read .*(survey)$' log run.db show --run 6
	right show_says_what_is_left_out 'stopped after 2 .* [1-9][0-9]* more' \
		log run.db show --run 3 --children --limit 2
	right show_from_beyond_shows_nothing 'no operation to show' \
		log run.db show --from 99
	right show_all_shows_every_run '^run  *4 ' log run.db show --run all
	json show_json 'd["schema"] == "memrig.log-show/1" and
[r["run"]["run"] for r in d["runs"]] == [3] and
d["runs"][0]["operations"][0]["kind"] == "program" and
d["runs"][0]["operations"][0]["composed"] and
d["runs"][0]["operations"][0]["cells"]["cells"] == [4, 9] and
d["runs"][0]["operations"][0]["parameters"]["budget"] == 20 and
d["runs"][0]["left_out"]["children"] == d["runs"][0]["run"]["n_ops"] - 1' \
		log run.db show --run 3
	json show_json_of_all_runs 'len(d["runs"]) == 7 and
d["runs"][0]["run"]["metadata"] == {"operator": "Ada"}' \
		log run.db show --run all
	right show_of_an_empty_run 'no operation to show' log empty_run.db show
	wrong show_without_any_run 2 'holds no run' log no_run.db show
	right show_tells_what_never_ended 'pulse  *never ended' \
		log cut.db show --run 2
	right show_tells_that_a_run_was_cut 'never finished' \
		log cut.db show --run 2
	json show_passes_over_a_missing_run \
		'[r["run"]["run"] for r in d["runs"]] == [1, 2, 3, 4, 5, 7]' \
		log cut.db show --run all
	right show_shows_the_error '  a, "b"$' log failed.db show --run 1
	wrong damaged_row_is_named 2 'run 1, operation 1): v_read_V' \
		log damaged.db show --run 1
}

stats() {
	right stats_shows_every_run '^run 7 ' log run.db stats
	right stats_counts_cells 'cells  *6 of 15 touched' \
		log run.db stats --run 2
	right stats_counts_pulses 'pulses  *18$' log run.db stats --run 2
	right stats_counts_what_never_ended '1 never ended' \
		log cut.db stats --run 2
	json stats_json 'd["schema"] == "memrig.log-stats/1" and
d["bytes"] > 4096 and len(d["runs"]) == 7 and
d["runs"][0]["kinds"] == {"read": {"ok": 1}} and
d["runs"][1]["pulses"] == 18 and d["runs"][1]["cells_touched"] == 6 and
d["runs"][2]["children"] == d["runs"][2]["n_ops"] - 1 and
d["runs"][3]["cells_touched"] == 2 and
d["runs"][4]["cells_touched"] == 6 and
d["runs"][5]["surveys"] >= 1 and
d["runs"][5]["t_last_ns"] >= 25 * 10**9' log run.db stats
	json stats_of_a_failure 'd["runs"][0]["kinds"] == {"read": {"io": 1}} and
d["runs"][0]["cells_touched"] == 4' log failed.db stats --run 1
	wrong stats_of_a_damaged_row 2 'v_read_V' log damaged.db stats
	right stats_of_an_empty_run 'operations  0' log empty_run.db stats
	wrong stats_without_any_run 2 'holds no run' log no_run.db stats
}

# ---- export ------------------------------------------------------------------

export_csv() {
	right csv_has_a_header \
		'^run,id,kind,role,row,col,t_s,quantity,value,unit,status$' \
		log run.db export --run 1
	"$memrig" log run.db export --run all > values.csv 2> err
	"$memrig" log run.db export --run all --what ops > ops.csv 2> err
	python csv_values_are_those_of_the_log '
import csv, sqlite3, struct
log = sqlite3.connect("run.db")
rows = list(csv.DictReader(open("values.csv")))
g = [float(r["value"]) for r in rows if r["run"] == "1"]
blob, = log.execute("SELECT g_S FROM reads WHERE run = 1").fetchone()
want = struct.unpack("<15f", blob)
# printed with 9 digits, which identify a float
assert [struct.pack("<f", x) for x in g] == [struct.pack("<f", x) for x in want]
first = [r for r in rows if r["run"] == "1"]
assert [(r["row"], r["col"]) for r in first] == [
    (str(i // 5), str(i % 5)) for i in range(15)]
assert {r["unit"] for r in first} == {"S"}
'
	python csv_has_pulses_of_each_cell '
import csv
rows = [r for r in csv.DictReader(open("values.csv")) if r["run"] == "2"]
pulses = [(int(r["row"]), int(r["col"]), r["value"]) for r in rows
          if r["quantity"] == "pulses"]
assert pulses == [(r, c, "3") for r in (1, 2) for c in (2, 3, 4)]
assert all(r["role"] == "input" for r in rows)
'
	python csv_has_the_time_of_each_sample '
import csv
rows = [r for r in csv.DictReader(open("values.csv"))
        if r["run"] == "4" and r["quantity"] == "current"]
assert len(rows) == 2 * 9
assert [(r["row"], r["col"]) for r in rows[::9]] == [("1", "2"), ("0", "2")]
t = [float(r["t_s"]) for r in rows[:9]]
assert all(abs(b - a - 1e-3) < 1e-8 for a, b in zip(t, t[1:])), t
'
	python csv_has_lines_of_a_drive '
import csv
rows = [r for r in csv.DictReader(open("values.csv")) if r["run"] == "5"]
# printed with 9 digits: a float32 is that far from the decimal
v = [(r["row"], r["col"], round(float(r["value"]), 7)) for r in rows
     if r["role"] == "input"]
assert v == [("0", "", 0.1), ("1", "", 0), ("2", "", 0.2), ("0", "", 0),
             ("1", "", 0.05), ("2", "", 0)], v
i = [(r["row"], r["col"], r["unit"]) for r in rows if r["role"] == "result"]
assert i == [("", "1", "A"), ("", "3", "A")] * 2, i
'
	python csv_ops_has_every_operation '
import csv, sqlite3
rows = list(csv.DictReader(open("ops.csv")))
log = sqlite3.connect("run.db")
assert len(rows) == log.execute("SELECT count(*) FROM op").fetchone()[0]
pulse = [r for r in rows if r["run"] == "2"][0]
assert pulse["cells"] == "rows 1-2 cols 2-4" and pulse["count"] == "3"
assert float(pulse["amplitude"]) == 90e-6 and pulse["unit"] == "A"
assert [r["parent"] for r in rows if r["run"] == "3"][:2] == ["", "1"]
'
	"$memrig" log failed.db export --run 1 --what ops > failed.csv 2> err
	python csv_quotes_what_it_must '
import csv
row, = csv.DictReader(open("failed.csv"))
assert row["errtext"] == "a, \"b\"" and row["outcome"] == "io"
'
	tool log failed.db export --run 1
	[ "$got" -eq 0 ] && [ "$(wc -l < out)" -eq 5 ]
	report csv_has_no_line_for_what_was_not_measured $?
	json export_tells_what_it_wrote 'd["schema"] == "memrig.log-export/1" and
d["n_written"] == 15 and d["output"] == "one.csv"' \
		log run.db export --run 1 --output one.csv
	tool log run.db export --run 1
	cmp -s out one.csv
	report csv_is_the_same_in_a_file $?
	wrong export_of_a_damaged_row_fails 2 'v_read_V' \
		log damaged.db export --run 1 --output bad.csv
	[ ! -e bad.csv ]
	report failed_export_leaves_no_file $?
}

export_npy() {
	cat > npy.py << 'END'
import ast, struct
def load(path):
    data = open(path, "rb").read()
    assert data[:8] == b"\x93NUMPY\x01\x00", data[:8]
    length, = struct.unpack("<H", data[8:10])
    assert (10 + length) % 64 == 0 and data[9 + length] == 10
    head = ast.literal_eval(data[10:10 + length].decode())
    assert head["fortran_order"] is False
    return head, data[10 + length:]
END
	tool log run.db export --run 6 --format npy --output whole.npy
	python npy_holds_whole_reads '
import sqlite3
from npy import load
head, data = load("whole.npy")
n = sqlite3.connect("run.db").execute(
    "SELECT count(*), group_concat(hex(g_S), \"\") FROM reads WHERE run = 6"
    ).fetchone()
assert head["descr"] == "<f4" and head["shape"] == (n[0], 3, 5), head
assert n[0] >= 1 and data.hex().upper() == n[1]
'
	tool log run.db export --run 3 --format npy --partial --output part.npy
	python npy_partial_reads_have_nan '
import math, struct
from npy import load
head, data = load("part.npy")
frames, rows, cols = head["shape"]
x = struct.unpack("<%df" % (frames * 15), data)
assert frames >= 2 and (rows, cols) == (3, 5)
known = [i for i in range(15) if not math.isnan(x[i])]
assert known == [4, 9], known
'
	tool log run.db export --run 6 --format npy --what ops --output ops.npy
	python npy_ops_point_to_frames '
import struct
from npy import load
head, data = load("ops.npy")
sizes = {"<i8": 8, "<u8": 8, "<u4": 4, "|u1": 1, "|S9": 9, "|S12": 12}
width = sum(sizes[t] for _, t in head["descr"])
n, = head["shape"]
assert len(data) == n * width
assert head["descr"][-1] == ("frame", "<i8")
frames = [struct.unpack("<q", data[(i + 1) * width - 8:(i + 1) * width])[0]
          for i in range(n)]
kinds = [data[i * width + 24:i * width + 33].rstrip(b"\0") for i in range(n)]
assert kinds[0] == b"wait" and frames[0] == -1
assert [f for f in frames if f >= 0] == list(range(load("whole.npy")[0]["shape"][0]))
'
}

# ---- figures -----------------------------------------------------------------

wrong_figures() {
	wrong plot_without_name_is_refused 2 'where to' plot run.db
	wrong plot_of_another_ending_is_refused 2 'neither in .png nor' \
		plot run.db --plot x.gif
	wrong plot_unknown_panel_is_named 2 "'mpa' is no panel" \
		plot run.db --plot x.png --what mpa
	wrong plot_of_all_runs_is_refused 2 'one run' \
		plot run.db --plot x.png --run all
	wrong plot_of_no_run_is_named 2 'no run 9' \
		plot run.db --plot x.png --run 9
	wrong plot_both_axes_are_refused 2 'one of them' \
		plot run.db --plot x.png --log-time --linear-time
	wrong plot_cell_outside_is_named 2 '15 is outside 0 to 14' \
		plot run.db --plot x.png --run 1 --cells 3,15
	wrong plot_cells_malformed_are_named 2 "'3-' is no list" \
		plot run.db --plot x.png --run 1 --cells 3-
	wrong plot_cell_twice_is_refused 2 '4 is named twice' \
		plot run.db --plot x.png --run 1 --cells 4,2-5
	wrong plot_too_many_cells_are_refused 2 'at most 12' \
		plot run.db --plot x.png --run 1 --cells 0-12
	wrong plot_of_level_1_names_the_level 2 'level 1.*--log-level 2' \
		plot run.db --plot x.png --run 7
	wrong plot_without_reads_says_what_to_do 2 'memrig read --log' \
		plot run.db --plot x.png --run 2
	wrong plot_without_sweep_says_what_to_do 2 'memrig trace --log' \
		plot run.db --plot x.png --run 1 --what iv
	wrong plot_of_unread_cells_is_refused 2 'none of these cells' \
		plot run.db --plot x.png --run 3 --what time --cells 0,1
	wrong plot_of_a_damaged_row_is_refused 2 'v_read_V' \
		plot damaged.db --plot x.png --run 1
	[ ! -e x.png ]
	report refused_plot_leaves_no_file $?
}

# A PATH with what the wrapper of libtool needs, and no gnuplot.
without_gnuplot() {
	mkdir bin
	for name in sh sed ls cat grep dirname basename readlink uname rm mv \
		expr; do
		ln -s "$(command -v $name)" "bin/$name" 2> err
	done
	PATH=$PWD/bin "$memrig" plot run.db --run 1 --plot x.png > out 2> err
	[ $? -eq 1 ] && grep -q 'gnuplot is not installed' err && [ ! -e x.png ]
	report missing_gnuplot_is_said $?
}

figures() {
	json plot_draws_what_there_is 'd["schema"] == "memrig.plot/1" and
d["panels"] == ["map", "histogram"] and d["cells_read"] == 15' \
		plot run.db --run 1 --plot one.png
	[ "$(head -c 4 one.png | tail -c 3)" = PNG ]
	report plot_is_a_picture $?
	json plot_follows_a_program 'd["panels"] == ["map", "time", "histogram"]
and sorted(d["cells_in_time"]) == [4, 9]' plot run.db --run 3 --plot two.svg
	grep -q '<svg' two.svg
	report plot_is_a_drawing $?
	json plot_draws_sweeps 'd["panels"] == ["iv"] and
sorted(d["cells_in_iv"]) == [2, 7]' plot run.db --run 4 --plot iv.png \
		--log-current
	json plot_takes_cells 'd["cells_in_time"] == [8, 0, 1]' plot run.db \
		--run 6 --plot t.svg --what time --cells 8,0-1 --log-time
	right plot_of_a_failed_read . plot failed.db --run 1 --plot f.png --json
	! find . -name '*.tmp' | grep -q .
	report plot_leaves_nothing_half_written $?
}

# ---- the page ----------------------------------------------------------------

# Each fenced block "sqlite3" of docs/oplog.md runs on this log.
queries() {
	cp "$page" oplog.md
	# shellcheck disable=SC2016 # the backticks are Python's
	python page_has_queries '
import re, sys
page = open("oplog.md").read()
blocks = re.findall(r"```sqlite3\n(.*?)```", page, re.S)
assert len(blocks) >= 5, len(blocks)
for i, block in enumerate(blocks):
    open("query%d.sql" % i, "w").write(block)
'
	# shellcheck disable=SC2016 # the backticks are Python's
	python page_names_every_column '
import re, sqlite3
page = open("oplog.md").read()
words = set(re.findall(r"`([A-Za-z0-9_]+)`", re.sub(r"[,]", " ", page)))
words |= set(re.findall(r"[A-Za-z0-9_]+", " ".join(
    re.findall(r"`([^`\n]+)`", page))))
log = sqlite3.connect("run.db")
for table in ("run", "metadata", "op", "data", "description"):
    for column in log.execute("PRAGMA table_xinfo(%s)" % table):
        assert column[1] in words, (table, column[1])
'
	for query in query*.sql; do
		if command -v sqlite3 > /dev/null; then
			sqlite3 run.db < "$query" > out 2> err && [ ! -s err ]
		else
			python3 -c '
import sqlite3, sys
list(sqlite3.connect("run.db").execute(open(sys.argv[1]).read()))
' "$query" > out 2> err
		fi
		report "page_${query%.sql}_runs" $?
	done
}

record > out 2> err
report log_is_recorded $?
if command -v python3 > /dev/null && python3 -c 'import sqlite3' 2> err; then
	damage
	report logs_are_damaged $?
	wrong_use
	wrong_files
	show
	stats
	export_csv
	export_npy
	wrong_figures
	without_gnuplot
	queries
	if command -v gnuplot > /dev/null; then
		figures
	else
		skip figures_are_drawn 'gnuplot is missing'
	fi
else
	skip logs_are_read 'python3 with sqlite3 is missing'
fi
closing
