import math

import numpy as np
import pytest

from harness.student import t_cdf, t_quantile

TABLE = {  # quantiles at 0.8, 0.975 and 0.995 as statistical tables print them
    1: (1.376, 12.706, 63.657),
    2: (1.061, 4.303, 9.925),
    3: (0.978, 3.182, 5.841),
    4: (0.941, 2.776, 4.604),
    9: (0.883, 2.262, 3.250),
    19: (0.861, 2.093, 2.861),
    30: (0.854, 2.042, 2.750),
    120: (0.845, 1.980, 2.617),
}


@pytest.mark.parametrize("degrees", TABLE)
def test_quantiles_are_those_of_printed_tables(degrees):
    found = [t_quantile(probability, degrees) for probability in (0.8, 0.975, 0.995)]
    assert found == pytest.approx(TABLE[degrees], abs=6e-4)


@pytest.mark.parametrize("degrees", [1, 2, 3, 6, 7, 40])
@pytest.mark.parametrize("value", [-3.0, -0.2, 0.0, 1.3, 8.0])
def test_the_probability_is_the_integral_of_the_density(degrees, value):
    points = np.linspace(0, value, 20_001)
    scale = math.exp(math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2)) / math.sqrt(degrees * math.pi)
    density = scale * (1 + points**2 / degrees) ** (-(degrees + 1) / 2)
    assert t_cdf(value, degrees) == pytest.approx(0.5 + ((density[1:] + density[:-1]) * np.diff(points) / 2).sum(), abs=1e-8)


@pytest.mark.parametrize("degrees", [1, 4, 11])
def test_the_quantile_inverts_the_probability(degrees):
    for probability in (0.001, 0.3, 0.5, 0.8, 0.999):
        assert t_cdf(t_quantile(probability, degrees), degrees) == pytest.approx(probability, abs=1e-12)


@pytest.mark.parametrize(("probability", "degrees"), [(0.0, 3), (1.0, 3), (1.2, 3), (0.9, 0), (0.9, -1)])
def test_what_is_out_of_range_is_refused(probability, degrees):
    with pytest.raises(ValueError, match="expected one between 0 and 1|at least 1 is needed"):
        t_quantile(probability, degrees)
