#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the memrig authors
#
# Uses "memrig report" as a person would, on logs of quick suites that the tool
# has measured itself: the page, its queries, and everything that can be wrong.

kind=report_cli
# shellcheck source=tests/cli.sh
. "${MR_SRCDIR:-.}/tests/cli.sh"

# NAME CODE: the Python code succeeds; `page` is the text of r.html.
python() {
	python3 -c "
import html, re, sqlite3, sys
from html.parser import HTMLParser
page = open('r.html', encoding='utf-8').read()
def queries():
    return [html.unescape(q) for q in
            re.findall(r'<pre class=\"query\">(.*?)</pre>', page, re.S)]
$2" > out 2> err
	report "$1" $?
}

# NAME ARGUMENT...: writes r.html and says so.
page() {
	name=$1
	shift
	rm -f r.html
	tool report "$@" -o r.html
	[ "$got" -eq 0 ] && [ ! -s err ] && [ -s r.html ] &&
		grep -q '^r.html: [0-9]* figures' out
	report "$name" $?
}

# NAME STATUS PATTERN ARGUMENT...: fails as wrong() has it and leaves no file.
refused() {
	name=$1
	rm -f r.html
	wrong "$@"
	find . -name '*.tmp' -o -name r.html > out
	[ ! -s out ]
	report "${name}_leaves_nothing" $?
}

"$memrig" measure quick 'emu:pcm?rows=16&cols=16&seed=5' --log run.db \
	--meta operator='Ada & "Eve"' --meta die="3'4" \
	--meta note='<script>alert(1)</script>' > out 2> err
report a_quick_suite_is_measured $?
"$memrig" measure quick 'emu:pcm-target?rows=16&cols=16&seed=5' --log target.db \
	> out 2> err
report a_suite_of_targets_is_measured $?
"$memrig" wait --array 'emu:pcm?rows=2&cols=2&seed=1' --log idle.db 1s \
	> out 2> err
echo 'this is no log' > text.db
echo 'a file' > plain

# ---- what is wrong before anything is drawn

refused no_output_is_refused 2 'Say -o FILE' report run.db
refused no_log_is_refused 2 'argument is missing' report -o r.html
refused missing_log_is_refused 2 'none.db' report none.db -o r.html
refused text_is_no_log 2 'text.db' report text.db -o r.html
refused empty_log_has_nothing_to_report 2 'nothing was measured' \
	report idle.db -o r.html
refused unknown_model_is_refused 2 "'nosuch' has no fit; there are" \
	report run.db -o r.html --model nosuch
refused unknown_run_is_refused 2 '99' report run.db -o r.html --runs 99
refused wrong_runs_are_refused 2 '\-\-runs' report run.db -o r.html --runs 3-1
refused no_cells_are_refused 2 '\-\-cells' report run.db -o r.html --cells 0
refused no_threads_are_refused 2 '\-\-threads' \
	report run.db -o r.html --threads 0
refused too_many_threads_are_refused 2 '\-\-threads' fit run.db --threads 257
refused missing_parameter_file_is_refused 2 'none.ini' \
	report run.db -o r.html --fit none.ini
refused two_models_are_refused 2 'leave out' \
	report run.db -o r.html --fit plain --model pcm
refused png_onto_a_file_is_refused 2 'is no folder' \
	report run.db -o r.html --no-fit --png plain
cp run.db same.db
wrong the_log_is_not_overwritten 2 'is the log itself' \
	report same.db -o same.db
cmp -s run.db same.db
report the_log_is_as_it_was $?
refused missing_folder_is_refused 1 'cannot be written' \
	report run.db -o nowhere/r.html --no-fit
mkdir folder
refused a_folder_is_no_output 2 'no regular file' \
	report run.db -o folder --no-fit

mkdir bin
rm -f r.html
PATH=$scratch/bin "$(command -v env)" TMPDIR="$scratch" "$memrig" report run.db \
	-o r.html --no-fit > out 2> err
[ $? -eq 2 ] && grep -q 'gnuplot is not installed' err && [ ! -e r.html ] &&
	[ -z "$(find . -name '*.tmp' -o -name 'memrig-*')" ]
report without_gnuplot_nothing_is_written $?

if ! command -v gnuplot > /dev/null; then
	skip the_page 'gnuplot is not installed'
	closing
	exit
fi

# ---- the page

page a_suite_is_reported run.db --png figures --title 'A <b>title</b>'
python every_section_is_there '
for id in ("who", "summary", "yield", "iv", "pulses", "program", "noise",
           "drift", "parameters"):
    assert "<section id=\"%s\"" % id in page, id
'
python what_is_missing_is_said '
for id in ("amplitude", "retention", "endurance", "disturb"):
    assert re.search("<li id=\"%s\">[^<]*memrig measure %s" % (id, id), page), id
'
python metadata_is_harmless '
assert "<script" not in page.lower()
assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
assert "Ada &amp; &quot;Eve&quot;" in page and "3&#39;4" in page
assert "<title>A &lt;b&gt;title&lt;/b&gt;</title>" in page
'
python the_page_needs_nothing_else '
assert not re.search(r"(src|href)=[\"\x27](?!#|data:)", page), "it refers to a file"
assert "@import" not in page and "url(http" not in page
'
python ids_are_unique_and_tags_balanced '
class Walk(HTMLParser):
    open, seen = [], set()
    def handle_starttag(self, tag, attrs):
        i = dict(attrs).get("id")
        assert i is None or i not in self.seen, i
        self.seen.add(i)
        if tag not in ("meta", "br", "image"):
            self.open.append(tag)
    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in ("meta", "br", "image"):
            self.open.pop()
    def handle_endtag(self, tag):
        if tag != "image":
            assert self.open.pop() == tag, tag
w = Walk()
w.feed(page)
assert w.open == []
for ref in re.findall(r"href=[\"\x27]#([^\"\x27]+)", page):
    assert ref in w.seen, ref
'
python each_figure_has_caption_and_query '
n = page.count("<figure ")
assert n >= 8 and page.count("<svg") == n and len(queries()) == n
assert page.count("<figcaption>") == n
'
python each_query_finds_rows '
log = sqlite3.connect("run.db")
for q in queries():
    assert log.execute(q).fetchone(), q
'
python axes_have_units '
for svg in re.findall("<svg.*?</svg>", page, re.S):
    labels = [html.unescape(re.sub("<[^>]*>", "", t)).strip()
              for t in re.findall("<text>(.*?)</text>", svg, re.S)]
    units = [t for t in labels if re.search(r"\((S²/Hz|[µunm]?[SAVs]|Hz|1|count|index|%)\)$", t)]
    assert len(units) >= 2 * max(1, len(re.findall("layout", svg))), labels
'
[ "$(find figures -name '*.png' | wc -l)" -eq "$(grep -c '<figure ' r.html)" ]
report each_figure_is_a_png_too $?
"$memrig" fit run.db --model pcm -o chip.ini > out 2> err
page a_file_stands_beside_the_fit run.db --fit chip.ini
python its_column_is_there '
assert "In the file" in page and "chip.ini" in page'
page runs_are_chosen run.db --no-fit --runs 1
python only_their_sections_are_there '
assert "<section id=\"yield\"" in page and "<section id=\"pulses\"" not in page
assert "IN (1)" in page and "There is no fit" in page'
page the_best_model_is_looked_for run.db --model best --cells 24
python its_choice_is_shown '
assert "Choice of the model" in page or "There is no fit" in page'
page targets_are_reported target.db
python targets_have_their_sections '
for id in ("yield", "program", "drift"):
    assert "<section id=\"%s\"" % id in page, id
assert re.search("<li id=\"pulses\">", page)
log = sqlite3.connect("target.db")
for q in queries():
    assert log.execute(q).fetchone(), q
'
tool report run.db -o r.html --no-fit -q
[ "$got" -eq 0 ] && [ ! -s out ]
report quiet_says_nothing $?

json it_answers_in_json \
	'd["schema"] == "memrig.report/1" and d["figures"] > 3 and d["model"] is None' \
	report run.db -o r.html --no-fit

# ---- what a browser makes of it: nothing may leave its place at 1280 px

browser=$(command -v chromium || command -v chromium-browser ||
	command -v google-chrome)
if [ -z "$browser" ]; then
	skip nothing_is_clipped 'no Chromium here'
	skip it_prints 'no Chromium here'
	closing
	exit
fi
page once_more_for_the_browser run.db
cp r.html b.html
cat >> b.html <<'END'
<script>
var bad = [];
if (document.documentElement.scrollWidth > innerWidth) bad.push('page too wide');
document.querySelectorAll('svg').forEach(function (svg) {
	var box = svg.getBoundingClientRect();
	svg.querySelectorAll('text').forEach(function (text) {
		var r = text.getBoundingClientRect();
		if (r.width && (r.left < box.left - 1 || r.right > box.right + 1 ||
		    r.top < box.top - 1 || r.bottom > box.bottom + 1))
			bad.push(text.textContent.trim());
	});
});
document.title = 'CLIPPED ' + bad.length + ': ' + bad.join('; ');
</script>
END
headless() {
	timeout 100 "$browser" --headless --no-sandbox --disable-gpu \
		--user-data-dir="$scratch/profile" --window-size=1280,1000 "$@"
}
headless --dump-dom "file://$scratch/b.html" > dom 2> err
grep -o '<title>CLIPPED.*</title>' dom | head -n 1 > out
grep -q 'CLIPPED 0:' out
report nothing_is_clipped $?
headless --no-pdf-header-footer --print-to-pdf=r.pdf "file://$scratch/r.html" \
	> out 2> err
[ -s r.pdf ]
report it_prints $?

closing
