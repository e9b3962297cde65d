"""Tables made to the shape of well-known public ones, whose rows may not or need not be copied.

Columns, levels, gaps between scales, shares of classes and the first two moments are about those
that the source of each states; how the target depends on the columns is ours: smooth effects,
thresholds and interactions, and noise. They are not the real tables, and nothing that is measured
on them is a figure of the real ones.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

# Fewer than the real ones have, so that a chain of five rounds takes minutes.
ROWS = 12_000

Make = Callable[[np.random.Generator], pd.DataFrame]


def adult(rng: np.random.Generator) -> pd.DataFrame:
    """As Adult (Becker, Kohavi, UCI, 1996; 48,842 rows): whether an income exceeds 50,000; 24 %."""
    n = ROWS
    age = np.clip(17 + rng.gamma(2.5, 8.7, n), 17, 90).round()
    education = np.clip(rng.normal(10.1, 2.6, n).round(), 1, 16)
    hours = np.where(rng.random(n) < 0.47, 40, np.clip(rng.normal(40.8, 17, n).round(), 1, 99))
    gain = np.where(rng.random(n) < 0.083, np.exp(rng.normal(8.9, 0.9, n)).clip(114, 99_999), 0)
    loss = np.where(rng.random(n) < 0.047, rng.normal(1_870, 380, n).clip(155, 4_356), 0)
    married = rng.random(n) < 0.46 * np.clip((age - 15) / 20, 0.1, 1.5)
    job = rng.integers(0, 14, n)
    effect = rng.normal(0, 0.5, 14)[job]
    logit = (
        -4.5
        + 2.1 * married
        + 0.3 * (education - 10) * (1 + 0.3 * married)
        - 0.0022 * (age - 48) ** 2
        + 0.03 * (np.minimum(hours, 60) - 40)
        + 3.0 * (gain > 5_000)
        + 1.4 * (loss > 1_800)
        + effect
        + 2.3
    )
    return pd.DataFrame(
        {
            "age": age,
            "workclass": _level(rng, "class", [0.70, 0.08, 0.06, 0.06, 0.04, 0.03, 0.02, 0.01]),
            "fnlwgt": np.exp(rng.normal(12.0, 0.5, n)).round(),
            "education_num": education,
            "marital": np.where(married, "married", _level(rng, "single", [0.6, 0.26, 0.08, 0.06])),
            "occupation": [f"job {code}" for code in job],
            "race": _level(rng, "race", [0.855, 0.096, 0.03, 0.01, 0.009]),
            "sex": _level(rng, "sex", [0.67, 0.33]),
            "capital_gain": gain.round(),
            "capital_loss": loss.round(),
            "hours_per_week": hours,
            "country": _level(rng, "country", [0.9, *[0.1 / 40] * 40]),
            "income": np.where(_drawn(rng, logit), ">50K", "<=50K"),
        }
    )


def credit_default(rng: np.random.Generator) -> pd.DataFrame:
    """As Default of Credit Card Clients (Yeh, Lien, Expert Systems with Applications 36, 2009;
    30,000 rows): 22 %."""
    n = ROWS
    limit = (np.exp(rng.normal(11.7, 0.85, n)).clip(10_000, 800_000) / 10_000).round() * 10_000
    late = rng.gamma(0.6, 1.0, n)
    delays = {
        f"pay_{k}": np.clip((late + rng.normal(-0.7, 0.8, n)).round(), -2, 8) for k in range(6)
    }
    used = rng.beta(0.8, 1.6, n)
    bills = {f"bill_{k}": (limit * used * rng.lognormal(0, 0.3, n)).round() for k in range(6)}
    paid = {f"paid_{k}": (bills[f"bill_{k}"] * rng.beta(0.4, 3, n)).round() for k in range(6)}
    last = delays["pay_0"]
    logit = (
        -1.75
        + 1.5 * (last >= 2)
        + 0.35 * (last == 1)
        + 0.25 * np.minimum(sum(delay > 0 for delay in delays.values()), 4)
        - 0.35 * (np.log(limit) - 11.7)
        - 0.25 * np.log1p(sum(paid.values()) / 30_000)
        + 0.5 * (used > 0.8) * (last >= 1)
    )
    return pd.DataFrame(
        {
            "limit_bal": limit,
            "sex": _level(rng, "sex", [0.6, 0.4]),
            "education": _level(rng, "school", [0.47, 0.35, 0.16, 0.02]),
            "marriage": _level(rng, "state", [0.53, 0.46, 0.01]),
            "age": np.clip(21 + rng.gamma(2.4, 6.0, n), 21, 79).round(),
            **delays,
            **bills,
            **paid,
            "default": np.where(_drawn(rng, logit), "yes", "no"),
        }
    )


def bike_sharing(rng: np.random.Generator) -> pd.DataFrame:
    """As Bike Sharing, by the hour (Fanaee-T, Gama, Progress in Artificial Intelligence 2, 2014;
    17,379 rows): a count of mean 189 and deviation 181."""
    n = ROWS
    month, hour, weekday = rng.integers(1, 13, n), rng.integers(0, 24, n), rng.integers(0, 7, n)
    holiday = rng.random(n) < 0.029
    working = (weekday < 5) & ~holiday
    weather = rng.choice([1, 2, 3], n, p=[0.66, 0.26, 0.08])
    temperature = np.clip(
        0.5 - 0.25 * np.cos(2 * np.pi * (month - 1) / 12) + rng.normal(0, 0.08, n), 0.02, 1
    )
    rush = 1.7 * (np.exp(-(((hour - 8) / 1.2) ** 2)) + 1.3 * np.exp(-(((hour - 17.5) / 1.6) ** 2)))
    leisure = 1.5 * np.exp(-(((hour - 14) / 4.0) ** 2))
    day = np.where(working, rush + 0.45 * np.exp(-(((hour - 13) / 4.0) ** 2)), leisure)
    humidity = np.clip(rng.normal(0.63, 0.19, n), 0, 1)
    mean = 300 * (0.12 + day) * (0.25 + 1.3 * temperature) * np.choose(weather - 1, [1.0, 0.9, 0.5])
    mean = mean * (1 - 0.35 * np.maximum(humidity - 0.7, 0) / 0.3) * 1.1
    return pd.DataFrame(
        {
            "season": (month % 12) // 3 + 1,
            "mnth": month,
            "hr": hour,
            "holiday": holiday.astype(int),
            "weekday": weekday,
            "workingday": working.astype(int),
            "weathersit": weather,
            "temp": temperature.round(2),
            "atemp": np.clip(temperature + rng.normal(-0.02, 0.02, n), 0, 1).round(4),
            "hum": humidity.round(2),
            "windspeed": np.clip(rng.gamma(2.4, 0.08, n), 0, 0.85).round(4),
            "cnt": rng.negative_binomial(12, 12 / (12 + mean)),
        }
    )


def houses(rng: np.random.Generator) -> pd.DataFrame:
    """As California Housing (Pace, Barry, Statistics and Probability Letters 33, 1997; 20,640
    rows): a value of mean 207,000 and deviation 115,000, cut at 500,001."""
    n = ROWS
    north = rng.random(n) < 0.4
    latitude = np.where(north, rng.normal(37.8, 0.8, n), rng.normal(34.0, 0.6, n)).clip(32.5, 42)
    longitude = np.where(north, rng.normal(-121.9, 0.9, n), rng.normal(-118.0, 0.9, n))
    income = np.exp(rng.normal(1.24, 0.46, n)).clip(0.5, 15)
    age = np.clip(rng.normal(28.6, 12.6, n).round(), 1, 52)
    occupation = np.exp(rng.normal(1.05, 0.25, n))
    coast = np.minimum(
        np.hypot(latitude - 37.7, longitude + 122.4), np.hypot(latitude - 33.9, longitude + 118.4)
    )
    mean = (
        10.9
        + 0.85 * np.log(income)
        + 0.75 * np.exp(-coast / 0.5)
        + 0.004 * (age - 28) * (coast < 0.6)
        - 0.35 * np.log(occupation / 2.85)
    )
    value = np.exp(mean + rng.normal(0, 0.26, n)).clip(15_000, 500_001)
    return pd.DataFrame(
        {
            "longitude": longitude.round(2),
            "latitude": latitude.round(2),
            "house_age": age,
            "ave_rooms": np.exp(rng.normal(1.64, 0.25, n) + 0.1 * np.log(income)).round(4),
            "ave_bedrooms": np.exp(rng.normal(0.06, 0.12, n)).round(4),
            "population": np.exp(rng.normal(7.0, 0.75, n)).round().clip(3),
            "ave_occupants": occupation.round(4),
            "median_income": income.round(4),
            "value": value.round(),
        }
    )


def diamonds(rng: np.random.Generator) -> pd.DataFrame:
    """As Diamonds (Wickham, ggplot2; 53,940 rows): a price of mean 3,900 and deviation 4,000."""
    n = ROWS
    carat = np.exp(rng.normal(-0.41, 0.58, n)).clip(0.2, 5)
    cut, colour, clarity = (
        rng.choice(len(shares), n, p=shares)
        for shares in (
            [0.03, 0.09, 0.22, 0.26, 0.40],
            [0.05, 0.10, 0.15, 0.21, 0.18, 0.18, 0.13],
            [0.01, 0.17, 0.24, 0.23, 0.15, 0.09, 0.07, 0.04],
        )
    )
    size = 6.46 * np.cbrt(carat)
    mean = 8.3 + 1.75 * np.log(carat) + 0.03 * cut + 0.085 * (colour - 3) + 0.115 * (clarity - 3)
    price = np.exp(mean + 0.1 * (carat > 1) + rng.normal(0, 0.11, n)).clip(326, 18_823)
    return pd.DataFrame(
        {
            "carat": carat.round(2),
            "cut": [f"cut {code}" for code in cut],
            "color": [f"color {code}" for code in colour],
            "clarity": [f"clarity {code}" for code in clarity],
            "depth": rng.normal(61.75, 1.43, n).round(1),
            "table": rng.normal(57.5, 2.2, n).round(),
            "x": (size * rng.normal(1, 0.01, n)).round(2),
            "y": (size * rng.normal(1, 0.01, n)).round(2),
            "z": (0.6175 * size * rng.normal(1, 0.02, n)).round(2),
            "price": price.round(),
        }
    )


def _level(rng: np.random.Generator, name: str, shares: list[float]) -> list[str]:
    """A column of levels of these shares."""
    codes = rng.choice(len(shares), ROWS, p=np.array(shares) / sum(shares))
    return [f"{name} {code}" for code in codes]


def _drawn(rng: np.random.Generator, logit: np.ndarray) -> np.ndarray:
    return np.asarray(rng.random(len(logit)) < 1 / (1 + np.exp(-logit)))
