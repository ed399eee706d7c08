"""A program on a terminal: a pty, and as much of an xterm as ncurses asks for."""

import codecs
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
import unicodedata

from . import process, wait

SEQUENCE = re.compile(r"\x1b\[([?>]?)([\d;]*)([A-Za-z])|\x1b[()].|\x1b([=>78M])")
IGNORED = "mlht"  # colours, modes, the window's title


class Terminal:
    """Starts the program with the terminal as its standard input, output and error, and as the one that it is controlled by."""

    def __init__(self, arguments, rows=24, columns=80, **environment):
        self.master, self.slave = pty.openpty()
        self.decoder, self.pending = codecs.getincrementaldecoder("utf-8")(), ""
        self.row = self.column = 0
        self.resize(rows, columns)
        self.before = self.attributes()
        self.process = subprocess.Popen(
            process.bound_to_us(arguments), stdin=self.slave, stdout=self.slave, stderr=self.slave, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            env={**os.environ, "TERM": "xterm", "LC_ALL": "C.UTF-8", **environment})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)
        os.close(self.slave)

    def attributes(self):
        """What stty tells: echo, line editing, signals and so on."""
        return termios.tcgetattr(self.slave)

    def resize(self, rows, columns):
        """Tells the program's process group, too (SIGWINCH). What stood there is gone."""
        self.rows, self.columns = rows, columns
        self.region = (0, rows)  # what scrolls: the first row, and the one behind the last
        self.move(self.row, self.column)
        self.cells = [[" "] * columns for _ in range(rows)]
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def press(self, keys):
        os.write(self.master, keys.encode())

    def screen(self):
        """What stands there now, with all that the program has written so far."""
        while select.select([self.master], [], [], 0)[0]:
            self.pending += self.decoder.decode(os.read(self.master, 65536))
        self.interpret()
        return "\n".join("".join(row).rstrip() for row in self.cells)

    def shows(self, pattern, timeout=10):
        """Waits until the pattern is found on the screen, and gives the match."""
        return wait.until(lambda: re.search(pattern, self.screen(), re.M), timeout, f"/{pattern}/ on the screen:\n{self.screen()}")

    def wait(self, timeout=10):
        """Waits for the end, and reads what was said until then; gives the exit status."""
        deadline = time.monotonic() + timeout
        while self.process.poll() is None and time.monotonic() < deadline:
            select.select([self.master], [], [], 0.02)
            self.screen()
        status = self.process.wait(0.1)
        self.screen()
        return status

    # ---- what the program writes ----

    def interpret(self):
        at = 0
        while at < len(self.pending):
            if self.pending[at] == "\x1b":
                found = SEQUENCE.match(self.pending, at)
                if not found:
                    assert len(self.pending) - at < 20, f"not understood: {self.pending[at:at + 20]!r}"
                    break  # the rest of it will come
                self.obey(found)
                at = found.end()
            else:
                self.put(self.pending[at])
                at += 1
        self.pending = self.pending[at:]

    def put(self, character):
        if character == "\r":
            self.column = 0
        elif character == "\b":
            self.column = max(0, self.column - 1)
        elif character == "\n":
            self.line_feed()
        elif character == "\t":
            self.column = min(self.columns - 1, (self.column // 8 + 1) * 8)
        elif character >= " ":
            self.last = character
            wide = unicodedata.east_asian_width(character) in "WF"
            if self.column + wide >= self.columns:
                self.column = 0
                self.line_feed()
            self.cells[self.row][self.column] = character
            if wide and self.column + 1 < self.columns:
                self.cells[self.row][self.column + 1] = ""
            self.column += 1 + wide

    def line_feed(self):
        if self.row + 1 == self.region[1]:
            self.scroll(1)
        else:
            self.move(self.row + 1, self.column)

    def scroll(self, count, first=None):
        """Rows from the first on go up, new ones come in below; down, if count is negative."""
        begin, end = first if first is not None else self.region[0], self.region[1]
        new = [[" "] * self.columns for _ in range(abs(count))]
        rows = self.cells[begin:end]
        self.cells[begin:end] = ([*rows, *new][count:] if count > 0 else [*new, *rows])[:end - begin]

    def move(self, row, column):
        self.row, self.column = min(self.rows - 1, max(0, row)), min(self.columns - 1, max(0, column))

    def obey(self, found):
        _, numbers, command, other = found.groups()
        if other == "M":
            self.scroll(-1) if self.row == self.region[0] else self.move(self.row - 1, self.column)
        if numbers == "1049":  # the other screen, with nothing on it
            self.cells = [[" "] * self.columns for _ in range(self.rows)]
        if command is None or command in IGNORED:
            return
        values = [int(value or 0) for value in numbers.split(";")]
        count = max(1, values[0])
        match command:
            case "A": self.move(self.row - count, self.column)
            case "B": self.move(self.row + count, self.column)
            case "C": self.move(self.row, self.column + count)
            case "D": self.move(self.row, self.column - count)
            case "G": self.move(self.row, count - 1)
            case "d": self.move(count - 1, self.column)
            case "H": self.move(count - 1, max(1, values[-1] if len(values) > 1 else 1) - 1)
            case "X": self.erase(self.row, self.column, min(self.columns, self.column + count))
            case "K": self.erase(self.row, *((0, self.column + 1) if values[0] == 1 else (self.column, self.columns)))
            case "J": self.erase_below()
            case "S": self.scroll(count)
            case "T": self.scroll(-count)
            case "L": self.scroll(-count, self.row)
            case "M": self.scroll(count, self.row)
            case "r":
                self.region = (count - 1, values[1] if len(values) > 1 else self.rows)
                self.move(0, 0)
            case "P": self.cells[self.row] = self.shifted(self.column + count, [], count)
            case "@": self.cells[self.row] = self.shifted(self.column, [" "] * count, 0)
            case "b":
                for _ in range(count):
                    self.put(self.last)
            case _: raise AssertionError(f"not understood: {found.group()!r}")

    def shifted(self, rest, middle, blanks):
        """The cursor's line with `middle` and then what began at `rest` put at the cursor."""
        line = self.cells[self.row]
        return (line[:self.column] + middle + line[rest:] + [" "] * blanks)[:self.columns]

    def erase_below(self):
        self.erase(self.row, self.column, self.columns)
        for row in range(self.row + 1, self.rows):
            self.erase(row, 0, self.columns)

    def erase(self, row, begin, end):
        self.cells[row][begin:end] = [" "] * (end - begin)
