"""The plugin ABI is kept, not only promised: layouts against golden files, headers alone in C17 and C++17, a plugin built
against the frozen header of each release, and the SDK as a stranger sees it: installed, found, built with, run.

layout-1.0.txt is written anew by COPYDESK_UPDATE_GOLDEN=1; its diff is reviewed, and may only add lines or raise sizes."""

import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from support.desk import BUILD, ROOT

HERE = pathlib.Path(__file__).resolve().parent
SDK = ROOT / "plugins" / "sdk"
INCLUDE = SDK / "include"
STRICT = ["-pedantic", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror"]


def succeed(command, **options):
    """Runs it; what it said stands in the failure."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, **options)
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout[-2000:]}{done.stderr[-4000:]}"
    return done.stdout


def copydesk_run(plugins, stages, articles, *sets, status=0):
    command = [BUILD / "copydesk", "run", "--workers", "1", "--stages", stages, "--set", f"plugin_dir={plugins}"]
    for one in sets:
        command += ["--set", one]
    given = "".join(json.dumps(article, ensure_ascii=False) + "\n" for article in articles)
    done = subprocess.run([str(part) for part in command], input=given, capture_output=True, text=True, timeout=60)
    assert done.returncode == status, done.stderr
    return [json.loads(line)["enrichment"] for line in done.stdout.splitlines()], done.stderr


# ---- Layouts -----------------------------------------------------------------------------------------------------------

def layout(folder, header):
    program = folder / "layout"
    succeed(["cc", "-std=c17", f'-DHEADER="{header}"', f"-I{INCLUDE}", HERE / "layout.c", "-o", program])
    return succeed([program])


def as_numbers(text):
    return {name: tuple(map(int, numbers)) for name, *numbers in map(str.split, text.splitlines())}


def declarations(path):
    """A header without comments and white space."""
    return re.sub(r"\s+", "", re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S))


def test_the_layout_is_the_golden_one(tmp_path):
    found, golden = layout(tmp_path, INCLUDE / "copydesk" / "plugin.h"), HERE / "layout-1.0.txt"
    if os.environ.get("COPYDESK_UPDATE_GOLDEN"):
        golden.write_text(found)
    assert found == golden.read_text()


def test_what_the_first_release_had_is_where_it_was(tmp_path):
    old = as_numbers(layout(tmp_path, HERE / "plugin-1.0.h"))
    new = as_numbers(layout(tmp_path, INCLUDE / "copydesk" / "plugin.h"))
    for name, numbers in old.items():
        if name.startswith("cd_") and "." not in name:
            assert new[name] >= numbers, f"{name} shrank"
        else:
            assert new[name] == numbers, f"{name} moved or changed"


def test_every_field_of_every_struct_is_compared(tmp_path):
    """A struct or field that layout.c forgets would never be missed."""
    text = re.sub(r"/\*.*?\*/", "", (INCLUDE / "copydesk" / "plugin.h").read_text(), flags=re.S)
    compared = set(as_numbers(layout(tmp_path, INCLUDE / "copydesk" / "plugin.h")))
    structs = re.findall(r"typedef struct \w+ \{(.*?)\} (\w+);", text, flags=re.S)
    assert {name for _, name in structs} == {name for name in compared if name.startswith("cd_") and "." not in name}
    for body, struct in structs:
        for member in filter(str.strip, body.split(";")):
            pointer = re.search(r"\(\*(\w+)\)", member)
            names = [pointer.group(1)] if pointer else re.findall(r"(\w+)\s*(?:,|$)", member.strip())
            for name in names:
                assert f"{struct}.{name}" in compared, f"layout.c does not compare {struct}.{name}"


def test_the_frozen_header_is_the_present_one_while_the_minor_is():
    """1.0's copy is final once a 1.1 exists; until then both say the same, comments aside."""
    minor = re.search(r"COPYDESK_ABI_MINOR (\d+)u", (INCLUDE / "copydesk" / "plugin.h").read_text()).group(1)
    frozen = HERE / f"plugin-1.{minor}.h"
    assert frozen.is_file(), f"{frozen.name}: a minor that was released needs its frozen copy"
    assert declarations(frozen) == declarations(INCLUDE / "copydesk" / "plugin.h")


# ---- Headers alone -------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("compiler, standard, language", [("gcc", "c17", "c"), ("clang", "c17", "c"), ("g++", "c++17", "c++"),
                                                          ("clang++", "c++17", "c++")])
@pytest.mark.parametrize("header", ["plugin.h", "json.h", "sdk.h", "tables.h"])
def test_a_header_compiles_alone(header, compiler, standard, language):
    succeed([compiler, f"-std={standard}", f"-x{language}", "-fsyntax-only", *STRICT, f"-I{INCLUDE}", "-"],
            input=f"#include <copydesk/{header}>\n")


# ---- A plugin of another day -----------------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def frozen(tmp_path_factory):
    folder = tmp_path_factory.mktemp("frozen")
    folder.chmod(0o755)
    succeed(["cc", "-std=c17", "-shared", "-fPIC", "-fvisibility=hidden", "-Wall", "-Wextra", "-Werror", HERE / "frozen.c", "-o",
             folder / "frozen.so"])
    return folder


SAID = {"id": "a", "bytes": 7, "characters": 6, "back": 7, "line": 1, "member": 0, "earlier": 1, "budget": True, "loud": 1,
        "limit": 7, "share": 0.25, "label": "old", "names": 0}


def test_a_plugin_of_the_first_release_still_works(frozen):
    articles = [{"id": "a", "text": "Fährte", "deep": {"er": 1}}, {"id": "b", "text": "claim me"}]
    found, _ = copydesk_run(frozen, "frozen", articles)
    assert found[0]["frozen"] == SAID
    assert found[1]["frozen"] == {**SAID, "id": "b", "bytes": 8, "characters": 8, "back": 8, "line": 2, "member": 1}


def test_its_options_arrive(frozen):
    found, _ = copydesk_run(frozen, "frozen", [{"id": "a", "text": "Fährte"}], "frozen.loud=false", "frozen.limit=9",
                            "frozen.share=0.5", "frozen.label=new", "frozen.names=x,y")
    assert found[0]["frozen"] == {**SAID, "member": 1, "loud": 0, "limit": 9, "share": 0.5, "label": "new", "names": 2}


def test_its_verdicts_are_heard(frozen):
    found, said = copydesk_run(frozen, "frozen", [{"text": "refuse me"}, {"text": "no route"}, {"id": "a", "text": "Fährte"}],
                               status=1)
    assert [one["frozen"]["line"] for one in found] == [3]
    assert "reject in frozen: asked to" in said and 'no route of the name "nowhere"' in said


# ---- The SDK as installed ----------------------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    """Where the SDK lies after an installation into a DESTDIR: not where it was configured for."""
    root = tmp_path_factory.mktemp("destdir")
    succeed(["cmake", "--install", BUILD, "--component", "sdk"], env={**os.environ, "DESTDIR": str(root)})
    return next(root.rglob("include/copydesk")).parents[1]


def test_the_template_builds_and_runs_from_the_installation(prefix, tmp_path):
    source, build = tmp_path / "reading_time", tmp_path / "build"
    shutil.copytree(prefix / "share" / "copydesk" / "template", source)
    succeed(["cmake", "-S", source, "-B", build, f"-DCMAKE_PREFIX_PATH={prefix}", f"-DCOPYDESK={BUILD / 'copydesk'}"])
    succeed(["cmake", "--build", build])
    succeed(["ctest", "--test-dir", build, "--output-on-failure", "--no-tests=error"])
    succeed(["cmake", "--install", build, "--prefix", tmp_path / "out"])
    installed = list((tmp_path / "out").rglob("copydesk/plugins/reading_time.so"))
    assert "checks passed" in succeed([BUILD / "copydesk", "probe", *installed])


def test_pkg_config_finds_it(prefix, tmp_path):
    folder = next(prefix.rglob("copydesk-plugin.pc")).parent
    flags = succeed(["pkg-config", "--cflags", "copydesk-plugin"], env={**os.environ, "PKG_CONFIG_PATH": str(folder)}).split()
    succeed(["cc", "-shared", "-fPIC", *flags, "-o", tmp_path / "reading_time.so", *(SDK / "template").glob("*.c")])
    found, _ = copydesk_run(tmp_path, "reading_time", [{"text": "One two three."}])
    assert found[0]["reading"]["words"] == 3


def test_the_plugin_in_the_readme_works(prefix, tmp_path):
    """What README.md shows is what it says: the C block compiles, and the article below it comes out as shown."""
    readme = (ROOT / "README.md").read_text()
    source = tmp_path / "shout.c"
    source.write_text(re.search(r"```c\n(.*?)```", readme, flags=re.S).group(1))
    succeed(["cc", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", f"-I{prefix / 'include'}", "-o", tmp_path / "shout.so", source])
    found, _ = copydesk_run(tmp_path, "shout", [{"text": "Ferry sunk! Crew safe!"}])
    assert found[0] == {"shout": 2} and '"shout":2' in readme
    assert "checks passed" in succeed([BUILD / "copydesk", "probe", tmp_path / "shout.so"])
