"""A skipped test is a failure in CI, and nowhere else."""

import os
import pathlib
import subprocess
import sys

import pytest

TESTS = pathlib.Path(__file__).resolve().parents[1]

SKIPPED = {
    "by the test": "import pytest\ndef test_it():\n    pytest.skip('no reason at all')\n",
    "as a whole": "import pytest\npytest.skip('not here', allow_module_level=True)\n",
    "expected to fail": "import pytest\n@pytest.mark.xfail\ndef test_it():\n    assert False\n",
}


def run(folder, text, ci, *arguments):
    (folder / "test_one.py").write_text(text + "\ndef test_other():\n    pass\n")
    environment = {key: value for key, value in os.environ.items() if key != "CI"}
    environment |= {"PYTHONPATH": str(TESTS)} | ({"CI": "1"} if ci else {})
    return subprocess.run([sys.executable, "-m", "pytest", "-p", "conftest", "-q", "--rootdir", folder, *arguments, folder],
                          cwd=folder, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize("arguments", [(), ("-n", "2")], ids=["alone", "side by side"])
@pytest.mark.parametrize("how", SKIPPED)
def test_skipping_fails_in_ci_only(tmp_path, how, arguments):
    in_ci = run(tmp_path, SKIPPED[how], True, *arguments)
    assert in_ci.returncode != 0 and "SKIPPED IN CI" in in_ci.stdout, in_ci.stdout
    assert "SKIPPED IN CI" not in run(tmp_path, SKIPPED[how], False, *arguments).stdout


def test_nothing_skipped_passes_in_ci(tmp_path):
    assert run(tmp_path, "", ci=True).returncode == 0
