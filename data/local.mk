# SPDX-License-Identifier: GPL-3.0-or-later
weatherdir = $(pkgdatadir)/weather
dist_weather_DATA = \
	%D%/weather/README.md \
	%D%/weather/us_hpd_hourly_2015.csv.gz \
	%D%/weather/us_hpd_missing.csv.gz \
	%D%/weather/us_hpd_panels.csv \
	%D%/weather/us_hpd_stations.csv

picturesdir = $(pkgdatadir)/pictures
dist_pictures_DATA = %D%/pictures/crossbar.pbm

EXTRA_DIST += %D%/cifar10/from_npm.py

fixturesdir = $(pkgdatadir)/fixtures
dist_fixtures_DATA = %D%/fixtures/plcc68.ini

# On request only: make install-udev (then: sudo udevadm control --reload)
udevrulesdir = /etc/udev/rules.d
udev_rules = %D%/udev/60-memrig.rules %D%/udev/71-memrig-access.rules
EXTRA_DIST += $(udev_rules)
.PHONY: install-udev
install-udev:
	$(MKDIR_P) '$(DESTDIR)$(udevrulesdir)'
	for rules in $(udev_rules); do \
		$(INSTALL_DATA) "$(srcdir)/$$rules" '$(DESTDIR)$(udevrulesdir)' || exit 1; \
	done
