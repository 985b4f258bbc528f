#!/usr/bin/python3
"""terminal.py [PROMPT=ANSWER]... -- COMMAND...: a person at a terminal of the command's own. Waits for each PROMPT in turn and
types ANSWER; @FILE is the first line of FILE, waited for as a pipe may be; ^C is that key. Prints all that the terminal
showed; ends with the command's exit code, or 99 when a prompt did not come."""
import os
import pty
import select
import sys
import termios
import time

LIMIT = 40


def typed(answer):
    if answer == "^C":
        return b"\x03"
    if answer.startswith("@"):
        with open(answer[1:], encoding="utf-8") as source:
            answer = source.readline().rstrip("\n")
    return answer.encode() + b"\r"


def reads_keys(terminal):
    """What is typed before the command has set its terminal is lost."""
    return not termios.tcgetattr(terminal)[3] & termios.ICANON


def main():
    split = sys.argv.index("--")
    steps = [word.split("=", 1) for word in sys.argv[1:split]]
    child, terminal = pty.fork()
    if child == 0:
        os.execv(sys.argv[split + 1], sys.argv[split + 1:])
    shown, seen, end = b"", 0, time.monotonic() + LIMIT
    while time.monotonic() < end:
        if steps and steps[0][0].encode() in shown[seen:] and reads_keys(terminal):
            seen = len(shown)
            os.write(terminal, typed(steps.pop(0)[1]))
        if not select.select([terminal], [], [], 0.05)[0]:
            continue
        try:
            piece = os.read(terminal, 4096)
        except OSError:
            break
        if not piece:
            break
        shown += piece
    else:
        os.kill(child, 9)
    sys.stdout.write(shown.decode("utf-8", "replace").replace("\r\n", "\n"))
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    sys.exit(99 if steps else status)


main()
