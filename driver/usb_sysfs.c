/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

#include "usb_sysfs.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER "/sys/bus/usb/devices"
#define PATH_BYTES 512

bool mr__usb_sysfs_read(const char *root, const char *device,
                        const char *attribute, char *out, size_t room)
{
	char path[PATH_BYTES];
	FILE *file;
	bool any;

	out[0] = '\0';
	(void)snprintf(path, sizeof path, "%s" FOLDER "/%s/%s", root, device,
	               attribute);
	file = fopen(path, "re");
	if (!file)
		return false;
	any = fgets(out, (int)room, file) != NULL;
	(void)fclose(file);
	out[strcspn(out, "\n")] = '\0';
	return any;
}

static bool says(const char *root, const char *device, const char *attribute,
                 unsigned long value)
{
	char text[32];

	return mr__usb_sysfs_read(root, device, attribute, text, sizeof text) &&
	       strtoul(text, NULL, 10) == value;
}

bool mr__usb_sysfs_find(const char *root, unsigned long bus,
                        unsigned long number, char *out, size_t room)
{
	char path[PATH_BYTES];
	struct dirent *entry;
	DIR *dir;

	out[0] = '\0';
	(void)snprintf(path, sizeof path, "%s" FOLDER, root);
	dir = opendir(path);
	while (dir && !out[0] && (entry = readdir(dir)))
		if (says(root, entry->d_name, "busnum", bus) &&
		    says(root, entry->d_name, "devnum", number))
			(void)snprintf(out, room, "%s", entry->d_name);
	if (dir)
		(void)closedir(dir);
	return out[0] != '\0';
}
