"""The statistics of a million leads as workers/kit/conversion/examples/statistics.rs does them, with polars and SciPy."""

import time

import numpy as np
import polars as pl
from scipy import optimize, stats

LEADS = 1_000_000
NEWEST = 20_000
DRAWS = 2_000


def leads():
    n = np.arange(LEADS, dtype=np.uint64)
    with np.errstate(over="ignore"):
        draw = ((n + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(40)
    booked = draw % 100 < 10 + n % 211 % 10
    points = lambda of, shift: ((draw >> np.uint64(shift)) % (of + 1)) / of
    timing = np.where(booked, 1 - points(15, 9) / 2, points(15, 9))
    parts = np.stack([points(20, 0), points(25, 3), points(25, 6), timing], axis=1)
    frame = pl.DataFrame(
        {
            "title": n % 211,
            "industry": n % 37,
            "size": np.digitize(n % 600, [1, 6, 16, 31, 51, 101, 501]),
            "is_new_role": n % 11 == 0,
            "is_hiring": n % 7 == 0,
            "recently_funded": n % 5 == 0,
            "tier": n % 3,
            "booked": booked,
        }
    )
    return frame, parts, booked


def cards(won, of, all_won, all_of):
    """Wilson, Fisher against the rest, q-values, and rates drawn to the mean with their intervals."""
    p = [stats.fisher_exact([[k, m - k], [all_won - k, all_of - m - all_won + k]]).pvalue for k, m in zip(won, of)]
    stats.false_discovery_control(p)
    [stats.binomtest(int(k), int(m)).proportion_ci(method="wilson") for k, m in zip(won, of)]
    mean, n = all_won / all_of, of.sum()
    rho = (((of * (won / of - mean) ** 2).sum() / (mean * (1 - mean))) - (len(of) - 1)) / ((of - 1) * (1 - of / n)).sum()
    strength = np.clip(1 / np.clip(rho, 1e-6, 0.999) - 1, 4, 400) if len(of) >= 4 else 20
    posterior = stats.beta(won + mean * strength, of - won + (1 - mean) * strength)
    posterior.ppf(0.025), posterior.ppf(0.975), posterior.sf(mean)


def count(frame, column):
    """Counts by group and tier, as both sides of every comparison within a tier need them."""
    by_tier = frame.group_by(column, "tier").agg(pl.col("booked").sum(), pl.len())
    return by_tier.group_by(column).agg(pl.col("booked").sum(), pl.col("len").sum()).sort(column)


def lists(frame):
    all_won, all_of = int(frame["booked"].sum()), len(frame)
    for column in ["title", "industry", "size", "is_new_role", "is_hiring", "recently_funded"]:
        groups = count(frame, column)
        cards(groups["booked"].to_numpy().astype(float).astype(int), groups["len"].to_numpy().astype(int), all_won, all_of)


def fit(x, y):
    x = x - x.mean(axis=0)

    def loss(w):
        p = 1 / (1 + np.exp(-np.clip(x @ w[:4] + w[4], -500, 500)))
        return -np.mean(y * np.log(p + 1e-10) + (1 - y) * np.log(1 - p + 1e-10)) + 0.01 * (w[:4] ** 2).sum()

    start = np.array([0.2, 0.25, 0.25, 0.15, 0.0])
    total = {"type": "eq", "fun": lambda w: w[:4].sum() - 0.85}
    return optimize.minimize(loss, start, method="SLSQP", bounds=[(0.05, 0.5)] * 4 + [(None, None)], constraints=total).x


def auc(scores, y):
    ranks = stats.rankdata(scores)
    won = y.sum()
    return (ranks[y].sum() - won * (won + 1) / 2) / (won * (len(y) - won))


def weights(parts, booked):
    x, y = parts[-NEWEST:], booked[-NEWEST:]
    middle = int(NEWEST * 0.7)
    fit(x, y)
    found = fit(x[:middle], y[:middle])
    new, old, later = x[middle:] @ found[:4], x[middle:] @ np.array([0.2, 0.25, 0.25, 0.15]), y[middle:]
    random = np.random.default_rng(1)
    gains = []
    for _ in range(DRAWS):
        drawn = random.integers(0, len(later), len(later))
        gains.append(auc(new[drawn], later[drawn]) - auc(old[drawn], later[drawn]))
    np.quantile(gains, [0.025, 0.975])
    return found[:4].round(3)


frame, parts, booked = leads()
started = time.perf_counter()
lists(frame)
# What chance alone would find.
lists(frame.with_columns(pl.col("booked").shuffle(seed=1)))
counted = time.perf_counter() - started
found = weights(parts, booked)
print(f"Python: polars {pl.__version__}, weights {found}")
print(f"Python: lists {counted:.2f} s, total {time.perf_counter() - started:.2f} s")
