# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the memrig authors
#
# Makes devices/pcm-table.csv: jump tables of the model pcm, as a measurement of
# such cells would give them. Cells get 1 .. 20 SETs after a RESET; all steps
# that begin at a conductance are taken together, whatever came before. Nothing
# is drawn: the density of conductances is carried from pulse to pulse on a
# grid, and each step is a mixture of normals over the pulse numbers.
#
#     python3 devices/pcm-table.py > devices/pcm-table.csv
import math

ALPHA = 2.6
M1, C1, A1 = -0.084, 0.880, 1.40  # uS, as in devices/model_pcm.c
M2, C2, A2 = 0.091, 0.260, 2.15
G_MIN, G_MAX, WIDTH = 0.1, 12.0, 0.025
G_RESET, SD_RESET = 0.1, 0.01
PULSES = 20
LEVELS = [0.1, 0.35, 0.6, 1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
TAIL = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05]
U = TAIL + [k / 20 for k in range(2, 19)] + [1 - u for u in reversed(TAIL)]


def phi(x):
    return 0.5 * math.erfc(-x / math.sqrt(2))


def law(n, g):
    left = math.exp(-n / ALPHA)
    return M1 * g + C1 + A1 * left, M2 * g + C2 + A2 * left


def densities():
    """Weight of each grid point before pulse 1, 2, ..."""
    n = round((G_MAX - G_MIN) / WIDTH) + 1
    grid = [G_MIN + WIDTH * i for i in range(n)]
    weight = [1.0] + [0.0] * (n - 1)
    for pulse in range(1, PULSES + 1):
        yield pulse, weight
        after = [0.0] * n
        for g, w in zip(grid, weight):
            if w < 1e-12:
                continue
            mean, sd = law(pulse, g)
            below = 0.0
            for i in range(n):
                edge = grid[i] + WIDTH / 2
                up_to = 1.0 if i == n - 1 else phi((edge - g - mean) / sd)
                after[i] += w * (up_to - below)
                below = up_to
        weight = after


def quantile(parts, u):
    """Of a mixture of (weight, mean, sd), by bisection."""
    low, high = -30.0, 30.0
    for _ in range(60):
        middle = (low + high) / 2
        if sum(w * phi((middle - m) / s) for w, m, s in parts) < u:
            low = middle
        else:
            high = middle
    return low


def main():
    print("# Jump tables of the model pcm, 20 SETs after a RESET; made by")
    print("# devices/pcm-table.py from the coefficients of Nandakumar et al.,")
    print("# J. Appl. Phys. 124, 152135 (2018). Format: docs/models.md.")
    print("pulse,g_S,u,dg_S")
    before = list(densities())
    for g in LEVELS:
        at = round((g - G_MIN) / WIDTH)
        parts = [(w[at], *law(n, g)) for n, w in before if w[at] > 0]
        total = sum(w for w, _, _ in parts)
        parts = [(w / total, m, s) for w, m, s in parts]
        for u in U:
            print("set,%.6g,%.6g,%.6g"
                  % (g * 1e-6, u, quantile(parts, u) * 1e-6))
    for g in (G_MIN, G_MAX):
        for u in U:
            step = G_RESET - g + quantile([(1, 0, SD_RESET)], u)
            print("reset,%.6g,%.6g,%.6g" % (g * 1e-6, u, step * 1e-6))


main()
