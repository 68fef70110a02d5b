/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Pictures that are moved and flipped, from memory and from STL-10's own files. */
#include <stdlib.h>
#include <string.h>

#include "apps/datasets/images.h"
#include "apps/datasets/shift.h"
#include "imagefiles.h"
#include "test.h"

#define SIDE 96
#define PLANE (SIDE * SIDE)
#define PICTURE (3 * PLANE)

/* ---- a plane ---------------------------------------------------------------------- */

/* Worked out by hand: what comes in from the left of 1 2 3 4 5 is 2, then 3. */
static void plane_is_moved_with_its_mirror_image(void)
{
	static const uint8_t in[] = {1, 2, 3, 4, 5, 11, 12, 13, 14, 15,
	                             21, 22, 23, 24, 25};
	static const struct {
		struct mr_shift shift;
		uint8_t out[15];
	} cases[] = {
		{{0, 0, false},
	         {1, 2, 3, 4, 5, 11, 12, 13, 14, 15, 21, 22, 23, 24, 25}},
		{{2, 0, false},
	         {3, 2, 1, 2, 3, 13, 12, 11, 12, 13, 23, 22, 21, 22, 23}},
		{{-1, 1, false},
	         {12, 13, 14, 15, 14, 2, 3, 4, 5, 4, 12, 13, 14, 15, 14}},
		{{0, -2, true},
	         {25, 24, 23, 22, 21, 15, 14, 13, 12, 11, 5, 4, 3, 2, 1}},
		{{2, 0, true},
	         {3, 2, 1, 2, 3, 13, 12, 11, 12, 13, 23, 22, 21, 22, 23}},
	};
	uint8_t out[15];

	for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
		mr_shift_plane(&cases[k].shift, 3, 5, in, out);
		CU_ASSERT(memcmp(out, cases[k].out, sizeof out) == 0);
	}
}

/* ---- draws ------------------------------------------------------------------------ */

static void draws_are_even_and_repeatable(void)
{
	enum { N = 40500, PLACES = 9 };
	const struct mr_images_cut cut = {.shift = 4, .seed = 3, .epoch = 7};
	struct mr_images_cut later = cut;
	uint32_t seen[PLACES][PLACES] = {{0}}, flips = 0, same = 0;

	later.epoch = 8;
	for (uint32_t i = 0; i < N; i++) {
		struct mr_shift s = mr_shift_choose(&cut, i);
		struct mr_shift t = mr_shift_choose(&later, i);

		CU_ASSERT_FATAL(s.x >= -4 && s.x <= 4 && s.y >= -4 && s.y <= 4);
		seen[s.x + 4][s.y + 4]++;
		flips += s.flip;
		same += s.x == t.x && s.y == t.y && s.flip == t.flip;
	}
	/* 500 each, 5 standard deviations of 22; half, of 101; N / 162, of 16 */
	for (int x = 0; x < PLACES; x++)
		for (int y = 0; y < PLACES; y++)
			MR_NEAR(seen[x][y], 500, 112);
	MR_NEAR(flips, N / 2.0, 505);
	MR_NEAR(same, N / 162.0, 80);
}

/* ---- STL-10 ----------------------------------------------------------------------- */

static uint8_t pixel(uint32_t i, uint32_t c, uint32_t y, uint32_t x)
{
	return (uint8_t)(i * 89 + c * 71 + y * 13 + x * 5 + x * y % 7);
}

/* The true form: three colours one after the other, each column by column;
 * labels from 1. */
static void write_stl(const char *dir)
{
	static uint8_t bytes[2 * PICTURE];
	static const uint8_t label[] = {10, 1};

	for (uint32_t k = 0; k < 2 * PICTURE; k++)
		bytes[k] = pixel(k / PICTURE, k / PLANE % 3, k % SIDE,
		                 k / SIDE % SIDE);
	imagefiles_write(dir, "train_X.bin", bytes, sizeof bytes);
	imagefiles_write(dir, "train_y.bin", label, sizeof label);
}

static uint32_t mirrored(int32_t at)
{
	return (uint32_t)(at < 0 ? -at : at >= SIDE ? 2 * SIDE - 2 - at : at);
}

static void check_moved(const uint8_t *out, uint32_t i, struct mr_shift s)
{
	uint32_t wrong = 0;

	for (uint32_t k = 0; k < PICTURE; k++) {
		int32_t x = (int32_t)(k % SIDE), y = (int32_t)(k / SIDE % SIDE);

		x = s.flip ? SIDE - 1 - x : x;
		wrong += out[k] != pixel(i, k / PLANE, mirrored(y - s.y),
		                         mirrored(x - s.x));
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

static void stl_pictures_are_moved(void)
{
	static uint8_t out[2 * PICTURE];
	static const uint32_t index[] = {1, 0};
	char dir[MR_TEST_PATH_MAX];
	struct mr_images images;
	struct mr_errtext err = {""};
	struct mr_images_cut cut = {.shift = 4, .seed = 11};

	imagefiles_begin(dir);
	write_stl(dir);
	MR_CODE_ERR(mr_images_load(mr_dataset_find("stl10"), dir,
	                           MR_IMAGES_TRAIN, 0, &images, &err),
	            MR_OK, err);
	for (cut.epoch = 0; cut.epoch < 5; cut.epoch++) {
		MR_CODE_ERR(mr_images_fetch(&images, index, 2, &cut, out, &err),
		            MR_OK, err);
		for (uint32_t k = 0; k < 2; k++)
			check_moved(out + (size_t)k * PICTURE, index[k],
			            mr_shift_choose(&cut, index[k]));
	}
	cut.shift = 0;
	MR_CODE_ERR(mr_images_fetch(&images, index, 2, &cut, out, &err), MR_OK,
	            err);
	check_moved(out, 1, (struct mr_shift){0});
	cut.shift = SIDE;
	MR_CODE_ERR(mr_images_fetch(&images, index, 2, &cut, out, &err),
	            MR_ERR_USAGE, err);
	MR_HAS(err.text, "cannot be moved by 96 pixels");
	mr_images_free(&images);
	imagefiles_end();
}

const struct mr_test mr_tests[] = {
	{"plane_is_moved_with_its_mirror_image",
	 plane_is_moved_with_its_mirror_image},
	{"draws_are_even_and_repeatable", draws_are_even_and_repeatable},
	{"stl_pictures_are_moved", stl_pictures_are_moved},
	{0},
};
