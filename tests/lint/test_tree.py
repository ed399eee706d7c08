"""The shape of the source tree, as CONTRIBUTING.md and docs/architecture.md tell it: which folders there are, who may
include whom, how long things may get, and what the built programs may need and show."""

import functools
import pathlib
import re
import subprocess

import pytest

from support.desk import BUILD

ROOT = pathlib.Path(__file__).resolve().parents[2]
DAEMON = ROOT / "daemon"
FOLDERS = {"base", "config", "article", "plugin", "ring", "worker", "desk", "kafka", "stats", "service", "control", "cli"}
BUNDLED = {"credit_strip", "dedupe", "language_detect", "quote_extract"}
TESTS = {"unit", "cases", "integration", "faults", "systemd", "abi", "plugins", "fuzz", "bench", "lint", "support", "eval"}
TOP = {"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "CMakeLists.txt", "CMakePresets.json", "dev", "daemon",
       "plugins", "conf", "systemd", "tests", "docs", ".ci", ".clang-format", ".clang-tidy", ".gitignore", "cmake"}
LONGEST_FUNCTION, LONGEST_FILE, LONGEST_LINE = 80, 600, 140

# A third-party header and the one folder of daemon/ that may include it; None is nobody in daemon/.
OWNERS = {
    "librdkafka/": "kafka", "libconfig.h": "config", "dlfcn.h": "plugin", "systemd/": "service", "simdjson": "article",
    "jansson.h": "article", "iconv.h": "article", "seccomp.h": "worker", "linux/landlock.h": "worker", "openssl/": "base",
    "lmdb.h": None, "pcre2.h": None, "utf8proc.h": None, "cld2": None, "xxhash.h": "base",
    "ncurses.h": "cli",
}
KNOWN = re.compile(r"^(std\w+|string|errno|argp|ctype|inttypes|limits|float|math|locale|time|signal|setjmp|assert|getopt|"
                   r"unistd|fcntl|poll|pthread|sched|sys/[\w/]+|linux/[\w/]+|netinet/\w+|arpa/inet|netdb|dirent|libgen|"
                   r"pwd|grp|ftw|search|regex|fnmatch|glob|spawn|syslog|termios|wchar|malloc|ucontext|execinfo|endian|"
                   r"byteswap|link|elf|copydesk/\w+|immintrin|paths|fenv|langinfo|semaphore|threads|uchar|strings|"
                   r"ifaddrs|mntent|utime|alloca|printf|wait)\.h$|^[a-z_]+$")  # the last: C++'s own


@functools.cache
def tracked():
    listed = subprocess.run(["git", "-C", ROOT, "ls-files", "-z"], capture_output=True, check=True).stdout.decode()
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).exists()]


def sources(top, suffixes=(".c", ".h", ".cpp", ".cc", ".hpp")):
    return [path for path in tracked() if path.is_relative_to(top) and path.suffix in suffixes]


def includes(path):
    """[(line number, "<" or '"', name)]"""
    found = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if match:
            found.append((number, *match.groups()))
    return found


def relative(path):
    return str(path.relative_to(ROOT))


def none(findings):
    assert not findings, "\n" + "\n".join(findings)


# ---- Folders ---------------------------------------------------------------------------------------------------------

def children(folder):
    return {path.relative_to(folder).parts[0] for path in tracked() if path.is_relative_to(folder)}


def test_folders_are_those_of_the_architecture():
    assert children(ROOT) <= TOP
    assert children(DAEMON) <= FOLDERS | {"main.c", "CMakeLists.txt"}
    assert children(ROOT / "plugins") <= BUNDLED | {"sdk", "CMakeLists.txt"}
    assert {one for one in children(ROOT / "tests") if "." not in one} <= TESTS


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "dev", ".ci/run",
                                  "conf/copydesk.conf", "conf/copydesk.minimal.conf", "docs/output-schema.json"])
def test_what_everybody_looks_for_is_there(name):
    assert (ROOT / name).is_file()


@pytest.mark.parametrize("plugin", sorted(BUNDLED))
def test_each_plugin_has_a_readme_and_cases(plugin):
    assert (ROOT / "plugins" / plugin / "README.md").is_file()
    assert list((ROOT / "plugins" / plugin / "cases").glob("*.json"))


# ---- Who includes whom -------------------------------------------------------------------------------------------------

def owner_of(header):
    return next((key for key in OWNERS if header.startswith(key)), None)


def test_a_third_party_header_belongs_to_one_folder():
    wrong = []
    for path in sources(DAEMON):
        folder = path.relative_to(DAEMON).parts[0]
        for number, kind, name in includes(path):
            key = owner_of(name)
            if kind == "<" and key is not None and OWNERS[key] != folder:
                wrong.append(f"{relative(path)}:{number}: <{name}> is included in daemon/{OWNERS[key]} only")
    none(wrong)


def test_no_header_of_unknown_origin():
    """Whoever brings a new library into daemon/ says here which folder owns it."""
    none([f"{relative(path)}:{number}: <{name}> is not in OWNERS"
          for path in sources(DAEMON) for number, kind, name in includes(path)
          if kind == "<" and owner_of(name) is None and not KNOWN.match(name)])


def edges():
    """{folder: folders that its library links}, from the target_link_libraries lines, closed over PUBLIC and PRIVATE."""
    direct = {}
    for path in DAEMON.glob("*/CMakeLists.txt"):
        folder = path.parent.name
        linked = direct.setdefault(folder, set())
        for body in re.findall(r"target_link_libraries\s*\(([^)]*)\)", path.read_text()):
            linked |= {name for name in re.findall(r"\b(?:copydesk|cd)_(\w+)", body) if name in FOLDERS}
    def reach(folder, seen):
        for other in direct.get(folder, ()):
            if other not in seen:
                seen.add(other)
                reach(other, seen)
        return seen
    return {folder: reach(folder, {folder}) for folder in direct}


def test_includes_between_folders_are_edges_of_the_build():
    allowed, wrong = edges(), []
    for path in sources(DAEMON):
        folder = path.relative_to(DAEMON).parts[0]
        if folder not in FOLDERS:
            continue  # main.c puts the parts together
        for number, kind, name in includes(path):
            other = name.split("/")[0]
            if kind == '"' and "/" in name and other not in allowed.get(folder, {folder}):
                wrong.append(f'{relative(path)}:{number}: "{name}", but {folder} does not link {other}')
            if kind == '"' and name.startswith(".."):
                wrong.append(f'{relative(path)}:{number}: "{name}" climbs out of its folder')
    none(wrong)


def test_the_graph_of_folders_has_no_circle():
    circles = [f"{one} and {other} need each other" for one, reached in edges().items() for other in reached - {one}
               if one in edges().get(other, ())]
    none(circles)


def test_plugins_include_nothing_of_the_daemon_nor_of_each_other():
    wrong = []
    for top in [*(ROOT / "plugins" / name for name in sorted(BUNDLED)), ROOT / "tests" / "plugins"]:
        for path in sources(top):
            for number, kind, name in includes(path):
                if name.split("/")[0] in FOLDERS | BUNDLED | {"daemon", ".."} - {path.relative_to(top).parts[0]}:
                    if not (top / name).exists():
                        wrong.append(f"{relative(path)}:{number}: {name}")
    none(wrong)


# ---- How long, and how it begins ------------------------------------------------------------------------------------------

def functions(text):
    """[(first line, number of lines, signature)] of C functions written as .clang-format writes them: the signature
    begins and the brace ends in column 0."""
    found, begin, opened = [], None, None
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(r"[A-Za-z_]", line) and opened is None:
            begin = (number, line)
        if line == "{" and begin is not None:
            opened = begin
        elif re.match(r"[A-Za-z_].*\)\s*\{$", line):
            opened = begin
        if line.startswith("}") and opened is not None:
            found.append((opened[0], number - opened[0] + 1, opened[1]))
            begin = opened = None
        elif line.rstrip().endswith((";", "*/")) and opened is None:
            begin = None
    return found


def test_the_function_finder_finds():
    text = ("static int a(void)\n{\n    return 1;\n}\n\nstruct b {\n    int c;\n};\n\nint\nlong_one(int x,\n         int y)\n{\n"
            + "    x++;\n" * 90 + "}\n")
    assert [(first, length) for first, length, _ in functions(text)] == [(1, 4), (11, 94)]


CODE = [DAEMON, ROOT / "plugins"]


def test_functions_are_short():
    none([f"{relative(path)}:{first}: {length} lines: {signature}"
          for top in CODE for path in sources(top) for first, length, signature in functions(path.read_text())
          if length > LONGEST_FUNCTION])


def test_files_are_short():
    none([f"{relative(path)}: {lines} lines" for top in CODE for path in sources(top)
          if (lines := len(path.read_text().splitlines())) > LONGEST_FILE])


def test_lines_are_short():
    none([f"{relative(path)}:{number}: {len(line)} columns" for top in [*CODE, ROOT / "tests"]
          for path in sources(top, (".c", ".h", ".cpp", ".py"))
          for number, line in enumerate(path.read_text().splitlines(), 1) if len(line) > LONGEST_LINE])


def test_each_file_opens_with_a_comment():
    none([relative(path) for top in [*CODE, ROOT / "tests"] for path in sources(top)
          if not path.read_text().startswith("/*")])


def test_nothing_is_left_for_later():
    words = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    none([f"{relative(path)}:{number}" for path in tracked()
          if path.suffix in (".c", ".h", ".cpp", ".py", ".md", ".cmake", ".sh", ".conf") and path != pathlib.Path(__file__)
          for number, line in enumerate(path.read_text().splitlines(), 1) if words.search(line)])


def test_nothing_is_unloaded():
    """Thread-local destructors crash after an unmap, so no library is ever closed."""
    none([relative(path) for path in sources(DAEMON) if re.search(r"\bdlclose\s*\(", path.read_text())])


def test_tests_do_not_sleep():
    """They wait for an event with a deadline (support/wait.py)."""
    none([f"{relative(path)}:{number}" for folder in ("cases", "integration", "faults", "systemd", "abi")
          for path in sources(ROOT / "tests" / folder, (".py",))
          for number, line in enumerate(path.read_text().splitlines(), 1) if re.search(r"\bsleep\(", line)])


def test_the_scripts_parse():
    for name in ("dev", ".ci/run"):
        subprocess.run(["bash", "-n", ROOT / name], check=True)


# ---- Headers alone -----------------------------------------------------------------------------------------------------------

@functools.cache
def library_flags():
    names = ["rdkafka", "jansson", "libconfig", "lmdb", "libsystemd", "libpcre2-8", "simdjson", "libxxhash", "libutf8proc"]
    return subprocess.run(["pkg-config", "--cflags", *names], capture_output=True, text=True, check=True).stdout.split()


def compiles(compiler, standard, language, header, *flags):
    done = subprocess.run(
        [compiler, f"-std={standard}", f"-x{language}", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE",
         '-DCOPYDESK_VERSION="0"', f"-I{ROOT}/plugins/sdk/include", *flags, "-include", header, "-"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True)
    return "" if done.returncode == 0 else f"{header} with {compiler} -std={standard}:\n{done.stderr[:2000]}"


@pytest.mark.parametrize("compiler, standard, language", [
    ("gcc", "c99", "c"), ("gcc", "c17", "c"), ("clang", "c17", "c"), ("g++", "c++11", "c++"), ("g++", "c++20", "c++"),
    ("clang++", "c++17", "c++")])
def test_the_abi_compiles_alone_everywhere(compiler, standard, language):
    none(list(filter(None, [compiles(compiler, standard, language, ROOT / "plugins/sdk/include/copydesk/plugin.h",
                                     "-pedantic", "-U_GNU_SOURCE")])))


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_the_sdk_compiles_alone(compiler):
    headers = sorted((ROOT / "plugins/sdk/include/copydesk").glob("*.h"))
    none(list(filter(None, (compiles(compiler, "gnu17", "c", header, "-Wno-unused-function") for header in headers))))


def test_each_header_of_the_daemon_compiles_alone():
    none(list(filter(None, (compiles("gcc", "gnu17", "c", header, f"-I{DAEMON}", *library_flags())
                            for header in sources(DAEMON, (".h",))))))


# ---- What was built -----------------------------------------------------------------------------------------------------------

def exports(library):
    listed = subprocess.run(["nm", "-D", "--defined-only", library], capture_output=True, text=True, check=True).stdout
    return [line.split()[-1] for line in listed.splitlines()]


@pytest.mark.parametrize("plugin", sorted(BUNDLED))
def test_a_plugin_exports_one_function(plugin):
    assert exports(BUILD / "plugins" / f"{plugin}.so") == ["copydesk_plugin"]


def needed(program):
    listed = subprocess.run(["readelf", "-d", BUILD / program], capture_output=True, text=True, check=True).stdout
    return re.findall(r"\(NEEDED\).*\[([^\]]+)\]", listed)


def undefined(program):
    listed = subprocess.run(["nm", "-D", "--undefined-only", BUILD / program], capture_output=True, text=True, check=True)
    return {line.split()[-1].split("@")[0] for line in listed.stdout.splitlines()}


def test_the_worker_knows_no_kafka():
    assert not [name for name in needed("copydesk-worker") if "kafka" in name]


def test_the_desk_loads_no_plugin_and_parses_no_article():
    assert "dlopen" not in undefined("copydeskd")
    assert not [name for name in needed("copydeskd") if "simdjson" in name]
