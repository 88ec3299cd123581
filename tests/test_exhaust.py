# SPDX-License-Identifier: MIT
#
# Every short sequence of heap calls against the model, a few seconds in each width and each way of telling states apart;
# `make exhaust` goes on for a minute.

import re
import subprocess

import pytest

from kernel import ROOT


@pytest.mark.slow
@pytest.mark.parametrize("way", [[], ["live"]], ids=["every-byte", "live-bytes"])
@pytest.mark.parametrize("flavour", ["gcc64", "gcc32"])
def test_every_short_sequence(flavour, way, record_property):
    done = subprocess.run([ROOT / "build" / "tests" / flavour / "exhaust", "6", *way], stdout=subprocess.PIPE, text=True,
                          timeout=120, check=False)
    last = done.stdout.splitlines()[-1]
    assert done.returncode == 0, done.stdout
    assert int(re.search(r"every sequence of up to (\d+) operations", last)[1]) >= 3
    assert "no difference" in last
    record_property("figure", last)
