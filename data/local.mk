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
