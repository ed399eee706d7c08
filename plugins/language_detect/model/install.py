#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fetch py3langid's model and convert it for language_detect's second engine.

usage: install.py [--wheel FILE] OUTPUT

Downloads the wheel of py3langid 0.4.0 with pip from the package index that pip is configured for (or takes it from
--wheel), compares its SHA-256, and writes OUTPUT, 30 MB, to be named in the option `model` of language_detect. The
model is BSD-3-Clause, (c) Adrien Barbaresi, Marco Lui; it was trained by them and is only written down in another way
here. Needs Python's standard library and pip. The layout of OUTPUT is described in model.h.

py3langid's file is an automaton of Aho and Corasick unrolled into a table, a row of 256 targets for each of 104,583
states, 40 MB. This tool finds the edges and failure links again, 1 MB, and proves that they give each entry of the
table back.
"""
import argparse
import array
import ast
import hashlib
import io
import lzma
import os
import struct
import subprocess
import sys
import tempfile
import zipfile

VERSION = "0.4.0"
WHEEL = f"py3langid-{VERSION}-py3-none-any.whl"
WHEEL_SHA256 = "c25bd038147951ba3a89efe9ec12cc7d2116cb6f311ff8af84ade398a8bc0616"
MEMBER = "py3langid/data/model.npz.xz"
OUTPUT_SHA256 = "36ebc38cdd77a2bb141845413ac3a7bb61592088d1448ee9c935f8d7a399fa13"

# Codes of the model that are reported under another one: ISO 639-1 where there is one, and the language that written
# news of a regional form counts as.
CODES = {"gug": "gn", "hbo": "he", "kik": "ki", "no": "nb", "uzs": "uz", "wuu": "zh", "yue": "zh", "arz": "ar",
         "ary": "ar"}

MAGIC = b"CDLANGM1"
NONE = 0xFFFFFFFF


def fail(message):
    sys.exit(f"install.py: {message}")


def fetch(folder):
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
    if subprocess.run(command + ["--dest", folder, f"py3langid=={VERSION}"]).returncode != 0:
        fail("pip could not download the wheel; fetch it elsewhere and name it with --wheel")
    return os.path.join(folder, WHEEL)


def read_wheel(path):
    with open(path, "rb") as f:
        wheel = f.read()
    found = hashlib.sha256(wheel).hexdigest()
    if found != WHEEL_SHA256:
        fail(f"{path} has the SHA-256 {found}, expected {WHEEL_SHA256}")
    with zipfile.ZipFile(io.BytesIO(wheel)) as z:
        return zipfile.ZipFile(io.BytesIO(lzma.decompress(z.read(MEMBER))))


def read_array(npz, name):
    """A member of an npz file: its data type as numpy writes it, its shape, its bytes."""
    data = npz.read(name + ".npy")
    if data[:6] != b"\x93NUMPY":
        fail(f"{name} is no numpy array")
    size, start = struct.unpack_from("<H", data, 8)[0], 10
    if data[6] != 1:
        size, start = struct.unpack_from("<I", data, 8)[0], 12
    header = ast.literal_eval(data[start:start + size].decode("latin-1"))
    if header["fortran_order"]:
        fail(f"{name} has an unexpected order")
    return header["descr"], header["shape"], data[start + size:]


def numbers(npz, name, descr, typecode):
    found, shape, data = read_array(npz, name)
    if found != descr:
        fail(f"{name} is of type {found}, expected {descr}")
    values = array.array(typecode)
    values.frombytes(data)
    if sys.byteorder != "little":
        values.byteswap()
    return values, shape


def codes_of(npz):
    descr, shape, data = read_array(npz, "classes")
    width = int(descr[2:])
    if descr[:2] != "<U":
        fail("the classes are no strings")
    text = data.decode("utf-32-le")
    codes = [text[i * width:(i + 1) * width].rstrip("\0") for i in range(shape[0])]
    return [CODES.get(code, code) for code in codes]


def automaton(rows, row_of):
    """Edges and failure links in breadth-first order, with the order of states: new number -> old number."""
    order, number, links, edges = [0], {0: 0}, [0], []
    for state in order:  # grows while it is walked
        row = rows[row_of[state] * 256:row_of[state] * 256 + 256]
        own = []
        for byte, target in enumerate(row):
            if target and target not in number:
                number[target] = len(order)
                order.append(target)
                own.append((byte, number[target]))
                back = rows[row_of[order[links[number[state]]]] * 256 + byte] if state else 0
                links.append(number[back])
        edges.append(own)
    if len(order) != len(row_of):
        fail("the automaton has states that cannot be reached")
    return order, links, edges


def prove(rows, row_of, order, links, edges):
    """Each row must be that of the state's failure link, but for the state's own edges."""
    for state, own in enumerate(edges):
        base = row_of[order[links[state]]] * 256
        row = rows[base:base + 256] if state else array.array(rows.typecode, bytes(256 * rows.itemsize))
        for byte, target in own:
            row[byte] = order[target]
        start = row_of[order[state]] * 256
        if row != rows[start:start + 256]:
            fail("this is no automaton of Aho and Corasick")


def pad(data):
    return data + bytes(-len(data) % 64)


def little(typecode, values):
    data = array.array(typecode, values)
    if sys.byteorder != "little":
        data.byteswap()
    return data.tobytes()


def convert(npz):
    codes = codes_of(npz)
    rows, _ = numbers(npz, "nextmove", "<u4", "I")
    row_of, _ = numbers(npz, "nextmove_row", "<u2", "H")
    outputs, _ = numbers(npz, "out_feat", "<i4", "i")
    prior, _ = numbers(npz, "pc", "<f4", "f")
    descr, shape, weight = read_array(npz, "ptc")
    if descr != "<f2" or shape[1] != len(codes) or len(prior) != len(codes):
        fail("the model's parts do not fit")
    order, links, edges = automaton(rows, row_of)
    prove(rows, row_of, order, links, edges)
    first = [0]
    for own in edges:
        first.append(first[-1] + len(own))
    flat = [edge for own in edges for edge in own]
    body = pad(b"".join(code.encode().ljust(8, b"\0") for code in codes))
    body += pad(little("f", prior)) + pad(little("I", links)) + pad(little("I", first))
    body += pad(little("I", [outputs[old] if outputs[old] >= 0 else NONE for old in order]))
    body += pad(little("I", [target for _, target in flat])) + pad(bytes(byte for byte, _ in flat)) + pad(weight)
    header = MAGIC + struct.pack("<6IQ", 0x01020304, len(codes), shape[0], len(order), len(flat), 0, 64 + len(body))
    return pad(header) + body


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wheel", help=f"a copy of {WHEEL}, instead of downloading it")
    parser.add_argument("output")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        model = convert(read_wheel(args.wheel or fetch(folder)))
    found = hashlib.sha256(model).hexdigest()
    if found != OUTPUT_SHA256:
        fail(f"the result has the SHA-256 {found}, expected {OUTPUT_SHA256}")
    temporary = args.output + ".part"
    with open(temporary, "wb") as f:
        f.write(model)
    os.replace(temporary, args.output)
    print(f"{args.output}: {len(model)} bytes, SHA-256 {found}")


if __name__ == "__main__":
    main()
