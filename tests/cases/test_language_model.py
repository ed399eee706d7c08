"""The second engine's installation (plugins/language_detect/model/install.py), on a model of three features made here;
and language_detect with the result. py3langid's own model is checked by its SHA-256 and by install.py's proof."""

import array
import importlib.util
import io
import json
import os
import pathlib
import struct
import subprocess
import zipfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
COPYDESK = pathlib.Path(os.environ.get("COPYDESK_BUILD", ROOT / "build")) / "copydesk"
INSTALL = ROOT / "plugins/language_detect/model/install.py"


@pytest.fixture(scope="module")
def install():
    spec = importlib.util.spec_from_file_location("install", INSTALL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def npy(descr, shape, data):
    header = repr({"descr": descr, "fortran_order": False, "shape": shape}).encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\0" + struct.pack("<H", len(header)) + header + data


def npz(**arrays):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as z:
        for name, (descr, shape, data) in arrays.items():
            z.writestr(name + ".npy", npy(descr, shape, data))
    return zipfile.ZipFile(buffer)


def rows_of(*transitions):
    """One row of 256 targets for each {letter: target}."""
    rows = array.array("I")
    for one in transitions:
        rows.extend(one.get(chr(byte), 0) for byte in range(256))
    return rows


def model(rows, row_of=(0, 1, 2, 1)):
    """Features q (state 1), qx (state 2), x (state 3): the states 1 and 3 share a row where nothing follows x but what
    follows q."""
    return npz(
        classes=("<U3", (2,), "".join(code.ljust(3, "\0") for code in ("lv", "gug")).encode("utf-32-le")),
        nextmove=("<u4", (len(rows),), rows.tobytes()),
        nextmove_row=("<u2", (len(row_of),), array.array("H", row_of).tobytes()),
        out_feat=("<i4", (4,), array.array("i", [-1, 0, 1, 2]).tobytes()),
        pc=("<f4", (2,), array.array("f", [-0.5, -0.5]).tobytes()),
        ptc=("<f2", (3, 2), struct.pack("<6e", -1, -8, -1, -8, -4, -4)))


# After q: another q, or x. After qx, and at the root: q or x alone. State 3 is "x".
ROOT_ROW, AFTER_Q = {"q": 1, "x": 3}, {"q": 1, "x": 2}
GOOD = (rows_of(ROOT_ROW, AFTER_Q, ROOT_ROW), (0, 1, 2, 0))


def test_the_automaton_is_found_again(install):
    data = install.convert(model(*GOOD))
    magic, order, classes, features, states, edges, zero, length = struct.unpack_from("<8s6IQ", data)
    assert (magic, order, classes, features, states, edges, zero) == (b"CDLANGM1", 0x01020304, 2, 3, 4, 3, 0)
    assert length == len(data) and length % 64 == 0
    assert data[64:80] == b"lv\0\0\0\0\0\0gn\0\0\0\0\0\0"
    # Breadth first: root, q, x, qx. qx falls back on x.
    assert struct.unpack_from("<4I", data, 192) == (0, 0, 0, 2)
    assert struct.unpack_from("<5I", data, 256) == (0, 2, 3, 3, 3)
    assert struct.unpack_from("<4I", data, 320) == (0xFFFFFFFF, 0, 2, 1)
    assert struct.unpack_from("<3I", data, 384) == (1, 2, 3)
    assert data[448:451] == b"qxx"
    assert struct.unpack_from("<6e", data, 512) == (-1, -8, -1, -8, -4, -4)


@pytest.mark.parametrize("rows", [
    (ROOT_ROW, {"q": 0, "x": 2}, ROOT_ROW),         # q after q is forgotten
    (ROOT_ROW, AFTER_Q, {"q": 1, "x": 2}),          # x after qx leads to qx
    (ROOT_ROW, {"q": 1, "x": 3}, ROOT_ROW),         # nothing leads to qx
])
def test_what_is_no_such_automaton_is_refused(install, rows):
    with pytest.raises(SystemExit, match="automaton"):
        install.convert(model(rows_of(*rows), (0, 1, 2, 0)))


def test_a_wheel_that_somebody_changed_is_refused(install, tmp_path):
    wheel = tmp_path / "other.whl"
    wheel.write_bytes(b"PK")
    with pytest.raises(SystemExit, match="SHA-256"):
        install.read_wheel(str(wheel))


def detect(text, *options):
    command = [COPYDESK, "run", "--stages", "language_detect", "--set", "language_detect.min_confidence=0"]
    for option in options:
        command += ["--set", f"language_detect.{option}"]
    return subprocess.run(command, input=json.dumps({"text": text}) + "\n", capture_output=True, text=True, timeout=60)


def code(text, *options):
    return json.loads(detect(text, *options).stdout)["enrichment"]["language"]["code"]


def test_language_detect_asks_it_about_doubtful_text_only(install, tmp_path):
    path = tmp_path / "small.model"
    path.write_bytes(install.convert(model(*GOOD)))
    assert code("qx qx qqx", f"model={path}") == "lv"
    assert code("qx qx qqx") != "lv"
    german = "Die Brücke über den Mühlbach bleibt bis zum Frühjahr gesperrt, sagte Frau Qxelmann."
    assert code(german, f"model={path}") == "de"


def test_a_damaged_model_is_refused_at_the_start(install, tmp_path):
    path = tmp_path / "damaged.model"
    path.write_bytes(install.convert(model(*GOOD))[:-64])
    done = detect("qx", f"model={path}")
    assert done.returncode == 2
    assert "no model for language_detect" in done.stderr
